/**
 * Why a Service would not be what it is, in sentences for a person.
 *
 * Shape: pure; both decisions in, one sentence for each thing that changes out.
 *
 * @module
 */
import type { ObjectKey } from "../../../k8s/types/meta.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import { poolOwning } from "../../config/pool_membership.ts";
import type { NodeAbsence } from "../../elect/cluster_view.ts";
import { servingEndpoints } from "../../elect/endpoints.ts";
import type { Layer2Decision } from "../../elect/layer2.ts";
import type { Announcer, Decided, PlannedService } from "../plan.ts";

/** One Service before and after. */
export interface WhyQuestion {
  readonly key: ObjectKey;
  readonly old: PlannedService | null;
  readonly now: PlannedService | null;
  readonly before: Decided | null;
  readonly after: Decided | null;
  /** Services whose cluster IPs or endpoints had to be guessed. */
  readonly guessed: ReadonlySet<ObjectKey>;
}

/** See the module comment. */
export function reasonsOf(question: WhyQuestion): readonly string[] {
  const { key, old, now, guessed } = question;
  if (now === null) return ["It would not be a Service of type LoadBalancer and of this class any more"];
  const sentences: string[] = [];
  if (old === null) sentences.push("It is not there yet, or not of type LoadBalancer and of this class");
  if (guessed.has(key)) {
    sentences.push("Its cluster IPs and a ready endpoint are taken for granted, as it does not exist yet");
  }
  sentences.push(...lostAddresses(question), ...newAddresses(question));
  const isMoved = old !== null && old.addresses.length > 0 && now.addresses.length > 0;
  if (isMoved && question.before !== null) sentences.push(...otherNodes(question), ...otherPeers(question));
  if (isMoved && sentences.length === 0) sentences.push(`Its pool is called "${now.pool}" now`);
  if (now.reason !== null && now.message !== "" && !sentences.some((it) => it.includes(now.message))) {
    sentences.push(now.message);
  }
  return sentences;
}

function lostAddresses({ old, now, after }: WhyQuestion): string[] {
  const lost = (old?.addresses ?? []).filter((ip) => !now?.addresses.includes(ip));
  return lost.map((ip) => {
    const owner = after === null ? null : poolOwning(after.config, [ip as Ip]);
    if (owner === null) return `No IPAddressPool has ${ip} any more`;
    const why = now?.reason === null || now === null ? "the Service asks for something else" : now.message;
    return `IPAddressPool "${owner.name}" has ${ip}, but does not give it to this Service: ${why}`;
  });
}

function newAddresses({ old, now }: WhyQuestion): string[] {
  const gets = (now?.addresses ?? []).filter((ip) => !old?.addresses.includes(ip));
  return gets.map((ip) => `IPAddressPool "${now?.pool}" gives it ${ip}`);
}

/** Layer 2: one sentence an address that another node answers for. */
function otherNodes(question: WhyQuestion): string[] {
  const { key, old, now, before, after } = question;
  const [was, is] = [before, after].map((it) => it?.elected.services.get(key) ?? null);
  const kept = now!.addresses.filter((ip) => old!.addresses.includes(ip));
  const sentences = kept.flatMap((ip): string[] => {
    const [from, to] = [old!, now!].map((it) => answererOf(ip, it.announcers));
    if (from?.node === to?.node) {
      const isNarrower = JSON.stringify(from) !== JSON.stringify(to);
      return isNarrower ? [`${to?.node} answers for it on other interfaces`] : [];
    }
    if (to === undefined) return [`${from?.node} answers no more: ${is?.layer2 ? unheard(is.layer2) : ""}`];
    if (from === undefined) {
      const why = was?.layer2 ? unheard(was.layer2) : "";
      return [`${to.node} begins to answer${why === "" ? "" : `; until now: ${why}`}`];
    }
    return [whyInstead(from.node, to.node, question)];
  });
  return [...new Set(sentences)];
}

function answererOf(ip: string, announcers: readonly Announcer[]): Announcer | undefined {
  return announcers.find((it) => it.protocol === "layer2" && it.address === ip);
}

/** Why nobody answers. */
function unheard(decision: Layer2Decision): string {
  return decision.reason === null ? "" : decision.message;
}

function whyInstead(from: string, to: string, { key, before, after }: WhyQuestion): string {
  const moved = `${to} answers instead of ${from}`;
  const obstacle = after === null ? null : obstacleOf(from, key, after);
  if (obstacle !== null) return `${moved}, ${obstacle}`;
  const wasAble = before === null || obstacleOf(to, key, before) === null;
  return wasAble
    ? `${moved}: preferences, or the Services that share the address, are other ones`
    : `${moved}: it can announce it now and comes first in the election`;
}

const ABSENCES: Readonly<Record<NodeAbsence, string>> = {
  speakerNotAlive: "whose speaker is not alive",
  networkUnavailable: "whose condition NetworkUnavailable is True",
  labelledExcluded: "which is labelled exclude-from-external-load-balancers",
};

/** Why a node cannot be elected for a Service; null when it can. */
function obstacleOf(node: string, key: ObjectKey, { elected, snapshot, view }: Decided): string | null {
  const adverts = elected.services.get(key)?.layer2?.adverts ?? [];
  if (!adverts.some((it) => it.nodes.has(node))) return "which no L2Advertisement of the Service includes";
  const absence = view.absent.get(node);
  if (absence !== undefined) return ABSENCES[absence];
  const isLocal = snapshot.services.get(key)?.spec?.externalTrafficPolicy === "Local";
  const { nodes } = servingEndpoints(snapshot.slicesByService.get(key) ?? []);
  return isLocal && !nodes.has(node)
    ? "which has no ready endpoint, and externalTrafficPolicy is Local"
    : null;
}

/** BGP: one sentence a node that tells other peers. */
function otherPeers({ key, old, now, after }: WhyQuestion): string[] {
  const [told, tells] = [old!, now!].map((it) => peersByNode(it.announcers));
  const verdicts = after?.elected.services.get(key)?.bgp?.verdicts;
  return [...new Set([...told!.keys(), ...tells!.keys()])].sort().flatMap((node): string[] => {
    const [had, has] = [told!.get(node) ?? [], tells!.get(node) ?? []];
    const sentences: string[] = [];
    const more = has.filter((peer) => !had.includes(peer));
    const less = had.filter((peer) => !has.includes(peer));
    if (more.length > 0) sentences.push(`${node} announces it to ${more.join(", ")}`);
    if (less.length > 0) {
      const why = verdicts?.get(node)?.message ??
        "no BGPAdvertisement of its IPAddressPool includes the node";
      sentences.push(`${node} withdraws it from ${less.join(", ")}${why === "" ? "" : `: ${why}`}`);
    }
    return sentences;
  });
}

function peersByNode(announcers: readonly Announcer[]): Map<string, string[]> {
  const byNode = new Map<string, string[]>();
  for (const { protocol, node, peers } of announcers) {
    if (protocol !== "bgp") continue;
    byNode.set(node, [...new Set([...byNode.get(node) ?? [], ...peers])].sort());
  }
  return byNode;
}
