import assert from "node:assert/strict";
import type { Link, LinkAddress } from "../../ffi/netlink_message.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { HostAddresses } from "./host_addresses.ts";

function link(index: number, name: string, changes: Partial<Link> = {}): Link {
  return {
    index,
    name,
    mac: null,
    up: true,
    running: true,
    broadcast: true,
    loopback: false,
    noArp: false,
    master: null,
    ...changes,
  };
}

function address(
  index: number,
  ip: string,
  prefixLength: number,
  changes: Partial<LinkAddress> = {},
): LinkAddress {
  return { index, ip: ip as Ip, prefixLength, scopeLink: false, tentative: false, flags: 0, ...changes };
}

function host(): HostAddresses {
  const addresses = new HostAddresses();
  addresses.setLink(link(1, "lo", { loopback: true }));
  addresses.setLink(link(2, "kube-ipvs0", { up: false }));
  addresses.setLink(link(3, "eth0"));
  addresses.setAddress(address(1, "127.0.0.1", 8));
  addresses.setAddress(address(2, "198.51.100.1", 32));
  addresses.setAddress(address(3, "192.0.2.11", 24));
  addresses.setAddress(address(3, "fe80::11", 64, { scopeLink: true }));
  addresses.setAddress(address(3, "2001:db8::11", 64));
  return addresses;
}

Deno.test("firstIpv4 is an address with a network around it, not loopback's nor a Service's", () => {
  assert.equal(host().firstIpv4(), "192.0.2.11");
});

Deno.test("firstIpv4 takes a host address where there is nothing else, and null where there is nothing", () => {
  const addresses = host();
  addresses.removeAddress(address(3, "192.0.2.11", 24));
  assert.equal(addresses.firstIpv4(), "198.51.100.1");
  addresses.removeAddress(address(2, "198.51.100.1", 32));
  assert.equal(addresses.firstIpv4(), null);
});

Deno.test("globalOn and linkLocalOn tell addresses apart by how far they are valid", () => {
  const addresses = host();
  assert.equal(addresses.globalOn("eth0", "ipv4"), "192.0.2.11");
  assert.equal(addresses.globalOn("eth0", "ipv6"), "2001:db8::11");
  assert.equal(addresses.linkLocalOn("eth0"), "fe80::11");
  assert.equal(addresses.globalOn("lo", "ipv4"), null);
});

Deno.test("a tentative address is nobody's yet", () => {
  const addresses = host();
  addresses.setAddress(address(3, "2001:db8::11", 64, { tentative: true }));
  assert.equal(addresses.globalOn("eth0", "ipv6"), null);
});

Deno.test("isOnLink goes by the networks of the interfaces, and link-local is always there", () => {
  const addresses = host();
  assert.equal(addresses.isOnLink("192.0.2.200" as Ip), true);
  assert.equal(addresses.isOnLink("192.0.3.1" as Ip), false);
  assert.equal(addresses.isOnLink("fe80::99" as Ip), true);
});

Deno.test("an interface that is renamed, loses its carrier or goes is known so", () => {
  const addresses = host();
  addresses.setLink(link(3, "uplink"));
  assert.equal(addresses.indexOf("eth0"), null);
  assert.equal(addresses.interfaceHolding("192.0.2.11" as Ip, null), "uplink");
  addresses.setLink(link(3, "uplink", { running: false }));
  assert.equal(addresses.runningLink("uplink"), null);
  addresses.removeLink(3);
  assert.equal(addresses.interfaceHolding("192.0.2.11" as Ip, null), null);
  assert.equal(addresses.indexOf("uplink"), null);
});

Deno.test("interfaceHolding finds an address that several VRFs have in the one that is meant", () => {
  const addresses = host();
  addresses.setLink(link(4, "red"));
  addresses.setLink(link(5, "eth1", { master: 4 }));
  addresses.setAddress(address(5, "192.0.2.11", 24));
  addresses.setAddress(address(4, "203.0.113.1", 32));
  const holding = (ip: string, vrf: string | null) => addresses.interfaceHolding(ip as Ip, vrf);
  assert.equal(holding("192.0.2.11", null), "eth0");
  assert.equal(holding("192.0.2.11", "red"), "eth1");
  assert.equal(holding("203.0.113.1", "red"), "red");
  // A bridge's port, and a VRF that is not there: where it is after all.
  assert.equal(holding("203.0.113.1", "blue"), "red");
});
