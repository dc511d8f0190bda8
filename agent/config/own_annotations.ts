/**
 * The annotations on custom resources that the configuration reads; everybody else's (kubectl's, a pipeline's) say nothing to it.
 *
 * Not here: what they mean (l2_advertisement.ts, bgp/peer.ts).
 *
 * @module
 */
import type { KubernetesObject } from "../../k8s/types/meta.ts";

const PREFIX = "ingot.dev/";

/** Name and value of each, in the order of their names. */
export function ownAnnotations({ metadata }: KubernetesObject): readonly (readonly [string, string])[] {
  const all = Object.entries(metadata.annotations ?? {});
  return all.filter(([name]) => name.startsWith(PREFIX)).sort(([a], [b]) => a < b ? -1 : 1);
}
