import assert from "node:assert/strict";
import type { Ip } from "../net/ip.ts";
import { negotiate, type Negotiated, openMessage, withheldAfter } from "./negotiation.ts";
import { DEFAULT_PEER, type PeerConfig } from "./peer_config.ts";
import type { Capability } from "./wire/capability.ts";
import type { BgpError } from "./wire/error.ts";
import type { OpenMessage } from "./wire/open.ts";

const config: PeerConfig = {
  ...DEFAULT_PEER,
  localAsn: 4_200_000_001,
  remoteAsn: 65002,
  bgpIdentifier: "10.0.0.1" as Ip,
};
const IPV4: Capability = { type: "Multiprotocol", afi: 1, safi: 1 };
const IPV6: Capability = { type: "Multiprotocol", afi: 2, safi: 1 };

function theirOpen(capabilities: readonly Capability[], rest: Partial<OpenMessage> = {}): OpenMessage {
  return {
    type: "Open",
    asn: 65002,
    holdTimeSeconds: 180,
    bgpIdentifier: "10.0.0.2" as Ip,
    capabilities,
    ...rest,
  };
}

function agreed(received: OpenMessage, ours: PeerConfig = config): Negotiated {
  const result = negotiate(ours, openMessage(ours, [], false), received);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function refused(received: OpenMessage, ours: PeerConfig = config): BgpError {
  const result = negotiate(ours, openMessage(ours, [], false), received);
  assert.ok(!result.ok);
  return result.error;
}

function refusal(subcode: number, ...data: number[]): Parameters<typeof withheldAfter>[1] {
  return { type: "Notification", code: 2, subcode, data: Uint8Array.from(data) };
}

Deno.test("openMessage() offers all it can in ascending order of code", () => {
  const ours = { ...config, extendedNextHop: true, restartTimeSeconds: 120 };
  const open = openMessage(ours, [], true);
  assert.deepEqual(open.capabilities.map(({ type }) => type), [
    "Multiprotocol",
    "Multiprotocol",
    "RouteRefresh",
    "ExtendedNextHop",
    "ExtendedMessage",
    "GracefulRestart",
    "FourOctetAsn",
    "EnhancedRouteRefresh",
  ]);
  const restart = open.capabilities.find((capability) => capability.type === "GracefulRestart");
  assert.equal(restart?.restarting, true);
  assert.deepEqual([open.asn, open.holdTimeSeconds, open.bgpIdentifier], [4_200_000_001, 90, "10.0.0.1"]);
});

Deno.test("openMessage() offers restart and IPv6 next hops only where configured", () => {
  const types = openMessage({ ...config, families: ["ipv6-unicast"], extendedNextHop: true }, [], false)
    .capabilities.map(({ type }) => type);
  assert.ok(!types.includes("GracefulRestart") && !types.includes("ExtendedNextHop"));
});

Deno.test("negotiate() takes a peer without capabilities for IPv4 with two-octet AS numbers", () => {
  assert.deepEqual(agreed(theirOpen([])), {
    peerAsn: 65002,
    peerBgpIdentifier: "10.0.0.2",
    holdTimeMs: 90_000,
    keepaliveMs: 30_000,
    wire: {
      peerType: "external",
      fourOctetAsn: false,
      families: ["ipv4-unicast"],
      extendedNextHop: false,
      maxMessageOctets: 4096,
    },
    routeRefresh: false,
    enhancedRouteRefresh: false,
    gracefulRestart: null,
  });
});

Deno.test("negotiate() agrees on what both offered", () => {
  const tuple = { afi: 1, safi: 1, nextHopAfi: 2 };
  const value = agreed(
    theirOpen([
      IPV4,
      IPV6,
      { type: "Unknown", code: 200, octets: new Uint8Array(3) },
      { type: "ExtendedNextHop", tuples: [tuple] },
      { type: "ExtendedMessage" },
      { type: "FourOctetAsn", asn: 65002 },
      { type: "FourOctetAsn", asn: 65002 },
      { type: "RouteRefresh" },
      { type: "EnhancedRouteRefresh" },
      { type: "Role", role: 3 },
    ]),
    { ...config, extendedNextHop: true },
  );
  assert.deepEqual(value.wire, {
    peerType: "external",
    fourOctetAsn: true,
    families: ["ipv4-unicast", "ipv6-unicast"],
    extendedNextHop: true,
    maxMessageOctets: 65535,
  });
  assert.ok(value.routeRefresh && value.enhancedRouteRefresh);
});

Deno.test("negotiate() takes the smaller hold time and a third of it, or an oftener keepalive", () => {
  const times = (theirs: number, ours: Partial<PeerConfig>): readonly number[] => {
    const value = agreed(theirOpen([], { holdTimeSeconds: theirs }), { ...config, ...ours });
    return [value.holdTimeMs, value.keepaliveMs];
  };
  assert.deepEqual(times(9, {}), [9000, 3000]);
  assert.deepEqual(times(0, {}), [0, 0]);
  assert.deepEqual(times(180, { holdTimeSeconds: 0 }), [0, 0]);
  assert.deepEqual(times(180, { keepaliveTimeSeconds: 5 }), [90_000, 5000]);
  assert.deepEqual(times(9, { keepaliveTimeSeconds: 30 }), [9000, 3000]);
});

Deno.test("negotiate() keeps the AS rule, dynamic ones included", () => {
  const own = 65001;
  const rows = [
    [65002, 65002, true],
    [65002, 65003, false],
    ["external", 65003, true],
    ["external", own, false],
    ["internal", own, true],
    ["internal", 65002, false],
  ] as const;
  for (const [remoteAsn, asn, accepted] of rows) {
    const ours = { ...config, localAsn: own, remoteAsn };
    const result = negotiate(ours, openMessage(ours, [], false), theirOpen([], { asn }));
    assert.equal(result.ok, accepted, `${remoteAsn} ${asn}`);
    if (result.ok) assert.equal(result.value.wire.peerType, asn === own ? "internal" : "external");
    else assert.deepEqual([result.error.code, result.error.subcode], [2, 2]);
  }
});

Deno.test("negotiate() refuses our own identifier from an internal peer alone, RFC 6286 2.1", () => {
  const open = theirOpen([], { bgpIdentifier: config.bgpIdentifier });
  assert.equal(agreed(open).peerBgpIdentifier, "10.0.0.1");
  const internal = { ...config, localAsn: 65002 };
  assert.equal(refused(open, internal).subcode, 3);
});

Deno.test("negotiate() refuses a peer that shares no family, and names what it missed", () => {
  const ipv4Only: PeerConfig = { ...config, families: ["ipv4-unicast"] };
  const error = refused(theirOpen([IPV6]), ipv4Only);
  assert.deepEqual([error.code, error.subcode, [...error.data]], [2, 7, [1, 4, 0, 1, 0, 1]]);
  const ipv6Only: PeerConfig = { ...config, families: ["ipv6-unicast"] };
  assert.deepEqual([...refused(theirOpen([]), ipv6Only).data], [1, 4, 0, 2, 0, 1]);
});

Deno.test("withheldAfter() drops the parameter a peer refuses, and offers it again when it is missed", () => {
  assert.equal(withheldAfter([], refusal(4)), "all");
  assert.deepEqual(openMessage(config, "all", false).capabilities, []);
  assert.deepEqual(withheldAfter("all", refusal(7, 1, 4, 0, 1, 0, 1)), []);
});

Deno.test("withheldAfter() leaves out the capabilities a peer names, never its families", () => {
  assert.deepEqual(withheldAfter([], refusal(7, 70, 0, 1, 4, 0, 2, 0, 1)), [70]);
  assert.deepEqual(withheldAfter([70], refusal(7, 6, 0, 70, 0)), [70, 6]);
  assert.deepEqual(withheldAfter([], refusal(7, 1, 4, 0, 2, 0, 1)), []);
  assert.deepEqual(withheldAfter([], refusal(7, 65, 4, 0)), [65]);
  assert.equal(withheldAfter([], refusal(7)), "all");
  const types = openMessage(config, [70, 6], false).capabilities.map(({ type }) => type);
  assert.deepEqual(types, ["Multiprotocol", "Multiprotocol", "RouteRefresh", "FourOctetAsn"]);
});

Deno.test("withheldAfter() learns nothing from other notifications", () => {
  const withheld = [70];
  for (const notification of [refusal(2), { ...refusal(4), code: 6 }]) {
    assert.equal(withheldAfter(withheld, notification), withheld);
  }
});
