/**
 * BGPPeer objects: each rule of one peer, and that no two of them stand for one session.
 *
 * Source: MetalLB's peerFromCR (internal/config), in the mode that can do most (frr-k8s), so nothing that mode can do is
 * refused; RFC 4271 section 4.2 and RFC 6286 for the identifier.
 * Shape: objects in order of name in, peers and their refusals out.
 * Not here: times (timers.ts), passwords (password.ts), BFD (bfd_profile.ts), clashes (peer_clash.ts).
 *
 * @module
 */
import type { Node, Secret } from "../../../k8s/types/core.ts";
import type { ObjectKey } from "../../../k8s/types/meta.ts";
import type { BGPPeer, BGPPeerSpec } from "../../../k8s/types/metallb.ts";
import { familyOf, type Ip, parseIp, UNSPECIFIED } from "../../../protocols/net/ip.ts";
import { parseNodes } from "../advertisement.ts";
import type { BfdProfile, Peer } from "../config.ts";
import type { ErrorList, Refuse } from "../error_list.ts";
import { parsePassword } from "./password.ts";
import { type ParsedPeer, refuseClashes } from "./peer_clash.ts";
import { parseTimers } from "./timers.ts";

/** "true": packets of the session that crossed a router are dropped (RFC 5082). */
export const TTL_SECURITY_ANNOTATION = "ingot.dev/ttl-security";
/** "true": the speaker waits for the peer's connection and opens none. */
export const PASSIVE_ANNOTATION = "ingot.dev/passive";
/** "true": the speaker opens connections and accepts them as well. */
export const LISTEN_ANNOTATION = "ingot.dev/listen";

const BGP_PORT = 179;

/** What peers refer to. */
export interface PeerContext {
  /** In ascending order of name. */
  readonly nodes: readonly Node[];
  readonly secrets: ReadonlyMap<ObjectKey, Secret>;
  readonly profiles: ReadonlyMap<string, BfdProfile>;
}

/** Parses all peers; what has errors may be incomplete in the result. */
export function parsePeers(
  objects: readonly BGPPeer[],
  context: PeerContext,
  errors: ErrorList,
): ParsedPeer[] {
  const parsed = objects.map((object) => {
    const refuse = errors.of("BGPPeer", object);
    const selectsNodes = (object.spec.nodeSelectors ?? []).length > 0;
    return { peer: parsePeer(object, context, refuse), selectsNodes, refuse };
  });
  refuseClashes(parsed, context.nodes.length > 0);
  return parsed;
}

function parsePeer(object: BGPPeer, { nodes, secrets, profiles }: PeerContext, refuse: Refuse): Peer {
  const { spec } = object;
  const { name } = object.metadata;
  const selected = parseNodes(spec.nodeSelectors, nodes, refuse);
  const peer: Peer = {
    name,
    ...parseAsns(name, spec, refuse),
    ...parseTarget(spec, refuse),
    sourceAddress: parseAddress(spec.sourceAddress, "spec.sourceAddress", "invalid source IP", refuse),
    ...parseTimers(object, refuse),
    routerId: parseRouterId(spec.routerID, refuse),
    nodes: new Set(selected.map((node) => node.metadata.name)),
    password: parsePassword(object, secrets, refuse),
    bfd: profileOf(name, spec.bfdProfile, profiles, refuse),
    gracefulRestart: spec.enableGracefulRestart ?? false,
    ebgpMultiHop: spec.ebgpMultiHop ?? false,
    vrf: spec.vrf || null,
    dualStackAddressFamily: spec.dualStackAddressFamily ?? false,
    ...parseConnection(object, refuse),
  };
  if (peer.ebgpMultiHop && peer.ttlSecurity) {
    refuse(
      `metadata.annotations[${TTL_SECURITY_ANNOTATION}]`,
      "a peer several hops away cannot have TTL security: remove the annotation or ebgpMultiHop",
    );
  }
  return peer;
}

function parseAsns(
  name: string,
  spec: BGPPeerSpec,
  refuse: Refuse,
): Pick<Peer, "myAsn" | "peerAsn" | "localAsn"> {
  const { myASN, peerASN = 0, dynamicASN = "", localASN } = spec;
  if (!myASN) refuse("spec.myASN", `parsing peer ${name} missing local ASN`);
  if (peerASN !== 0 && dynamicASN !== "") {
    refuse(
      "spec.dynamicASN",
      `parsing peer ${name}: peerASN and dynamicASN are both set, remove one of the two`,
    );
  } else if (peerASN === 0 && dynamicASN === "") {
    refuse("spec.peerASN", `parsing peer ${name} missing peer ASN and dynamicASN: set one of the two`);
  }
  if (spec.ebgpMultiHop === true && peerASN === myASN) {
    refuse("spec.ebgpMultiHop", "invalid EBGP peer: ebgpMultiHop is set, but peerASN is the same as myASN");
  }
  const localAsn = localASN || null;
  if (dynamicASN === "internal" || dynamicASN === "external") {
    return { myAsn: myASN, peerAsn: dynamicASN, localAsn };
  }
  if (dynamicASN !== "") {
    refuse("spec.dynamicASN", `invalid dynamicASN "${dynamicASN}": must be internal or external`);
  }
  return { myAsn: myASN, peerAsn: peerASN, localAsn };
}

function parseTarget(spec: BGPPeerSpec, refuse: Refuse): Pick<Peer, "address" | "interface" | "port"> {
  const { peerAddress = "", interface: name = "", peerPort } = spec;
  if (peerAddress !== "" && name !== "") {
    refuse("spec.interface", "interface and peerAddress are both set: remove one of the two");
  } else if (peerAddress === "" && name === "") {
    refuse("spec.peerAddress", "neither peerAddress nor interface is set: set one of the two");
  }
  return {
    address: parseAddress(peerAddress, "spec.peerAddress", "invalid BGPPeer address", refuse),
    interface: name || null,
    // METALLB: a port of 0, which v1beta1 lets pass, leaves the port to FRR: the usual one.
    port: peerPort || BGP_PORT,
  };
}

function parseAddress(text: string | undefined, field: string, what: string, refuse: Refuse): Ip | null {
  if (text === undefined || text === "") return null;
  const ip = parseIp(text);
  if (ip === null) refuse(field, `${what} "${text}"`);
  return ip;
}

/** METALLB: there any family passes, and FRR then refuses an identifier that is not four octets, not zero. */
function parseRouterId(text: string | undefined, refuse: Refuse): Ip | null {
  const id = parseAddress(text, "spec.routerID", "invalid router ID", refuse);
  if (id !== null && (familyOf(id) !== "ipv4" || id === UNSPECIFIED.ipv4)) {
    refuse("spec.routerID", `invalid router ID "${id}": must be an IPv4 address other than 0.0.0.0`);
  }
  return id;
}

function profileOf(
  peer: string,
  name: string | undefined,
  profiles: ReadonlyMap<string, BfdProfile>,
  refuse: Refuse,
): BfdProfile | null {
  if (name === undefined || name === "") return null;
  const profile = profiles.get(name);
  if (profile !== undefined) return profile;
  refuse("spec.bfdProfile", `peer ${peer} referencing non existing bfd profile ${name}`, {
    collection: "bfdProfiles",
    name,
  });
  return null;
}

/** What MetalLB has no field for. */
function parseConnection(object: BGPPeer, refuse: Refuse): Pick<Peer, "ttlSecurity" | "dials" | "listens"> {
  const passive = isOn(object, PASSIVE_ANNOTATION, refuse);
  const listens = isOn(object, LISTEN_ANNOTATION, refuse);
  return {
    ttlSecurity: isOn(object, TTL_SECURITY_ANNOTATION, refuse),
    dials: !passive,
    listens: passive || listens,
  };
}

function isOn(object: BGPPeer, annotation: string, refuse: Refuse): boolean {
  const text = object.metadata.annotations?.[annotation] ?? "false";
  if (text !== "true" && text !== "false") {
    refuse(`metadata.annotations[${annotation}]`, `invalid value "${text}": must be "true" or "false"`);
  }
  return text === "true";
}
