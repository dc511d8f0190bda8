import assert from "node:assert/strict";
import type { Ip } from "../net/ip.ts";
import { collisionLoser, type Contender, type Loser, type Origin } from "./collision.ts";
import type { FsmStateName } from "./fsm_table.ts";

const low = { bgpIdentifier: "9.255.255.255" as Ip, asn: 65001 };
const high = { bgpIdentifier: "200.0.0.1" as Ip, asn: 65002 };

function of(origin: Origin, state: FsmStateName): Contender {
  return { origin, state };
}

function loser(newcomer: Origin, present: Contender, local = low, remote = high): Loser {
  return collisionLoser(of(newcomer, "OpenSent"), present, local, remote);
}

Deno.test("collisionLoser() lets an Established session win always", () => {
  for (const origin of ["dialled", "accepted"] as const) {
    for (const [local, remote] of [[low, high], [high, low]] as const) {
      assert.equal(loser("dialled", of(origin, "Established"), local, remote), "newcomer");
      assert.equal(loser("accepted", of(origin, "Established"), local, remote), "newcomer");
    }
  }
});

Deno.test("collisionLoser() keeps the connection dialled by the higher identifier, as unsigned numbers", () => {
  assert.equal(loser("accepted", of("dialled", "OpenConfirm"), low, high), "present");
  assert.equal(loser("dialled", of("accepted", "OpenConfirm"), low, high), "newcomer");
  assert.equal(loser("accepted", of("dialled", "OpenConfirm"), high, low), "newcomer");
  assert.equal(loser("dialled", of("accepted", "OpenConfirm"), high, low), "present");
});

Deno.test("collisionLoser() lets both sides choose the same connection", () => {
  // Here the newcomer is what the other side dialled; there it is what that side dialled itself.
  const here = loser("accepted", of("dialled", "OpenConfirm"), low, high);
  const there = loser("dialled", of("accepted", "OpenConfirm"), high, low);
  assert.equal(here, there);
});

Deno.test("collisionLoser() compares AS numbers when identifiers are equal, RFC 6286 2.3", () => {
  const twin = { ...high, bgpIdentifier: low.bgpIdentifier };
  assert.equal(loser("accepted", of("dialled", "OpenConfirm"), low, twin), "present");
  assert.equal(loser("accepted", of("dialled", "OpenConfirm"), twin, low), "newcomer");
});

Deno.test("collisionLoser() waits while the other connection has had no OPEN", () => {
  for (const state of ["Idle", "Connect", "Active", "OpenSent"] as const) {
    assert.equal(loser("accepted", of("dialled", state)), null);
  }
});

Deno.test("collisionLoser() prefers the newer of two connections opened by the same side", () => {
  assert.equal(loser("accepted", of("accepted", "OpenConfirm")), "present");
});
