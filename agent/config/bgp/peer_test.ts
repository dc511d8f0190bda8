import assert from "node:assert/strict";
import {
  bfdObject,
  configOf,
  nodeObject,
  parseLists,
  peerObject,
  PLAIN_PEER,
  secretObject,
} from "../config_fixture.ts";
import type { Peer } from "../config.ts";
import type { BGPPeerSpec } from "../../../k8s/types/metallb.ts";
import { SecretValue } from "../../../k8s/types/secret_value.ts";
import { LISTEN_ANNOTATION, PASSIVE_ANNOTATION, TTL_SECURITY_ANNOTATION } from "./peer.ts";
import { SEND_HOLD_TIME_ANNOTATION } from "./timers.ts";

function parsed(spec: Partial<BGPPeerSpec> = {}, annotations: Readonly<Record<string, string>> = {}): Peer {
  const { peers } = configOf({ nodes: [nodeObject("n1")], bgpPeers: [peerObject("p", spec, annotations)] });
  return peers.get("p")!;
}

function refusedFields(
  spec: Partial<BGPPeerSpec>,
  annotations: Readonly<Record<string, string>> = {},
  secrets = [secretObject("s", { password: "" })],
): readonly string[] {
  const result = parseLists({ bgpPeers: [peerObject("p", spec, annotations)], secrets });
  return result.ok ? [] : result.errors.map((it) => it.field);
}

Deno.test("parsePeers() fills in what a peer of three fields leaves open", () => {
  assert.deepEqual(parsed(), { ...PLAIN_PEER, nodes: new Set(["n1"]) });
});

Deno.test("parsePeers() takes how to connect from annotations", () => {
  const ways = [[{}, true, false], [{ [LISTEN_ANNOTATION]: "true" }, true, true], [
    { [PASSIVE_ANNOTATION]: "true" },
    false,
    true,
  ], [{ [PASSIVE_ANNOTATION]: "true", [LISTEN_ANNOTATION]: "true" }, false, true]] as const;
  for (const [annotations, dials, listens] of ways) {
    const peer = parsed({}, annotations);
    assert.deepEqual([peer.dials, peer.listens], [dials, listens]);
  }
  assert.ok(parsed({}, { [TTL_SECURITY_ANNOTATION]: "true" }).ttlSecurity);
  assert.deepEqual(refusedFields({}, { [PASSIVE_ANNOTATION]: "yes" }), [
    `metadata.annotations[${PASSIVE_ANNOTATION}]`,
  ]);
});

const REFUSED: Readonly<Record<string, readonly [Partial<BGPPeerSpec>, string]>> = {
  "a router ID of IPv6": [{ routerID: "fc00::1" }, "spec.routerID"],
  "a router ID of zero": [{ routerID: "0.0.0.0" }, "spec.routerID"],
  "a source address that is none": [{ sourceAddress: "here" }, "spec.sourceAddress"],
  "a hold time that is no duration": [{ holdTime: "90" }, "spec.holdTime"],
  "a hold time beyond sixteen bits": [{ holdTime: "65536s" }, "spec.holdTime"],
  "a keepalive time below zero": [{ holdTime: "9s", keepaliveTime: "-1s" }, "spec.keepaliveTime"],
  "a connect time of zero": [{ connectTime: "0s" }, "spec.connectTime"],
  "a connect time with a fraction": [{ connectTime: "1500ms" }, "spec.connectTime"],
  "an unknown dynamicASN": [{ peerASN: 0, dynamicASN: "both" }, "spec.dynamicASN"],
  "an empty password in a Secret": [{ passwordSecret: { name: "s" } }, "spec.passwordSecret"],
  "a password longer than TCP MD5 takes": [
    { password: SecretValue.ofText("x".repeat(81)) },
    "spec.password",
  ],
};

for (const [what, [spec, field]] of Object.entries(REFUSED)) {
  Deno.test(`parsePeers() refuses ${what}`, () => assert.deepEqual(refusedFields(spec), [field]));
}

Deno.test("parsePeers() refuses TTL security for a peer several hops away", () => {
  assert.deepEqual(refusedFields({ ebgpMultiHop: true }, { [TTL_SECURITY_ANNOTATION]: "true" }), [
    `metadata.annotations[${TTL_SECURITY_ANNOTATION}]`,
  ]);
});

Deno.test("parsePeers() never makes a keepalive time of a fraction zero, which would be none", () => {
  const peer = parsed({ holdTime: "3s", keepaliveTime: "300ms" });
  assert.deepEqual([peer.holdTimeSeconds, peer.keepaliveTimeSeconds], [3, 1]);
});

Deno.test("parsePeers() takes a send hold time that is longer than the hold time", () => {
  const annotations = (text: string) => ({ [SEND_HOLD_TIME_ANNOTATION]: text });
  assert.equal(parsed({}, annotations("2m")).sendHoldTimeSeconds, 120);
  assert.equal(parsed({ holdTime: "3s" }, annotations("4s")).sendHoldTimeSeconds, 4);
  const field = `metadata.annotations[${SEND_HOLD_TIME_ANNOTATION}]`;
  assert.deepEqual(refusedFields({}, annotations("90s")), [field]);
  assert.deepEqual(refusedFields({}, annotations("0")), [field]);
  assert.deepEqual(refusedFields({}, annotations("soon")), [field]);
});

Deno.test("parsePeers() tells sessions to one address apart by port, unless one is listened for", () => {
  const two = (annotations: Readonly<Record<string, string>>) =>
    parseLists({ bgpPeers: [peerObject("p1", { peerPort: 1179 }), peerObject("p2", {}, annotations)] });
  assert.ok(two({}).ok);
  assert.ok(!two({ [LISTEN_ANNOTATION]: "true" }).ok);
});

Deno.test("parsePeers() tells every error of a peer, and shows no password", () => {
  const result = parseLists({
    bgpPeers: [
      peerObject("p", {
        myASN: 0,
        peerAddress: "x",
        password: SecretValue.ofText("hunter2"),
        bfdProfile: "y",
      }),
    ],
  });
  assert.ok(!result.ok);
  assert.deepEqual(result.errors.map((it) => it.field), [
    "spec.bfdProfile",
    "spec.myASN",
    "spec.peerAddress",
  ]);
  assert.ok(!JSON.stringify(result).includes("hunter2"));
});

Deno.test("parsePeers() resolves a BFD profile, what it leaves open filled in as FRR does", () => {
  const { peers } = configOf({
    bgpPeers: [peerObject("p", { bfdProfile: "fast" })],
    bfdProfiles: [bfdObject("fast", { transmitInterval: 50 })],
  });
  assert.deepEqual(peers.get("p")?.bfd, {
    name: "fast",
    receiveIntervalMs: 300,
    transmitIntervalMs: 50,
    detectMultiplier: 3,
    echoIntervalMs: 50,
    echoMode: false,
    passiveMode: false,
    minimumTtl: 254,
  });
});
