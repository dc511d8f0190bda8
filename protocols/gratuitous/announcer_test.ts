import assert from "node:assert/strict";
import fc from "fast-check";
import type { Instant } from "../machine.ts";
import type { Ip } from "../net/ip.ts";
import { type Announce, Announcer, type AnnouncerEvent } from "./announcer.ts";

const unhurried = { packetsPerSecond: 1000, burstPackets: 64 };
const v4 = "10.20.30.1" as Ip;
const v6 = "2001:db8::1" as Ip;

interface Sent extends Announce {
  readonly at: number;
}

/** Steps at every deadline up to and including `until`; fails when a deadline makes no progress. */
function run(announcer: Announcer, from: number, until: number): Sent[] {
  const sent: Sent[] = [];
  let now = from;
  for (let at = announcer.deadline; at !== null && at <= until; at = announcer.deadline) {
    now = Math.max(now, at);
    const announcements = announcer.step({ type: "TimerExpired" }, now as Instant);
    assert.ok(announcements.length > 0, `nothing was sent at the deadline ${at}`);
    sent.push(...announcements.map((announce) => ({ ...announce, at: now })));
  }
  return sent;
}

function step(announcer: Announcer, event: AnnouncerEvent, now: number): Sent[] {
  return announcer.step(event, now as Instant).map((announce) => ({ ...announce, at: now }));
}

function set(ip: Ip, iface = "eth0", refreshMs: number | null = null): AnnouncerEvent {
  return { type: "Set", ip, interface: iface, refreshMs };
}

const times = (sent: readonly Sent[]): number[] => sent.map((announce) => announce.at);

Deno.test("Announcer sends the first round with the event and four more 1.1 s apart", () => {
  const announcer = new Announcer(unhurried);
  const sent = [...step(announcer, set(v4), 0), ...run(announcer, 0, 60_000)];
  assert.deepEqual(times(sent), [0, 1100, 2200, 3300, 4400]);
  assert.deepEqual(sent[0], { type: "Announce", ip: v4, interface: "eth0", packets: 2, at: 0 });
  assert.equal(announcer.deadline, null);
});

Deno.test("Announcer counts one packet for an IPv6 round", () => {
  assert.deepEqual(step(new Announcer(unhurried), set(v6), 0).map((announce) => announce.packets), [1]);
});

Deno.test("Announcer does not begin again for an address it knows", () => {
  const announcer = new Announcer(unhurried);
  step(announcer, set(v4), 0);
  assert.deepEqual(step(announcer, set(v4), 500), []);
  assert.deepEqual(times(run(announcer, 500, 60_000)), [1100, 2200, 3300, 4400]);
  assert.deepEqual(step(announcer, set(v4), 9000), []);
  assert.equal(announcer.deadline, null);
});

Deno.test("Announcer keeps one address on two interfaces apart", () => {
  const announcer = new Announcer(unhurried);
  step(announcer, set(v4, "eth0"), 0);
  assert.equal(step(announcer, set(v4, "eth1"), 100).length, 1);
  step(announcer, { type: "Remove", ip: v4, interface: "eth0" }, 200);
  assert.deepEqual(
    run(announcer, 200, 60_000).map((announce) => [announce.interface, announce.at]),
    [["eth1", 1200], ["eth1", 2300], ["eth1", 3400], ["eth1", 4500]],
  );
});

Deno.test("Announcer falls silent about a removed address at once and begins anew when it returns", () => {
  const announcer = new Announcer(unhurried);
  step(announcer, set(v4), 0);
  assert.deepEqual(step(announcer, { type: "Remove", ip: v4, interface: "eth0" }, 1100), []);
  assert.equal(announcer.deadline, null);
  assert.deepEqual(step(announcer, { type: "Remove", ip: v4, interface: "eth0" }, 1200), []);
  assert.equal(step(announcer, set(v4), 1300).length, 1);
});

Deno.test("Announcer restarts one interface only", () => {
  const announcer = new Announcer(unhurried);
  for (const iface of ["eth0", "eth1"]) step(announcer, set(v4, iface), 0);
  run(announcer, 0, 60_000);
  const sent = [
    ...step(announcer, { type: "Restart", interface: "eth1" }, 70_000),
    ...run(announcer, 70_000, 99_000),
  ];
  assert.deepEqual(times(sent), [70_000, 71_100, 72_200, 73_300, 74_400]);
  assert.ok(sent.every((announce) => announce.interface === "eth1"));
  assert.deepEqual(step(announcer, { type: "Restart", interface: "eth9" }, 99_000), []);
});

Deno.test("Announcer forgets a removed interface", () => {
  const announcer = new Announcer(unhurried);
  step(announcer, set(v4), 0);
  step(announcer, set(v6), 0);
  assert.deepEqual(step(announcer, { type: "RemoveInterface", interface: "eth0" }, 1100), []);
  assert.equal(announcer.deadline, null);
  assert.equal(step(announcer, set(v4), 2000).length, 1);
});

Deno.test("Announcer refreshes slowly after the burst", () => {
  const announcer = new Announcer(unhurried);
  step(announcer, set(v4, "eth0", 30_000), 0);
  assert.deepEqual(times(run(announcer, 0, 95_000)), [1100, 2200, 3300, 4400, 34_400, 64_400, 94_400]);
});

Deno.test("Announcer takes up, changes and drops the refresh period without a burst", () => {
  const announcer = new Announcer(unhurried);
  step(announcer, set(v4), 0);
  run(announcer, 0, 4400);
  assert.deepEqual(step(announcer, set(v4, "eth0", 10_000), 5000), []);
  assert.equal(announcer.deadline, 14_400);
  assert.deepEqual(step(announcer, set(v4, "eth0", 20_000), 6000), []);
  assert.equal(announcer.deadline, 24_400);
  assert.deepEqual(step(announcer, set(v4, "eth0", null), 7000), []);
  assert.equal(announcer.deadline, null);
});

Deno.test("Announcer leaves the burst alone when the refresh period changes during it", () => {
  const announcer = new Announcer(unhurried);
  step(announcer, set(v4), 0);
  step(announcer, set(v4, "eth0", 10_000), 500);
  assert.deepEqual(times(run(announcer, 500, 15_000)), [1100, 2200, 3300, 4400, 14_400]);
});

Deno.test("Announcer sends takeovers before repeats, and repeats before refreshes", () => {
  const announcer = new Announcer({ packetsPerSecond: 10, burstPackets: 2 });
  const [old, young, fresh] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"] as [Ip, Ip, Ip];
  step(announcer, set(old, "eth0", 5000), 0);
  run(announcer, 0, 9399);
  // At 9.4 s the refresh of one and a repeat of the other are due; then a third address is taken over.
  step(announcer, set(young), 8300);
  assert.deepEqual(step(announcer, set(fresh), 9400).map((announce) => announce.ip), [fresh]);
  assert.deepEqual(run(announcer, 9400, 9800).map((announce) => announce.ip), [young, old]);
});

Deno.test("Announcer gives a takeover of many addresses in bounded batches, each once before any twice", () => {
  const announcer = new Announcer({ packetsPerSecond: 500, burstPackets: 64 });
  const first: Sent[] = [];
  for (let i = 0; i < 1000; i++) first.push(...step(announcer, set(`10.1.${i >> 8}.${i & 255}` as Ip), 0));
  assert.equal(first.length, 32);
  const sent = [...first, ...run(announcer, 0, 60_000)];
  assert.equal(new Set(sent.slice(0, 1000).map((announce) => announce.ip)).size, 1000);
  assert.equal(sent.length, 5000);
});

Deno.test("Announcer never sends more than a burst in one step, however late it is", () => {
  const announcer = new Announcer({ packetsPerSecond: 500, burstPackets: 64 });
  for (let i = 0; i < 1000; i++) step(announcer, set(`10.1.${i >> 8}.${i & 255}` as Ip), 0);
  assert.equal(step(announcer, { type: "TimerExpired" }, 60_000).length, 32);
  assert.equal(step(announcer, { type: "TimerExpired" }, 60_000).length, 0);
});

const ips = Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? `2001:db8::${i}` : `10.0.0.${i}`) as Ip);
const call = fc.record({
  gapMs: fc.integer({ min: 0, max: 3000 }),
  verb: fc.constantFrom("Set", "Set", "Set", "Remove", "Restart", "RemoveInterface"),
  ip: fc.constantFrom(...ips),
  iface: fc.constantFrom("eth0", "eth1"),
  refreshMs: fc.constantFrom(null, 700, 20_000),
});

function eventOf({ verb, ip, iface, refreshMs }: {
  verb: string;
  ip: Ip;
  iface: string;
  refreshMs: number | null;
}): AnnouncerEvent {
  switch (verb) {
    case "Set":
      return set(ip, iface, refreshMs);
    case "Remove":
      return { type: "Remove", ip, interface: iface };
    case "Restart":
      return { type: "Restart", interface: iface };
    default:
      return { type: "RemoveInterface", interface: iface };
  }
}

Deno.test("Announcer keeps the ceiling and its silence about what is gone, under any events", () => {
  const config = { packetsPerSecond: 20, burstPackets: 6 };
  fc.assert(fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
    const announcer = new Announcer(config);
    const wanted = new Set<string>();
    const sent: Sent[] = [];
    const record = (announcements: readonly Sent[]): void => {
      for (const { ip, interface: iface } of announcements) assert.ok(wanted.has(`${iface} ${ip}`), "gone");
      sent.push(...announcements);
    };
    let now = 0;
    for (const one of calls) {
      record(run(announcer, now, now + one.gapMs));
      now += one.gapMs;
      const event = eventOf(one);
      if (event.type === "Set") wanted.add(`${one.iface} ${one.ip}`);
      if (event.type === "Remove") wanted.delete(`${one.iface} ${one.ip}`);
      if (event.type === "RemoveInterface") { for (const ip of ips) wanted.delete(`${one.iface} ${ip}`); }
      record(step(announcer, event, now));
    }
    record(run(announcer, now, now + 10_000));
    assertCeiling(sent, config);
  }));
});

/** In every window of one second that begins with a packet: no more than the rate and one burst. */
function assertCeiling(
  sent: readonly Sent[],
  config: { packetsPerSecond: number; burstPackets: number },
): void {
  for (let i = 0; i < sent.length; i++) {
    let packets = 0;
    for (let j = i; j < sent.length && sent[j]!.at < sent[i]!.at + 1000; j++) packets += sent[j]!.packets;
    assert.ok(packets <= config.packetsPerSecond + config.burstPackets, `${packets} packets in a second`);
  }
}

Deno.test("Announcer gives every address that is left alone its five rounds, 1.1 s apart at least", () => {
  const rates = fc.record({
    packetsPerSecond: fc.integer({ min: 3, max: 2000 }),
    burstPackets: fc.integer({ min: 1, max: 64 }),
  });
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(rates, gaps, (config, gapsMs) => {
    const announcer = new Announcer(config);
    const sent: Sent[] = [];
    let now = 0;
    gapsMs.forEach((gapMs, i) => {
      sent.push(...run(announcer, now, now + gapMs));
      now += gapMs;
      sent.push(...step(announcer, set((i % 2 === 0 ? `10.0.0.${i}` : `2001:db8::${i}`) as Ip), now));
    });
    sent.push(...run(announcer, now, now + 600_000));
    const byIp = Map.groupBy(sent, (announce) => announce.ip);
    assert.equal(byIp.size, gapsMs.length);
    for (const rounds of byIp.values()) {
      assert.equal(rounds.length, 5);
      for (let i = 1; i < 5; i++) assert.ok(rounds[i]!.at - rounds[i - 1]!.at >= 1100 - 1e-6);
    }
  }));
});
