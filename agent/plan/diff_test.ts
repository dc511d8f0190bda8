import assert from "node:assert/strict";
import fc from "fast-check";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Layer2Announcement } from "./desired.ts";
import { diffDesired, type Layer2Desired } from "./diff.ts";

const announcement = fc.record({
  ip: fc.constantFrom(...["10.0.0.10", "10.0.0.9", "10.0.0.1", "fc00::1", "fc00::10"].map((it) => it as Ip)),
  interfaces: fc.option(fc.subarray(["eth0", "eth1"])),
  refreshMs: fc.option(fc.constantFrom(1_000, 2_000)),
  services: fc.subarray(["a/a", "b/b"]),
}, { noNullPrototype: true });

const desired = fc.array(announcement).map((them): Layer2Desired => ({
  layer2: new Map(them.map((it) => [it.ip, it])),
}));

function apply(before: Layer2Desired, after: Layer2Desired): Layer2Desired {
  const { set, remove } = diffDesired(before, after);
  const layer2 = new Map<Ip, Layer2Announcement>(before.layer2);
  for (const it of set) layer2.set(it.ip, it);
  for (const ip of remove) assert.ok(layer2.delete(ip), `${ip} was never there`);
  return { layer2 };
}

Deno.test("diffDesired() of equal states is empty, whatever their identity and order", () => {
  fc.assert(fc.property(desired, (it) => {
    const copy: Layer2Desired = { layer2: new Map([...structuredClone(it.layer2)].reverse()) };
    assert.deepEqual(diffDesired(it, copy), { set: [], remove: [] });
  }));
});

Deno.test("diffDesired() applied to the first state gives the second", () => {
  fc.assert(fc.property(desired, desired, (before, after) => {
    assert.deepEqual(apply(before, after), after);
  }));
});

Deno.test("diffDesired() sets no address that is right already", () => {
  fc.assert(fc.property(desired, desired, (before, after) => {
    for (const it of diffDesired(before, after).set) {
      assert.notDeepEqual(before.layer2.get(it.ip), it);
    }
  }));
});

Deno.test("diffDesired() lists IPv4 before IPv6, each in order of number", () => {
  const all = ["fc00::10", "10.0.0.10", "fc00::9", "10.0.0.9"].map((it) => it as Ip);
  const state: Layer2Desired = {
    layer2: new Map(all.map((ip) => [ip, { ip, interfaces: null, refreshMs: null, services: [] }])),
  };
  const none: Layer2Desired = { layer2: new Map() };
  const sorted = ["10.0.0.9", "10.0.0.10", "fc00::9", "fc00::10"];
  assert.deepEqual(diffDesired(none, state).set.map((it) => it.ip), sorted);
  assert.deepEqual(diffDesired(state, none).remove, sorted);
});
