import assert from "node:assert/strict";
import fc from "fast-check";
import type { Prefix } from "../../../protocols/net/prefix.ts";
import { configOf, peerObject } from "../../config/config_fixture.ts";
import type { Peer } from "../../config/config.ts";
import type { BgpSession } from "../desired.ts";
import { type BgpSessions, diffBgp } from "./diff.ts";
import { derived, diffRoutes, NO_ROUTES, type RouteAttributes, type RouteTable } from "./route_table.ts";

const ATTRIBUTES: readonly RouteAttributes[] = [
  { localPref: null, communities: [] },
  { localPref: 100, communities: ["1:2"] },
  { localPref: 100, communities: ["1:2", "1:3"] },
];
const PREFIXES = ["10.0.0.1/32", "10.0.0.2/32", "fc00::1/128"].map((it) => it as Prefix);

const table: fc.Arbitrary<RouteTable> = fc.array(
  fc.tuple(fc.constantFrom(...PREFIXES), fc.constantFrom(...ATTRIBUTES)),
).map((entries) => new Map(entries));

const peer = (name: string, port: number): Peer =>
  configOf({ bgpPeers: [peerObject(name, { peerPort: port })] }).peers.get(name)!;
const PEERS = ["a", "b", "c"].flatMap((name) => [peer(name, 179), peer(name, 1179)]);
const sessions: fc.Arbitrary<BgpSessions> = fc.array(
  fc.record({ peer: fc.constantFrom(...PEERS), routes: table }, { noNullPrototype: true }),
).map((them) => new Map(them.map((it): [string, BgpSession] => [it.peer.name, it])));

function applied(before: BgpSessions, after: BgpSessions): BgpSessions {
  const { open, close, change, routes } = diffBgp(before, after);
  const result = new Map(before);
  for (const name of close) assert.ok(result.delete(name));
  for (const it of change) result.set(it.peer.name, { ...result.get(it.peer.name)!, peer: it.peer });
  for (const { peer, announce, withdraw } of routes) {
    const table = new Map(result.get(peer)!.routes);
    for (const prefix of withdraw) assert.ok(table.delete(prefix));
    for (const [prefix, attributes] of announce) table.set(prefix, attributes);
    result.set(peer, { ...result.get(peer)!, routes: table });
  }
  for (const session of open) {
    assert.ok(!result.has(session.peer.name));
    result.set(session.peer.name, session);
  }
  return result;
}

Deno.test("diffBgp() applied to the first state gives the second", () => {
  fc.assert(fc.property(sessions, sessions, (before, after) => {
    assert.deepEqual(applied(before, after), after);
  }));
});

Deno.test("diffBgp() of equal states is empty, whatever their identity", () => {
  fc.assert(fc.property(sessions, (it) => {
    const copy = new Map([...it].map(([name, { peer, routes }]) => {
      return [name, { peer: { ...peer }, routes: new Map(structuredClone([...routes])) }];
    }));
    assert.deepEqual(diffBgp(it, copy), { open: [], close: [], change: [], routes: [] });
  }));
});

Deno.test("diffBgp() says of an edited peer whether its session goes on, and still tells its routes", () => {
  const [before, after] = [peer("a", 179), peer("a", 1179)];
  const routes: RouteTable = new Map([[PREFIXES[0]!, ATTRIBUTES[0]!]]);
  const changes = diffBgp(
    new Map([["a", { peer: before, routes: NO_ROUTES }]]),
    new Map([["a", { peer: after, routes }]]),
  );
  assert.deepEqual(changes.change, [{ peer: after, inPlace: false }]);
  assert.deepEqual(changes.routes, [{ peer: "a", announce: [...routes], withdraw: [] }]);
});

Deno.test("diffBgp() compares routes that many peers share once, and lists them in the identical arrays", () => {
  const before: RouteTable = new Map([[PREFIXES[0]!, ATTRIBUTES[0]!]]);
  const after: RouteTable = new Map([[PREFIXES[1]!, ATTRIBUTES[0]!]]);
  const of = (routes: RouteTable): BgpSessions =>
    new Map(["c", "a", "b"].map((name) => [name, { peer: peer(name, 179), routes }]));
  const { routes } = diffBgp(of(before), of(after));
  assert.deepEqual(routes.map((it) => it.peer), ["a", "b", "c"]);
  assert.equal(new Set(routes.map((it) => it.announce)).size, 1);
  assert.equal(new Set(routes.map((it) => it.withdraw)).size, 1);
});

Deno.test("derived() keeps the table when nothing changes, and diffRoutes() knows the way it came", () => {
  const change = fc.array(fc.tuple(fc.constantFrom(...PREFIXES), fc.option(fc.constantFrom(...ATTRIBUTES))));
  fc.assert(fc.property(table, change, (before, changes) => {
    const entries = [...new Map(changes)];
    const after = derived(before, entries);
    const expected = new Map(before);
    for (const [prefix, attributes] of entries) {
      if (attributes === null) expected.delete(prefix);
      else expected.set(prefix, attributes);
    }
    assert.deepEqual(new Map(after), expected);
    const copy: RouteTable = new Map(after);
    const [known, compared] = [diffRoutes(before, after), diffRoutes(before, copy)];
    assert.deepEqual(new Map(known.announce), new Map(compared.announce));
    assert.deepEqual(new Set(known.withdraw), new Set(compared.withdraw));
    assert.equal(derived(after, entries), after);
  }));
});
