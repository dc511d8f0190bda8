import assert from "node:assert/strict";
import type { PeerChange, PeerRoutes } from "../plan/bgp/diff.ts";
import type { RouteAttributes } from "../plan/bgp/route_table.ts";
import type { BgpSession } from "../plan/desired.ts";
import type { Prefix } from "../../protocols/net/prefix.ts";
import { SecretValue } from "../../k8s/types/secret_value.ts";
import { bgpCommands } from "./bgp_commands.ts";

type Peer = BgpSession["peer"];
const PLAIN = { localPref: null, communities: [] };
const COLOURED = { localPref: 200, communities: ["64512:7"] };

function peer(name: string, changes: Partial<Peer> = {}): Peer {
  return { name, nodes: new Set(["n1"]), password: null, ...changes } as Peer;
}

function prefixes(count: number): Prefix[] {
  return Array.from({ length: count }, (_, i) => `10.${i >> 16}.${i >> 8 & 255}.${i & 255}/32` as Prefix);
}

const NOTHING = { open: [], close: [], change: [] as PeerChange[], routes: [] as PeerRoutes[] };

Deno.test("no change sends nothing", () => {
  assert.deepEqual(bgpCommands(NOTHING), []);
});

Deno.test("peers that share a table share its commands, which come before the peers", () => {
  const [a, b] = prefixes(2);
  const routes = new Map<Prefix, RouteAttributes>([[a!, PLAIN], [b!, COLOURED]]);
  const open = [{ peer: peer("one"), routes }, { peer: peer("two"), routes }];
  const [first, second, ...rest] = bgpCommands({ ...NOTHING, open });
  assert.deepEqual(first, {
    type: "BgpRoutes",
    peers: ["one", "two"],
    announce: [{ attributes: PLAIN, prefixes: [a] }, { attributes: COLOURED, prefixes: [b] }],
    withdraw: [],
    moreFollows: false,
  });
  assert.equal(second?.type, "BgpPeers");
  assert.deepEqual(rest, []);
});

Deno.test("a large change is cut into commands that hold every prefix once, announcements before withdrawals", () => {
  const announce = prefixes(2500).map((prefix) => [prefix, PLAIN] as const);
  const withdraw = prefixes(1500);
  const commands = bgpCommands({ ...NOTHING, routes: [{ peer: "one", announce, withdraw }] });
  const sizes = commands.map((command) => {
    assert.ok(command.type === "BgpRoutes");
    return [command.announce.reduce((sum, batch) => sum + batch.prefixes.length, 0), command.withdraw.length];
  });
  const more = commands.map((command) => command.type === "BgpRoutes" && command.moreFollows);
  assert.deepEqual(more, [true, true, true, true, false]);
  assert.deepEqual(sizes, [[1024, 0], [1024, 0], [452, 0], [0, 1024], [0, 476]]);
});

Deno.test("settings survive structured clone, password and all, and leave out whom the peer is for", () => {
  const secret = peer("one", { password: SecretValue.ofText("s3cret") });
  const [command] = structuredClone(bgpCommands({ ...NOTHING, change: [{ peer: secret, inPlace: true }] }));
  assert.ok(command?.type === "BgpPeers");
  const [change] = command.change;
  assert.equal(change!.inPlace, true);
  assert.equal(new TextDecoder().decode(change!.peer.password!), "s3cret");
  assert.ok(!("nodes" in change!.peer));
});
