/**
 * The changes of a node's BGP sessions as commands to the network thread.
 *
 * Shape: pure. Routes that several peers share travel once, in batches by attributes; a large change in several commands,
 * so that none keeps the thread from its deadlines. A new peer comes after its routes: the first End-of-RIB it is sent
 * then means what it says (RFC 4724 2).
 * Not here: sending them (port.ts), carrying them out (bgp/sessions.ts).
 *
 * @module
 */
import type { BgpChanges, PeerRoutes } from "../plan/bgp/diff.ts";
import type { RouteAttributes } from "../plan/bgp/route_table.ts";
import type { BgpSession } from "../plan/desired.ts";
import type { Prefix } from "../../protocols/net/prefix.ts";
import type { Command, PeerSettings, RouteBatch } from "./messages.ts";

/** LIMIT: prefixes in one command: about a millisecond of the thread's time for each peer. */
const PREFIXES_PER_COMMAND = 1024;

/** What to send, in this order. */
export function bgpCommands({ open, close, change, routes }: BgpChanges): readonly Command[] {
  const commands: Command[] = [];
  for (const { peers, announce, withdraw } of [...groupsOfTables(open), ...groupsOfChanges(routes)]) {
    commands.push(...routeCommands(peers, announce, withdraw));
  }
  if (open.length + change.length + close.length === 0) return commands;
  commands.push({
    type: "BgpPeers",
    open: open.map(({ peer }) => settingsOf(peer)),
    change: change.map(({ peer, inPlace }) => ({ peer: settingsOf(peer), inPlace })),
    close,
  });
  return commands;
}

/** Peers with the same changes. */
interface Group {
  readonly peers: string[];
  readonly announce: Iterable<readonly [Prefix, RouteAttributes]>;
  readonly withdraw: readonly Prefix[];
}

function groupsOfTables(sessions: readonly BgpSession[]): readonly Group[] {
  const groups = new Map<unknown, Group>();
  for (const { peer, routes } of sessions) {
    const group = groups.get(routes) ?? { peers: [], announce: routes, withdraw: [] };
    groups.set(routes, group);
    group.peers.push(peer.name);
  }
  return [...groups.values()];
}

/** Equal changes are the identical arrays. */
function groupsOfChanges(changes: readonly PeerRoutes[]): readonly Group[] {
  const groups: (Group & Pick<PeerRoutes, "announce">)[] = [];
  for (const { peer, announce, withdraw } of changes) {
    const group = groups.find((one) => one.announce === announce && one.withdraw === withdraw);
    if (group === undefined) groups.push({ peers: [peer], announce, withdraw });
    else group.peers.push(peer);
  }
  return groups;
}

function routeCommands(
  peers: readonly string[],
  announce: Group["announce"],
  withdraw: readonly Prefix[],
): readonly Command[] {
  const parts = [...announcementParts(announce), ...withdrawalParts(withdraw)];
  return parts.map((part, i) => ({ type: "BgpRoutes", peers, ...part, moreFollows: i < parts.length - 1 }));
}

/** What one command changes. */
type Part = Pick<Extract<Command, { type: "BgpRoutes" }>, "announce" | "withdraw">;

function* announcementParts(announce: Group["announce"]): Iterable<Part> {
  let batches = new Map<RouteAttributes, Prefix[]>();
  let count = 0;
  for (const [prefix, attributes] of announce) {
    const batch = batches.get(attributes);
    if (batch === undefined) batches.set(attributes, [prefix]);
    else batch.push(prefix);
    if (++count < PREFIXES_PER_COMMAND) continue;
    yield { announce: batchesOf(batches), withdraw: [] };
    [batches, count] = [new Map(), 0];
  }
  if (count > 0) yield { announce: batchesOf(batches), withdraw: [] };
}

function* withdrawalParts(withdraw: readonly Prefix[]): Iterable<Part> {
  for (let at = 0; at < withdraw.length; at += PREFIXES_PER_COMMAND) {
    yield { announce: [], withdraw: withdraw.slice(at, at + PREFIXES_PER_COMMAND) };
  }
}

function batchesOf(batches: ReadonlyMap<RouteAttributes, readonly Prefix[]>): readonly RouteBatch[] {
  return [...batches].map(([attributes, prefixes]) => ({ attributes, prefixes }));
}

function settingsOf({ nodes: _, password, ...rest }: BgpSession["peer"]): PeerSettings {
  return { ...rest, password: password?.reveal() ?? null };
}
