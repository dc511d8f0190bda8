/**
 * What happens to a cluster, one object after another, and what became of its Services each time.
 *
 * Shape: a {@linkcode Story} is a line of JSON in recorded/: steps in order, each with the {@linkcode Verdict}s that are different
 * after it. Objects stand there without what can be said from their kind and name. Everything starts from {@linkcode NODES} and
 * {@linkcode NAMESPACES}, which are never created or deleted, only labelled.
 * Not here: who makes up the steps (random/script.ts), who finds out the verdicts (metallb_witness.ts, ingot.ts).
 *
 * @module
 */
import type { Labels } from "../../k8s/types/meta.ts";

/** The nodes of every cluster; each runs a speaker. */
export const NODES = ["n1", "n2", "n3"] as const;
/** Where Services are. */
export const NAMESPACES = ["red", "green", "blue"] as const;
/** Where configuration is. */
export const SYSTEM = "metallb-system";
/** The interfaces of every node. */
export const INTERFACES: readonly string[] = ["lo", "eth0", "eth1", "vethpod", "mgmt"];

export type StepKind =
  | "Node"
  | "Namespace"
  | "IPAddressPool"
  | "L2Advertisement"
  | "BGPPeer"
  | "BGPAdvertisement"
  | "Service"
  | "EndpointSlice";

/** An object without what manifest.ts adds to all of its kind. */
export interface Body {
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Of an EndpointSlice. */
  readonly endpoints?: readonly unknown[];
  /** Of a Node: its condition NetworkUnavailable is True. */
  readonly isUnavailable?: boolean;
}

/** One object is created or replaced by `body`, or deleted when that is null. */
export interface Step {
  readonly kind: StepKind;
  /** "namespace/name" of what belongs to the users, else the name alone. */
  readonly key: string;
  readonly body: Body | null;
}

/** What became of a Service. */
export interface Verdict {
  /** As its status lists them. */
  readonly addresses: readonly string[];
  /** The annotation that names their pool. */
  readonly pool: string | null;
  /** The node that answers for it by ARP and NDP. */
  readonly node: string | null;
  /** Where that node answers; empty for all interfaces. */
  readonly interfaces: readonly string[];
  /** The peers that are told of it by BGP, by node. */
  readonly peers: Readonly<Record<string, readonly string[]>>;
}

/** Verdicts by the Service's key; Services that got nothing at all are not in it. */
export type Verdicts = ReadonlyMap<string, Verdict>;

/** A step and what it led to. */
export interface Scene {
  readonly step: Step;
  /** All of them, after the step. */
  readonly verdicts: Verdicts;
}

/** See the module comment. */
export interface Story {
  /** What it was made up from, by the generator as it was then. */
  readonly seed: number;
  readonly scenes: readonly Scene[];
}

/** A Service of which there is nothing to say. */
export const NOTHING: Verdict = { addresses: [], pool: null, node: null, interfaces: [], peers: {} };

/** The Service as it is in a scene. */
export function serviceIn({ scenes }: Story, index: number, key: string): Body | null {
  const isIts = ({ step }: Scene): boolean => step.kind === "Service" && step.key === key;
  return scenes.slice(0, index + 1).findLast(isIts)?.step.body ?? null;
}

/** True when both say the same. */
export function sameVerdict(a: Verdict, b: Verdict): boolean {
  return JSON.stringify(written(a)) === JSON.stringify(written(b));
}

/** How a verdict stands in a file: without what is empty. */
interface Written {
  readonly ips?: readonly string[];
  readonly pool?: string;
  readonly node?: string;
  readonly on?: readonly string[];
  readonly peers?: Verdict["peers"];
}

type Line = readonly [
  kind: StepKind,
  key: string,
  body: Body | null,
  changes?: Record<string, Written | null>,
];

/** The story as one line. */
export function formatStory({ seed, scenes }: Story): string {
  let before: Verdicts = new Map();
  const steps = scenes.map(({ step: { kind, key, body }, verdicts }): Line => {
    const changes: Record<string, Written | null> = {};
    for (const service of [...new Set([...before.keys(), ...verdicts.keys()])].sort()) {
      const [was, is] = [before.get(service) ?? NOTHING, verdicts.get(service) ?? NOTHING];
      if (!sameVerdict(was, is)) changes[service] = verdicts.has(service) ? written(is) : null;
    }
    before = verdicts;
    return Object.keys(changes).length === 0 ? [kind, key, body] : [kind, key, body, changes];
  });
  return JSON.stringify({ seed, steps });
}

/** The story of a line. */
export function parseStory(line: string): Story {
  const { seed, steps } = JSON.parse(line) as { readonly seed: number; readonly steps: readonly Line[] };
  let verdicts: Verdicts = new Map();
  const scenes = steps.map(([kind, key, body, changes = {}]): Scene => {
    const after = new Map(verdicts);
    for (const [service, change] of Object.entries(changes)) {
      if (change === null) after.delete(service);
      else after.set(service, read(change));
    }
    verdicts = after;
    return { step: { kind, key, body }, verdicts };
  });
  return { seed, scenes };
}

function written({ addresses, pool, node, interfaces, peers }: Verdict): Written {
  return {
    ...addresses.length > 0 && { ips: addresses },
    ...pool !== null && { pool },
    ...node !== null && { node },
    ...interfaces.length > 0 && { on: interfaces },
    ...Object.keys(peers).length > 0 && { peers },
  };
}

function read({ ips = [], pool, node, on = [], peers = {} }: Written): Verdict {
  return { addresses: ips, pool: pool ?? null, node: node ?? null, interfaces: on, peers };
}
