import assert from "node:assert/strict";
import type { Ip } from "../../../protocols/net/ip.ts";
import { PLAIN_PEER } from "../../config/config_fixture.ts";
import type { PeerSettings } from "../messages.ts";
import { isInternal, labelsOf, peerConfigOf, sessionTtl } from "./peer_terms.ts";

const ROUTER_ID = "192.0.2.11" as Ip;

const { nodes: _, ...PLAIN } = PLAIN_PEER;
const PEER: PeerSettings = {
  ...PLAIN,
  myAsn: 64512,
  peerAsn: 64513,
  address: "192.0.2.1" as Ip,
  password: null,
};

function config(changes: Partial<PeerSettings>): ReturnType<typeof peerConfigOf> {
  return peerConfigOf({ ...PEER, ...changes }, ROUTER_ID);
}

Deno.test("peerConfigOf carries the family of the address, both when dual-stack or by interface", () => {
  const v6 = "2001:db8::1" as Ip;
  assert.deepEqual(config({}).families, ["ipv4-unicast"]);
  assert.deepEqual(config({ address: v6 }).families, ["ipv6-unicast"]);
  assert.deepEqual(config({ dualStackAddressFamily: true }).families, ["ipv4-unicast", "ipv6-unicast"]);
  assert.deepEqual(config({ address: null, interface: "eth0" }).families, ["ipv4-unicast", "ipv6-unicast"]);
});

Deno.test("peerConfigOf offers RFC 8950 where the session runs over IPv6", () => {
  assert.equal(config({}).extendedNextHop, false);
  assert.equal(config({ address: "2001:db8::1" as Ip }).extendedNextHop, true);
  assert.equal(config({ address: null, interface: "eth0" }).extendedNextHop, true);
});

Deno.test("peerConfigOf prefers localASN, the peer's router ID and its times", () => {
  const changed = config({
    localAsn: 65000,
    routerId: "203.0.113.9" as Ip,
    holdTimeSeconds: 9,
    connectTimeSeconds: 2,
    sendHoldTimeSeconds: 10,
  });
  assert.equal(changed.times.sendHoldMs, 10_000);
  assert.partialDeepStrictEqual(changed, {
    localAsn: 65000,
    bgpIdentifier: "203.0.113.9",
    holdTimeSeconds: 9,
    connectRetryMs: 2000,
  });
  assert.partialDeepStrictEqual(config({}), {
    localAsn: 64512,
    bgpIdentifier: ROUTER_ID,
    holdTimeSeconds: 90,
  });
});

Deno.test("sessionTtl is 1 to the next hop's AS, 255 within the AS, several hops away and under GTSM", () => {
  assert.deepEqual(sessionTtl(PEER), { ttl: 1, minimumTtl: null });
  assert.deepEqual(sessionTtl({ ...PEER, peerAsn: "internal" }), { ttl: 255, minimumTtl: null });
  assert.deepEqual(sessionTtl({ ...PEER, ebgpMultiHop: true }), { ttl: 255, minimumTtl: null });
  assert.deepEqual(sessionTtl({ ...PEER, ttlSecurity: true }), { ttl: 255, minimumTtl: 255 });
});

Deno.test("isInternal goes by the number this session takes for ours", () => {
  assert.equal(isInternal({ ...PEER, peerAsn: 64512 }), true);
  assert.equal(isInternal({ ...PEER, peerAsn: 64512, localAsn: 65000 }), false);
  assert.equal(isInternal({ ...PEER, peerAsn: "external" }), false);
});

Deno.test("labelsOf names the address or interface with the port, and the VRF", () => {
  assert.deepEqual(labelsOf(PEER), { peer: "192.0.2.1:179", vrf: "default" });
  const other = { ...PEER, address: null, interface: "eth1", vrf: "red" };
  assert.deepEqual(labelsOf(other), { peer: "eth1:179", vrf: "red" });
});
