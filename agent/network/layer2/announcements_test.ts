import assert from "node:assert/strict";
import type { Ip } from "../../../protocols/net/ip.ts";
import type { Mac } from "../../../protocols/net/mac.ts";
import type { Layer2Announcement } from "../../plan/desired.ts";
import { Announcements } from "./announcements.ts";

const V4 = "192.0.2.1" as Ip;
const V6 = "2001:db8::1" as Ip;

function announcement(ip: Ip, interfaces: readonly string[] | null): Layer2Announcement {
  return { ip, interfaces, refreshMs: null, services: ["default/a"] };
}

Deno.test("Announcements answers on every interface when none is named", () => {
  const announcements = new Announcements();
  announcements.set(announcement(V4, null));
  assert.equal(announcements.tableFor("eth0").answersFor(V4), "yes");
  assert.equal(announcements.tableFor("eth9").answersFor(V4), "yes");
  assert.equal(announcements.tableFor("eth0").answersFor(V6), "not-announced");
});

Deno.test("Announcements answers only on the named interfaces, and a table follows later changes", () => {
  const announcements = new Announcements();
  const [eth0, eth1] = [announcements.tableFor("eth0"), announcements.tableFor("eth1")];
  announcements.set(announcement(V4, ["eth0"]));
  assert.deepEqual([eth0.answersFor(V4), eth1.answersFor(V4)], ["yes", "other-interface"]);
  announcements.set(announcement(V4, ["eth1"]));
  assert.deepEqual([eth0.answersFor(V4), eth1.answersFor(V4)], ["other-interface", "yes"]);
  announcements.remove(V4);
  assert.deepEqual([eth0.answersFor(V4), eth1.answersFor(V4)], ["not-announced", "not-announced"]);
});

Deno.test("Announcements lists one family on one interface", () => {
  const announcements = new Announcements();
  announcements.set(announcement(V4, ["eth0"]));
  announcements.set(announcement(V6, null));
  assert.deepEqual(announcements.on("eth0", "ipv4").map((one) => one.ip), [V4]);
  assert.deepEqual(announcements.on("eth1", "ipv4"), []);
  assert.deepEqual(announcements.on("eth1", "ipv6").map((one) => one.ip), [V6]);
});

Deno.test("Announcements knows this node's own addresses", () => {
  const announcements = new Announcements();
  const table = announcements.tableFor("eth0");
  const mac = "02:00:00:00:00:01" as Mac;
  assert.equal(table.isOwnMac(mac), false);
  announcements.setOwnMacs(new Set([mac]));
  assert.equal(table.isOwnMac(mac), true);
});
