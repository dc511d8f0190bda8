import assert from "node:assert/strict";
import type { Ip } from "../../../protocols/net/ip.ts";
import { nextHopsOf, sameNextHops } from "./next_hops.ts";

const V4 = "192.0.2.11" as Ip;
const V6 = "2001:db8::11" as Ip;
const LINK_LOCAL = "fe80::11" as Ip;

function only(address: Ip): { readonly address: Ip; readonly linkLocal: null } {
  return { address, linkLocal: null };
}

Deno.test("an IPv4 session gives its own address, and the interface's for IPv6", () => {
  const hops = nextHopsOf({ local: V4, ipv4: V4, ipv6: V6 }, false);
  assert.deepEqual(hops, { "ipv4-unicast": only(V4), "ipv6-unicast": only(V6) });
});

Deno.test("an IPv4 session on an interface without IPv6 has nothing to offer for IPv6", () => {
  assert.equal(nextHopsOf({ local: V4, ipv4: V4, ipv6: null }, true)["ipv6-unicast"], null);
});

Deno.test("an IPv6 session gives the interface's IPv4 address where there is one, whatever was agreed", () => {
  for (const extended of [false, true]) {
    const hops = nextHopsOf({ local: V6, ipv4: V4, ipv6: V6 }, extended);
    assert.deepEqual(hops, { "ipv4-unicast": only(V4), "ipv6-unicast": only(V6) });
  }
});

Deno.test("an IPv6 session without IPv4 gives its own address for both where RFC 8950 was agreed, else none", () => {
  const addresses = { local: V6, ipv4: null, ipv6: V6 };
  assert.deepEqual(nextHopsOf(addresses, true)["ipv4-unicast"], only(V6));
  assert.equal(nextHopsOf(addresses, false)["ipv4-unicast"], null);
});

Deno.test("a link-local session gives a global address with its own beside it, and prefers RFC 8950 to IPv4", () => {
  const both = { address: V6, linkLocal: LINK_LOCAL };
  const hops = nextHopsOf({ local: LINK_LOCAL, ipv4: V4, ipv6: V6 }, true);
  assert.deepEqual(hops, { "ipv4-unicast": both, "ipv6-unicast": both });
  const bare = nextHopsOf({ local: LINK_LOCAL, ipv4: null, ipv6: null }, true);
  assert.deepEqual(bare, { "ipv4-unicast": only(LINK_LOCAL), "ipv6-unicast": only(LINK_LOCAL) });
});

Deno.test("sameNextHops sees a family that came, and a link-local address that changed", () => {
  const before = nextHopsOf({ local: V4, ipv4: V4, ipv6: null }, false);
  assert.ok(sameNextHops(before, nextHopsOf({ local: V4, ipv4: V4, ipv6: null }, false)));
  assert.ok(!sameNextHops(before, nextHopsOf({ local: V4, ipv4: V4, ipv6: V6 }, false)));
  const one = nextHopsOf({ local: LINK_LOCAL, ipv4: null, ipv6: V6 }, true);
  assert.ok(!sameNextHops(one, nextHopsOf({ local: "fe80::12" as Ip, ipv4: null, ipv6: V6 }, true)));
});
