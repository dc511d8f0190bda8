import assert from "node:assert/strict";
import type { Link, LinkAddress } from "../../ffi/netlink_message.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Mac } from "../../protocols/net/mac.ts";
import { type Interface, InterfaceTable } from "./interface_table.ts";

const MAC = "02:00:00:00:00:01" as Mac;

function link(change: Partial<Link> = {}): Link {
  return {
    index: 2,
    name: "eth0",
    mac: MAC,
    up: true,
    running: true,
    broadcast: true,
    loopback: false,
    noArp: false,
    master: null,
    ...change,
  };
}

function address(ip: string, change: Partial<LinkAddress> = {}): LinkAddress {
  return { index: 2, ip: ip as Ip, prefixLength: 64, scopeLink: true, tentative: false, flags: 0, ...change };
}

function only(table: InterfaceTable): Interface {
  const [found, ...others] = table.interfaces().values();
  assert(found !== undefined && others.length === 0);
  return found;
}

Deno.test("InterfaceTable lets a broadcast interface with a link-local address speak ARP and NDP", () => {
  const table = new InterfaceTable(null);
  table.setLink(link());
  table.setAddress(address("fe80::1"));
  assert.deepEqual(only(table), {
    index: 2,
    name: "eth0",
    mac: MAC,
    up: true,
    carrier: true,
    arp: true,
    ndp: true,
  });
});

const SILENT: readonly [why: string, change: Partial<Link>][] = [
  ["it is down", { up: false }],
  ["it is a port of a bridge", { master: 7 }],
  ["ARP is disabled on it", { noArp: true }],
  ["it has no Ethernet address", { mac: null }],
];
for (const [why, change] of SILENT) {
  Deno.test(`InterfaceTable keeps an interface silent when ${why}`, () => {
    const table = new InterfaceTable(null);
    table.setLink(link(change));
    table.setAddress(address("fe80::1"));
    const { arp, ndp } = only(table);
    assert.deepEqual({ arp, ndp }, { arp: false, ndp: false });
  });
}

Deno.test("InterfaceTable needs broadcast for ARP only", () => {
  const table = new InterfaceTable(null);
  table.setLink(link({ broadcast: false }));
  table.setAddress(address("fe80::1"));
  assert.deepEqual([only(table).arp, only(table).ndp], [false, true]);
});

Deno.test("InterfaceTable waits for duplicate address detection before NDP", () => {
  const table = new InterfaceTable(null);
  table.setLink(link());
  table.setAddress(address("fe80::1", { tentative: true }));
  assert.equal(only(table).ndp, false);
  table.setAddress(address("fe80::1"));
  assert.equal(only(table).ndp, true);
  table.removeAddress(address("fe80::1"));
  assert.equal(only(table).ndp, false);
});

Deno.test("InterfaceTable ignores addresses that are not link-local", () => {
  const table = new InterfaceTable(null);
  table.setLink(link());
  table.setAddress(address("2001:db8::1"));
  table.setAddress(address("169.254.1.1"));
  assert.equal(only(table).ndp, false);
});

Deno.test("InterfaceTable falls back to another link-local address when the first goes", () => {
  const table = new InterfaceTable(null);
  table.setLink(link());
  table.setAddress(address("fe80::1"));
  table.setAddress(address("fe80::2"));
  table.removeAddress(address("fe80::1"));
  assert.equal(only(table).ndp, true);
});

Deno.test("InterfaceTable leaves out what is excluded by name, wherever the pattern matches", () => {
  const table = new InterfaceTable("(^veth.*)|(^lo$)");
  table.setLink(link({ index: 1, name: "lo" }));
  table.setLink(link({ index: 2, name: "veth12" }));
  table.setLink(link({ index: 3, name: "eth0" }));
  assert.deepEqual([...table.interfaces().keys()], [3]);
});

Deno.test("InterfaceTable forgets a link with its addresses, and everything on clear", () => {
  const table = new InterfaceTable(null);
  table.setLink(link());
  table.setAddress(address("fe80::1"));
  table.removeLink(2);
  assert.equal(table.interfaces().size, 0);
  table.setLink(link());
  assert.equal(only(table).ndp, false);
  table.clear();
  assert.equal(table.interfaces().size, 0);
});
