import assert from "node:assert/strict";
import type { Ip } from "../../../protocols/net/ip.ts";
import { PLAIN_PEER } from "../../config/config_fixture.ts";
import type { PeerSettings } from "../messages.ts";
import { connectOptions } from "./transport.ts";

const { nodes: _, ...PLAIN } = PLAIN_PEER;
const PEER: PeerSettings = { ...PLAIN, password: null };
const TARGET = { ip: "10.0.0.1" as Ip };

Deno.test("connectOptions asks for no more than the peer does", () => {
  assert.deepEqual(connectOptions(PEER, TARGET), {
    remote: { ip: "10.0.0.1", port: 179 },
    ttl: 1,
    trafficClass: 0xc0,
  });
});

Deno.test("connectOptions has each setting of the peer where the kernel wants it", () => {
  const password = new TextEncoder().encode("s3cret");
  const whole = {
    ...PEER,
    port: 1179,
    sourceAddress: "10.0.0.9" as Ip,
    vrf: "red",
    password,
    ttlSecurity: true,
  };
  assert.deepEqual(connectOptions(whole, TARGET), {
    remote: { ip: "10.0.0.1", port: 1179 },
    ttl: 255,
    trafficClass: 0xc0,
    minimumTtl: 255,
    local: { ip: "10.0.0.9", port: 0 },
    interface: "red",
    md5Key: password,
  });
});

Deno.test("connectOptions dials a link-local peer on its interface, whatever the VRF", () => {
  const target = { ip: "fe80::1" as Ip, scopeId: 7 };
  const { remote, interface: device } = connectOptions({
    ...PEER,
    address: null,
    interface: "eth1",
    vrf: "red",
  }, target);
  assert.deepEqual([remote, device], [{ ...target, port: 179 }, "eth1"]);
});
