import assert from "node:assert/strict";
import fc from "fast-check";
import type { Ip } from "../net/ip.ts";
import type { Prefix } from "../net/prefix.ts";
import { AdjRibOut, type RibSession } from "./adj_rib_out.ts";
import { type AttributeSet, attributeSet } from "./attribute_set.ts";
import type { Community } from "./wire/communities.ts";
import { Framer } from "./wire/framer.ts";
import { type BgpMessage, decodeMessage } from "./wire/message.ts";
import type { BgpFamily } from "./wire/registry.ts";

const session: RibSession = {
  localAsn: 65001,
  wire: {
    peerType: "external",
    fourOctetAsn: true,
    families: ["ipv4-unicast", "ipv6-unicast"],
    extendedNextHop: false,
    maxMessageOctets: 4096,
  },
  nextHops: {
    "ipv4-unicast": { address: "192.0.2.1" as Ip, linkLocal: null },
    "ipv6-unicast": { address: "2001:db8::1" as Ip, linkLocal: null },
  },
  enhancedRouteRefresh: true,
};
const PLAIN = attributeSet(100);
const TAGGED = attributeSet(100, ["65000:1" as Community]);

const v4 = (i: number): Prefix => `10.${i >> 16}.${i >> 8 & 255}.${i & 255}/32` as Prefix;
const v6 = (i: number): Prefix => `2001:db8::${(i + 1).toString(16)}/128` as Prefix;

function opened(over: Partial<RibSession> = {}): AdjRibOut {
  const rib = new AdjRibOut();
  rib.setSession({ ...session, ...over });
  return rib;
}

/** Everything the table has to say, in pieces of so many octets. */
function drain(rib: AdjRibOut, maxOctets: number = 65536): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let chunk = rib.take(maxOctets); chunk !== null; chunk = rib.take(maxOctets)) chunks.push(chunk);
  assert.ok(!rib.hasOutput && rib.pendingCount === 0);
  return chunks;
}

function framed(chunks: readonly Uint8Array[], max = 4096): Uint8Array[] {
  const framer = new Framer(max);
  return chunks.flatMap((chunk) => {
    const { messages, error } = framer.write(chunk);
    assert.equal(error, null);
    return messages.map((message) => message.slice());
  });
}

function decoded(chunks: readonly Uint8Array[], over: Partial<RibSession["wire"]> = {}): BgpMessage[] {
  const wire = { ...session.wire, ...over };
  return framed(chunks, wire.maxMessageOctets).map((message) => {
    const result = decodeMessage(message, wire);
    assert.ok(result.ok, JSON.stringify(result));
    return result.value;
  });
}

/** One word a message: "+3 v4", "-1 v6", "eor v4", "borr v4", "eorr v4". */
function brief(messages: readonly BgpMessage[]): string[] {
  const short = (family: BgpFamily): string => family === "ipv4-unicast" ? "v4" : "v6";
  return messages.map((message) => {
    if (message.type === "RouteRefresh") {
      return `${["request", "borr", "eorr"][message.subtype]} ${message.afi === 1 ? "v4" : "v6"}`;
    }
    assert.ok(message.type === "Update");
    if (message.endOfRib !== null) return `eor ${short(message.endOfRib)}`;
    assert.ok(message.announced.length + message.withdrawn.length === 1, "one section, one family");
    const [up, down] = [message.announced[0], message.withdrawn[0]];
    return up !== undefined
      ? `+${up.prefixes.length} ${short(up.family)}`
      : `-${down!.prefixes.length} ${short(down!.family)}`;
  });
}

/** What a peer believes after these messages. */
function believe(table: Map<Prefix, string>, messages: readonly BgpMessage[]): Map<Prefix, string> {
  for (const message of messages) {
    if (message.type !== "Update") continue;
    for (const { prefixes } of message.withdrawn) for (const prefix of prefixes) table.delete(prefix);
    for (const { prefixes } of message.announced) {
      for (const prefix of prefixes) table.set(prefix, (message.attributes.communities ?? []).join(" "));
    }
  }
  return table;
}

Deno.test("AdjRibOut says nothing without a session and all of it in one", () => {
  const rib = new AdjRibOut();
  rib.announce(v4(1), PLAIN);
  rib.announce(v6(1), PLAIN);
  assert.equal(rib.take(65536), null);
  assert.equal(rib.hasOutput, false);
  rib.setSession(session);
  assert.deepEqual(brief(decoded(drain(rib))), ["+1 v4", "eor v4", "+1 v6", "eor v6"]);
  assert.deepEqual([rib.sentCount("ipv4-unicast"), rib.sentCount("ipv6-unicast")], [1, 1]);
});

Deno.test("AdjRibOut sends End-of-RIB for every agreed family, routes or not", () => {
  assert.deepEqual(brief(decoded(drain(opened()))), ["eor v4", "eor v6"]);
});

Deno.test("AdjRibOut writes the attributes of the peer's type and the next hop of the family", () => {
  const rib = opened();
  rib.announce(v4(1), TAGGED);
  rib.announce(v6(1), TAGGED);
  const [ipv4, , ipv6] = decoded(drain(rib));
  assert.ok(ipv4?.type === "Update" && ipv6?.type === "Update");
  assert.deepEqual(ipv4.attributes, { origin: "igp", asPath: [65001], communities: ["65000:1"] });
  assert.equal(ipv4.announced[0]?.nextHop.address, "192.0.2.1");
  assert.equal(ipv6.announced[0]?.nextHop.address, "2001:db8::1");
  const internal = opened({ wire: { ...session.wire, peerType: "internal" } });
  internal.announce(v4(1), PLAIN);
  const [update] = decoded(drain(internal), { peerType: "internal" });
  assert.ok(update?.type === "Update");
  assert.deepEqual(update.attributes, { origin: "igp", asPath: [], localPref: 100 });
});

Deno.test("AdjRibOut says AS_TRANS and AS4_PATH to a peer of two-octet AS numbers", () => {
  const rib = opened({ localAsn: 4_200_000_001, wire: { ...session.wire, fourOctetAsn: false } });
  rib.announce(v4(1), PLAIN);
  const chunks = drain(rib);
  const octets = [...framed(chunks)[0]!].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  assert.ok(octets.includes("40020402015ba0"), "AS_PATH 23456");
  assert.ok(octets.includes("c011060201fa56ea01"), "AS4_PATH 4200000001");
});

Deno.test("AdjRibOut gives IPv4 routes an IPv6 next hop where that was agreed, RFC 8950", () => {
  const wire = { ...session.wire, extendedNextHop: true };
  const nextHops = { ...session.nextHops, "ipv4-unicast": { address: "2001:db8::1" as Ip, linkLocal: null } };
  const rib = opened({ wire, nextHops });
  rib.announce(v4(1), PLAIN);
  const [update] = decoded(drain(rib), { extendedNextHop: true });
  assert.ok(update?.type === "Update");
  assert.deepEqual(update.announced[0]?.nextHop.address, "2001:db8::1");
  const unable = opened({ nextHops });
  unable.announce(v4(1), PLAIN);
  assert.deepEqual(brief(decoded(drain(unable))), ["eor v4", "eor v6"]);
});

Deno.test("AdjRibOut keeps back families that were not agreed or have no next hop", () => {
  const wire = { ...session.wire, families: ["ipv6-unicast"] as const };
  const rib = opened({ wire });
  rib.announce(v4(1), PLAIN);
  assert.deepEqual(brief(decoded(drain(rib), wire)), ["eor v6"]);
  const hopless = opened({ nextHops: { ...session.nextHops, "ipv6-unicast": null } });
  hopless.announce(v6(1), PLAIN);
  assert.deepEqual(brief(decoded(drain(hopless))), ["eor v4", "eor v6"]);
});

Deno.test("AdjRibOut packs ten thousand announcements and five thousand withdrawals into full messages", () => {
  const rib = opened();
  drain(rib);
  for (let i = 0; i < 10_000; i++) rib.announce(v4(i), PLAIN);
  const announced = framed(drain(rib));
  // 23 octets around the fields, 20 of attributes: 810 prefixes of 5 octets a message.
  assert.equal(announced.length, Math.ceil(10_000 / 810));
  assert.ok(announced.slice(0, -1).every((message) => message.length > 4090));
  for (let i = 0; i < 5000; i++) rib.withdraw(v4(2 * i));
  assert.equal(framed(drain(rib)).length, Math.ceil(5000 / 814));
  assert.equal(rib.sentCount("ipv4-unicast"), 5000);
  for (let i = 0; i < 1000; i++) rib.announce(v6(i), PLAIN);
  const messages = framed(drain(rib));
  assert.equal(messages.length, 5);
  assert.ok(messages.every((message) => message.length <= 4096));
});

Deno.test("AdjRibOut fills extended messages where both sides offered them", () => {
  const rib = opened({ wire: { ...session.wire, maxMessageOctets: 65535 } });
  for (let i = 0; i < 100_000; i++) rib.announce(v4(i), PLAIN);
  assert.equal(framed(drain(rib, 1 << 20), 65535).length, 8 + 2);
});

Deno.test("take() keeps to whole messages within its room, and gives one in any case", () => {
  const rib = opened();
  for (let i = 0; i < 4000; i++) rib.announce(v4(i), PLAIN);
  const chunks: Uint8Array[] = [];
  for (const room of [10_000, 1, 4096]) chunks.push(rib.take(room)!);
  assert.ok(chunks[0]!.length <= 10_000 && chunks[0]!.length > 8000);
  assert.ok(chunks[1]!.length > 4000 && chunks[1]!.length <= 4096);
  assert.ok(chunks[2]!.length > 4000 && chunks[2]!.length <= 4096);
  chunks.push(...drain(rib));
  assert.equal(believe(new Map(), decoded(chunks)).size, 4000);
  assert.equal(framed(chunks).length, Math.ceil(4000 / 810) + 2);
});

Deno.test("AdjRibOut groups by attribute set, announcements before withdrawals", () => {
  const rib = opened();
  rib.announce(v4(1), PLAIN);
  drain(rib);
  rib.withdraw(v4(1));
  rib.announce(v4(2), TAGGED);
  rib.announce(v4(3), PLAIN);
  rib.announce(v4(4), attributeSet(100, ["65000:1" as Community]));
  assert.deepEqual(brief(decoded(drain(rib))), ["+2 v4", "+1 v4", "-1 v4"]);
});

Deno.test("AdjRibOut coalesces what changes before it is taken", () => {
  const rib = opened();
  rib.announce(v4(1), PLAIN);
  drain(rib);
  rib.withdraw(v4(1));
  rib.announce(v4(1), TAGGED);
  rib.announce(v4(1), PLAIN);
  assert.equal(rib.hasOutput, false, "back to what the peer knows");
  rib.announce(v4(2), PLAIN);
  rib.withdraw(v4(2));
  assert.equal(rib.hasOutput, false, "never told, nothing to take back");
  rib.announce(v4(1), TAGGED);
  rib.withdraw(v4(1));
  assert.deepEqual(brief(decoded(drain(rib))), ["-1 v4"]);
});

Deno.test("changeAttributes() says again what is announced, and nothing of what is being withdrawn", () => {
  const rib = opened();
  rib.replace(new Map([[v4(1), PLAIN], [v4(2), PLAIN], [v6(1), TAGGED]]));
  drain(rib);
  rib.withdraw(v4(2));
  rib.announce(v4(3), PLAIN);
  rib.changeAttributes((set) => set.key === TAGGED.key ? set : TAGGED);
  assert.deepEqual(brief(decoded(drain(rib))), ["+2 v4", "-1 v4"], "a set that stays is not told again");
  rib.changeAttributes(() => TAGGED);
  assert.equal(rib.hasOutput, false);
  rib.setSession(session);
  assert.deepEqual(brief(decoded(drain(rib))), ["+2 v4", "eor v4", "+1 v6", "eor v6"]);
});

Deno.test("replace() is level-triggered: equal tables say nothing", () => {
  const rib = opened();
  rib.replace(new Map([[v4(1), PLAIN], [v4(2), PLAIN], [v6(1), TAGGED]]));
  drain(rib);
  rib.replace(
    new Map([[v6(1), attributeSet(100, ["65000:1" as Community])], [v4(2), PLAIN], [v4(1), PLAIN]]),
  );
  assert.equal(rib.hasOutput, false);
  rib.replace(new Map([[v4(2), TAGGED]]));
  assert.deepEqual(brief(decoded(drain(rib))), ["+1 v4", "-1 v4", "-1 v6"]);
});

Deno.test("setSession() tells a new session everything and an ended one nothing", () => {
  const rib = opened();
  rib.announce(v4(1), PLAIN);
  rib.announce(v4(2), PLAIN);
  drain(rib);
  rib.withdraw(v4(2));
  rib.setSession(null);
  assert.equal(rib.take(65536), null);
  assert.equal(rib.sentCount("ipv4-unicast"), 0);
  rib.setSession(session);
  assert.deepEqual(brief(decoded(drain(rib))), ["+1 v4", "eor v4", "eor v6"]);
});

Deno.test("refresh() sends the family again between its borders, once each", () => {
  const rib = opened();
  rib.announce(v4(1), PLAIN);
  rib.announce(v6(1), PLAIN);
  drain(rib);
  rib.refresh("ipv4-unicast");
  rib.withdraw(v4(1));
  rib.announce(v4(2), PLAIN);
  rib.refresh("ipv4-unicast");
  assert.deepEqual(brief(decoded(drain(rib))), ["borr v4", "+1 v4", "-1 v4", "eorr v4"]);
  assert.equal(rib.sentCount("ipv4-unicast"), 1);
  rib.refresh("ipv6-unicast");
  assert.deepEqual(brief(decoded(drain(rib))), ["borr v6", "+1 v6", "eorr v6"]);
  rib.announce(v6(1), PLAIN);
  assert.equal(rib.hasOutput, false, "told again, and known from then on");
});

Deno.test("refresh() has no borders without RFC 7313, nor before End-of-RIB", () => {
  const plain = opened({ enhancedRouteRefresh: false });
  plain.announce(v4(1), PLAIN);
  drain(plain);
  plain.refresh("ipv4-unicast");
  assert.deepEqual(brief(decoded(drain(plain))), ["+1 v4"]);
  const rib = opened();
  for (let i = 0; i < 1000; i++) rib.announce(v4(i), PLAIN);
  const first = rib.take(1)!;
  rib.refresh("ipv4-unicast");
  assert.deepEqual(brief(decoded([first, ...drain(rib)])), [
    "+810 v4",
    "+810 v4",
    "+190 v4",
    "eor v4",
    "eor v6",
  ]);
});

Deno.test("AdjRibOut keeps back a route whose attributes leave no room, and withdraws it if it was told", () => {
  const huge = attributeSet(100, Array.from({ length: 1100 }, (_, i) => `65000:${i}` as Community));
  const rib = opened();
  rib.announce(v4(1), PLAIN);
  drain(rib);
  rib.announce(v4(1), huge);
  rib.announce(v4(2), huge);
  assert.deepEqual(brief(decoded(drain(rib))), ["-1 v4"]);
  assert.deepEqual(rib.oversizedKeys, [huge.key]);
  rib.announce(v4(1), PLAIN);
  assert.deepEqual(brief(decoded(drain(rib))), ["+1 v4"]);
});

Deno.test("AdjRibOut holds one pending change a prefix while the transport is blocked", () => {
  const rib = opened();
  const sets = Array.from({ length: 50 }, (_, i) => attributeSet(100, [`65000:${i}` as Community]));
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 200; i++) rib.announce(v4(i), sets[round]!);
    assert.equal(rib.pendingCount, 200);
  }
  assert.deepEqual(brief(decoded(drain(rib))), ["+200 v4", "eor v4", "eor v6"]);
});

interface Wish {
  readonly number: number;
  readonly set: number | null;
  readonly room: number | null;
}

Deno.test("whatever is wished and taken in between, the peer ends with what is wished, and no prefix is in both sections", () => {
  const sets: readonly AttributeSet[] = [PLAIN, TAGGED, attributeSet(100, ["65000:2" as Community])];
  const wish: fc.Arbitrary<Wish> = fc.record({
    number: fc.nat(30),
    set: fc.option(fc.nat(2)),
    room: fc.option(fc.nat(300), { freq: 3 }),
  });
  fc.assert(fc.property(fc.array(wish, { maxLength: 200 }), fc.boolean(), (wishes, refreshes) => {
    const rib = opened();
    const wished = new Map<Prefix, string>();
    const chunks: Uint8Array[] = [];
    for (const { number, set, room } of wishes) {
      const prefix = number % 2 === 0 ? v4(number) : v6(number);
      if (set === null) {
        rib.withdraw(prefix);
        wished.delete(prefix);
      } else {
        rib.announce(prefix, sets[set]!);
        wished.set(prefix, sets[set]!.communities.join(" "));
      }
      if (refreshes && number === 0) rib.refresh("ipv4-unicast");
      const chunk = room === null ? null : rib.take(room);
      if (chunk !== null) chunks.push(chunk);
    }
    const seen = believe(new Map(), decoded([...chunks, ...drain(rib)]));
    assert.deepEqual([...seen].sort(), [...wished].sort());
  }));
});
