/**
 * Short ways to write the configuration cases about BGP and BFD that are alike.
 *
 * Not here: the cases (config_bgp_cases.ts), the form of a case (config_case.ts).
 *
 * @module
 */
import {
  bfdObject,
  bgpObject,
  nodeObject,
  type ObjectLists,
  peerObject,
  poolObject,
} from "../../agent/config/config_fixture.ts";
import type { BFDProfile, BGPAdvertisement, BGPPeer, BGPPeerSpec } from "../../k8s/types/metallb.ts";
import type { Node } from "../../k8s/types/core.ts";
import type { LabelSelector } from "../../k8s/types/meta.ts";
import type { BgpAdvertView, ConfigCase, PeerView, Refusal } from "./config_case.ts";

export const NODES: readonly Node[] = [
  nodeObject("n1", { node: "n1", rack: "1" }),
  nodeObject("n2", { node: "n2", rack: "1" }),
  nodeObject("n3", { node: "n3", rack: "2" }),
];

export const ON_NODE = (...names: string[]): { readonly nodeSelectors: readonly LabelSelector[] } => ({
  nodeSelectors: names.map((node) => ({ matchLabels: { node } })),
});

const named = (kind: string, name: string): string => `${kind}/metallb-system/${name}`;

/** One peer "p" and what becomes of it. */
export function peer(
  row: string,
  what: string,
  spec: Partial<BGPPeerSpec>,
  view: Partial<PeerView>,
  others: ObjectLists = {},
): ConfigCase {
  const objects = { nodes: NODES, bgpPeers: [peerObject("p", spec)], ...others };
  return { row, what, objects, expected: { pools: {}, peers: { p: view } } };
}

/** One peer "p" and the field that is refused. */
export function refusedPeer(
  row: string,
  what: string,
  spec: Partial<BGPPeerSpec>,
  field: string,
  message: string,
  others: ObjectLists = {},
): ConfigCase {
  const objects = { nodes: NODES, bgpPeers: [peerObject("p", spec)], ...others };
  return { row, what, objects, expected: { refused: [[named("BGPPeer", "p"), field, message]] } };
}

/** Several peers, none of them refused. */
export function peers(row: string, what: string, bgpPeers: readonly BGPPeer[]): ConfigCase {
  const views = Object.fromEntries(bgpPeers.map((it) => [it.metadata.name, {}]));
  return { row, what, objects: { nodes: NODES, bgpPeers }, expected: { pools: {}, peers: views } };
}

/** Several peers, of which this one is refused for being there already. */
export function clash(
  row: string,
  what: string,
  bgpPeers: readonly BGPPeer[],
  refused: string,
  field = "spec.peerAddress",
  nodes: readonly Node[] = NODES,
): ConfigCase {
  const expected = { refused: [[named("BGPPeer", refused), field, "already exists"] as const] };
  return { row, what, objects: { nodes, bgpPeers }, expected };
}

/** A profile with this field out of its bounds. */
export function refusedProfile(
  row: string,
  field: keyof NonNullable<BFDProfile["spec"]> & string,
  value: number,
): ConfigCase {
  return {
    row,
    what: `BFD profile with ${field} ${value} is refused`,
    objects: { bfdProfiles: [bfdObject("fast", { [field]: value })] },
    expected: { refused: [[named("BFDProfile", "fast"), `spec.${field}`, "must be between"]] },
  };
}

/** A pool "a" of these addresses and these advertisements on it. */
export function bgpAdverts(
  row: string,
  what: string,
  addresses: readonly string[],
  bgpAdvertisements: readonly BGPAdvertisement[],
  views: readonly Partial<BgpAdvertView>[],
): ConfigCase {
  return {
    row,
    what,
    objects: { nodes: NODES, pools: [poolObject("a", addresses)], bgpAdvertisements },
    expected: { pools: { a: { bgpAdverts: views } } },
  };
}

/** The same, with everything that is refused. */
export function refusedAdverts(
  row: string,
  what: string,
  addresses: readonly string[],
  bgpAdvertisements: readonly BGPAdvertisement[],
  ...refused: readonly (readonly [name: string, field: string, message: string])[]
): ConfigCase {
  const refusals = refused.map(([name, ...rest]): Refusal => [named("BGPAdvertisement", name), ...rest]);
  return {
    row,
    what,
    objects: { nodes: NODES, pools: [poolObject("a", addresses)], bgpAdvertisements },
    expected: { refused: refusals },
  };
}

/** Advertisements of local preference 100 and 200, each with more. */
export function twoPreferences(
  one: NonNullable<BGPAdvertisement["spec"]>,
  other: NonNullable<BGPAdvertisement["spec"]>,
): readonly BGPAdvertisement[] {
  return [bgpObject("adv1", { localPref: 100, ...one }), bgpObject("adv2", { localPref: 200, ...other })];
}
