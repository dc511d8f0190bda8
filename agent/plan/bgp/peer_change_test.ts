import assert from "node:assert/strict";
import { SecretValue } from "../../../k8s/types/secret_value.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import { configOf, peerObject } from "../../config/config_fixture.ts";
import type { BfdProfile, Peer } from "../../config/config.ts";
import { canChangeInPlace, samePeer } from "./peer_change.ts";

const PROFILE: BfdProfile = {
  name: "fast",
  receiveIntervalMs: 300,
  transmitIntervalMs: 300,
  detectMultiplier: 3,
  echoIntervalMs: 50,
  echoMode: false,
  passiveMode: false,
  minimumTtl: 254,
};
const PEER: Peer = {
  ...configOf({ bgpPeers: [peerObject("p")] }).peers.get("p")!,
  bfd: PROFILE,
  password: SecretValue.ofText("one"),
};

/** Each field with another value: what becomes of the session. */
const FIELDS: {
  readonly [Field in keyof Peer]: readonly [Peer[Field], "same" | "goes on" | "starts again"];
} = {
  name: ["q", "starts again"],
  myAsn: [65_009, "starts again"],
  peerAsn: ["external", "starts again"],
  localAsn: [65_009, "starts again"],
  address: ["10.0.0.9" as Ip, "starts again"],
  interface: ["eth0", "starts again"],
  port: [1179, "starts again"],
  sourceAddress: ["10.0.0.9" as Ip, "starts again"],
  vrf: ["red", "starts again"],
  holdTimeSeconds: [9, "starts again"],
  routerId: ["10.0.0.9" as Ip, "starts again"],
  gracefulRestart: [true, "starts again"],
  dualStackAddressFamily: [true, "starts again"],
  keepaliveTimeSeconds: [3, "goes on"],
  connectTimeSeconds: [3, "goes on"],
  sendHoldTimeSeconds: [600, "goes on"],
  ebgpMultiHop: [true, "goes on"],
  ttlSecurity: [true, "goes on"],
  dials: [false, "goes on"],
  listens: [true, "goes on"],
  nodes: [new Set(["n9"]), "same"],
  password: [SecretValue.ofText("two"), "goes on"],
  bfd: [{ ...PROFILE, detectMultiplier: 5 }, "goes on"],
};

for (const [field, [value, becomes]] of Object.entries(FIELDS)) {
  Deno.test(`canChangeInPlace(): another ${field}: the session ${becomes === "same" ? "is the same" : becomes}`, () => {
    const after = { ...PEER, [field]: value };
    assert.equal(samePeer(PEER, after), becomes === "same");
    assert.equal(canChangeInPlace(PEER, after), becomes !== "starts again");
  });
}

Deno.test("canChangeInPlace(): one field that cannot change decides for all", () => {
  assert.equal(canChangeInPlace(PEER, { ...PEER, listens: true, routerId: "10.0.0.9" as Ip }), false);
});

Deno.test("canChangeInPlace(): a password that comes or goes starts the session again", () => {
  assert.equal(canChangeInPlace(PEER, { ...PEER, password: null }), false);
  assert.equal(canChangeInPlace({ ...PEER, password: null }, PEER), false);
});

Deno.test("canChangeInPlace(): BFD may come and go", () => {
  assert.ok(canChangeInPlace(PEER, { ...PEER, bfd: null }) && !samePeer(PEER, { ...PEER, bfd: null }));
});

Deno.test("samePeer() compares what a password hides and a profile says, not which object or name it is", () => {
  const copy = { ...PEER, password: SecretValue.ofText("one"), bfd: { ...PROFILE, name: "renamed" } };
  assert.ok(samePeer(PEER, copy));
});
