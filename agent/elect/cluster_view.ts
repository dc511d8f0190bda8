/**
 * Which nodes may announce anything at all, whatever the Service.
 *
 * Source: MetalLB's speakers: live members, minus nodes whose network is unavailable, minus nodes labelled
 * node.kubernetes.io/exclude-from-external-load-balancers. Cordons, taints and readiness do not matter.
 * Shape: equal content keeps its identity with {@linkcode sameView}, so a heartbeat on a Node recomputes nothing.
 *
 * @module
 */
import type { Node } from "../../k8s/types/core.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";

/** The label that takes a node out of load balancing, whatever its value. */
export const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Why a node announces nothing. */
export type NodeAbsence = "speakerNotAlive" | "networkUnavailable" | "labelledExcluded";

/** Every known node is in exactly one of the two. */
export interface ClusterView {
  readonly available: ReadonlySet<string>;
  readonly absent: ReadonlyMap<string, NodeAbsence>;
}

/** The view of these Nodes; `live` names the nodes whose speaker is alive, null takes all of them for alive. */
export function clusterViewOf(
  nodes: ReadonlyMap<ObjectKey, Node>,
  live: ReadonlySet<string> | null,
  ignoreExcludeLb: boolean,
): ClusterView {
  const available = new Set<string>();
  const absent = new Map<string, NodeAbsence>();
  for (const node of nodes.values()) {
    const { name, labels } = node.metadata;
    if (live !== null && !live.has(name)) absent.set(name, "speakerNotAlive");
    else if (isNetworkUnavailable(node)) absent.set(name, "networkUnavailable");
    else if (!ignoreExcludeLb && labels?.[EXCLUDE_LABEL] !== undefined) absent.set(name, "labelledExcluded");
    else available.add(name);
  }
  return { available, absent };
}

/** True when both say the same of every node. */
export function sameView(a: ClusterView, b: ClusterView): boolean {
  if (a.available.size !== b.available.size || a.absent.size !== b.absent.size) return false;
  for (const name of a.available) if (!b.available.has(name)) return false;
  for (const [name, absence] of a.absent) if (b.absent.get(name) !== absence) return false;
  return true;
}

function isNetworkUnavailable(node: Node): boolean {
  return node.status?.conditions?.some((it) => it.type === "NetworkUnavailable" && it.status === "True") ??
    false;
}
