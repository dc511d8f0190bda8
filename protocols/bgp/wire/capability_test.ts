import assert from "node:assert/strict";
import { type Capability, decodeCapabilities, encodeCapabilities } from "./capability.ts";

const capabilities: readonly [what: string, capability: Capability, octets: readonly number[]][] = [
  ["multiprotocol", { type: "Multiprotocol", afi: 2, safi: 1 }, [1, 4, 0x00, 0x02, 0, 1]],
  ["multiprotocol of a foreign family", { type: "Multiprotocol", afi: 16388, safi: 71 }, [
    1,
    4,
    0x40,
    4,
    0,
    71,
  ]],
  ["route refresh", { type: "RouteRefresh" }, [2, 0]],
  ["extended next hop", {
    type: "ExtendedNextHop",
    tuples: [{ afi: 1, safi: 1, nextHopAfi: 2 }, { afi: 1, safi: 128, nextHopAfi: 2 }],
  }, [5, 12, ...[0, 1, 0, 1, 0, 2], ...[0, 1, 0, 128, 0, 2]]],
  ["extended message", { type: "ExtendedMessage" }, [6, 0]],
  ["role", { type: "Role", role: 3 }, [9, 1, 3]],
  ["graceful restart", {
    type: "GracefulRestart",
    restarting: true,
    notification: true,
    restartTimeSeconds: 120,
    families: [{ afi: 1, safi: 1, forwardingPreserved: true }, {
      afi: 2,
      safi: 1,
      forwardingPreserved: false,
    }],
  }, [64, 10, 0xc0, 0x78, ...[0, 1, 1, 0x80], ...[0, 2, 1, 0]]],
  ["graceful restart without families", {
    type: "GracefulRestart",
    restarting: false,
    notification: false,
    restartTimeSeconds: 4095,
    families: [],
  }, [64, 2, 0x0f, 0xff]],
  ["four-octet AS number", { type: "FourOctetAsn", asn: 4294967295 }, [65, 4, 0xff, 0xff, 0xff, 0xff]],
  ["enhanced route refresh", { type: "EnhancedRouteRefresh" }, [70, 0]],
  ["host name", { type: "Fqdn", hostName: "nöde", domainName: "a.b" }, [
    ...[73, 10],
    ...[5, 0x6e, 0xc3, 0xb6, 0x64, 0x65],
    ...[3, 0x61, 0x2e, 0x62],
  ]],
  ["an unknown one", { type: "Unknown", code: 200, octets: Uint8Array.of(1, 2) }, [200, 2, 1, 2]],
];
for (const [what, capability, octets] of capabilities) {
  Deno.test(`decodeCapabilities() reads ${what}`, () => {
    assert.deepEqual(decodeCapabilities(Uint8Array.from(octets)), [capability]);
  });

  Deno.test(`encodeCapabilities() writes ${what}`, () => {
    assert.deepEqual(encodeCapabilities([capability]), octets);
  });
}

Deno.test("decodeCapabilities() ignores reserved bits", () => {
  const octets = Uint8Array.of(64, 6, 0x30, 0x78, 0, 1, 1, 0x7f);
  assert.deepEqual(decodeCapabilities(octets), [{
    type: "GracefulRestart",
    restarting: false,
    notification: false,
    restartTimeSeconds: 120,
    families: [{ afi: 1, safi: 1, forwardingPreserved: false }],
  }]);
});

Deno.test("decodeCapabilities() carries a host name raw when it is not two texts", () => {
  for (const value of [[], [1], [1, 0x61], [1, 0xff, 0], [1, 0x61, 0, 0]]) {
    assert.deepEqual(decodeCapabilities(Uint8Array.from([73, value.length, ...value])), [
      { type: "Unknown", code: 73, octets: Uint8Array.from(value) },
    ]);
  }
});

const malformed: readonly (readonly number[])[] = [
  [1, 3, 0, 1, 0],
  [1, 5, 0, 1, 0, 1, 0],
  [2, 1, 0],
  [5, 5, 0, 1, 0, 1, 0],
  [6, 1, 0],
  [9, 0],
  [9, 2, 0, 0],
  [64, 1, 0],
  [64, 5, 0, 0, 0, 1, 1],
  [65, 2, 0xfd, 0xe9],
  [70, 1, 0],
  [200, 1],
  [200],
];
for (const octets of malformed) {
  Deno.test(`decodeCapabilities() refuses ${octets.join(" ")}`, () => {
    assert.equal(decodeCapabilities(Uint8Array.from(octets)), null);
  });
}
