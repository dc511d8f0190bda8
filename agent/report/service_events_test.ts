import assert from "node:assert/strict";
import type { Ip } from "../../protocols/net/ip.ts";
import type { NodeOutcome } from "../plan/node_plan.ts";
import { outcomeAtFirst, serviceEvents } from "./service_events.ts";

const A = "192.0.2.1" as Ip;
const B = "192.0.2.2" as Ip;

function outcome(layer2: readonly Ip[], bgp: readonly Ip[]): NodeOutcome {
  return {
    reason: null,
    message: "",
    addresses: layer2,
    interfaces: null,
    failure: null,
    bgp: { reason: null, addresses: bgp, peers: [] },
  };
}

const messages = (before: NodeOutcome | null, after: NodeOutcome): string[] =>
  serviceEvents("n1", before, after).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

Deno.test("serviceEvents() names node and protocol, in MetalLB's words", () => {
  assert.deepEqual(messages(null, outcome([A], [A])), [
    'Normal nodeAssigned: announcing from node "n1" with protocol "bgp"',
    'Normal nodeAssigned: announcing from node "n1" with protocol "layer2"',
  ]);
});

Deno.test("serviceEvents() says nothing again, and nothing of what is given up", () => {
  assert.deepEqual(messages(outcome([A], [A]), outcome([A], [A])), []);
  assert.deepEqual(messages(outcome([A, B], [A]), outcome([A], [])), []);
});

Deno.test("serviceEvents() tells of the protocol that begins, and of other addresses", () => {
  assert.deepEqual(messages(outcome([A], []), outcome([A], [A])), [
    'Normal nodeAssigned: announcing from node "n1" with protocol "bgp"',
  ]);
  assert.deepEqual(messages(outcome([A], []), outcome([B], [])), [
    'Normal nodeAssigned: announcing from node "n1" with protocol "layer2"',
  ]);
});

Deno.test("serviceEvents() warns once that the elected node cannot announce", () => {
  const failed: NodeOutcome = { ...outcome([], []), reason: "announceFailed", failure: "no such interface" };
  assert.deepEqual(messages(null, failed), ["Warning announceFailed: no such interface"]);
  assert.deepEqual(messages(failed, failed), []);
  assert.deepEqual(messages(failed, { ...failed, failure: "another" }), ["Warning announceFailed: another"]);
});

Deno.test("serviceEvents() warns that layer 2 cannot announce what BGP does", () => {
  const half: NodeOutcome = { ...outcome([], [A]), failure: "no such interface" };
  assert.deepEqual(messages(null, half), [
    'Normal nodeAssigned: announcing from node "n1" with protocol "bgp"',
    "Warning announceFailed: no such interface",
  ]);
  assert.deepEqual(messages(half, outcome([], [A])), []);
});

Deno.test("serviceEvents() after a start tells what no status object of the node spoke of", () => {
  const both = outcome([A], [A]);
  const told = (layer2: boolean, bgp: boolean) => messages(outcomeAtFirst(both, { layer2, bgp }), both);
  const [byBgp, byLayer2] = messages(null, both);
  assert.deepEqual(told(true, true), []);
  assert.deepEqual(told(true, false), [byBgp]);
  assert.deepEqual(told(false, true), [byLayer2]);
  const failed: NodeOutcome = { ...both, failure: "no such interface" };
  assert.deepEqual(messages(outcomeAtFirst(failed, { layer2: true, bgp: true }), failed), [
    "Warning announceFailed: no such interface",
  ]);
});
