/**
 * BFD against random and mutated octets and random histories: nothing throws, nothing loops, what is decoded encodes to
 * itself, and a session keeps its laws whatever it is told.
 *
 * Shape: the vectors in tests/vectors/bfd are checked here, and are the seeds of the mutations.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { DEFAULT_SESSION, type SessionConfig } from "../../protocols/bfd/config.ts";
import { type Arrival, SessionDemux } from "../../protocols/bfd/demux.ts";
import { ECHO_TTL, encodeEcho, judgeEcho, LOOPED_TTL } from "../../protocols/bfd/echo.ts";
import { type ControlPacket, decodeControl, encodeControl } from "../../protocols/bfd/packet.ts";
import { openSession, sessionDeadline, type SessionEvent, stepSession } from "../../protocols/bfd/session.ts";
import type { SessionState } from "../../protocols/bfd/state.ts";
import type { Instant } from "../../protocols/machine.ts";
import { parseHex } from "../../protocols/net/bytes.ts";
import type { Ip } from "../../protocols/net/ip.ts";

/** One block of a vector file: its lines by their labels. */
type Vector = Readonly<Record<string, string>>;

const file = join(import.meta.dirname!, "../vectors/bfd/control.vec");
const vectors: readonly Vector[] = Deno.readTextFileSync(file).split(/\n\n+/)
  .map((block) => block.split("\n").filter((line) => line !== "" && !line.startsWith("#")))
  .filter((lines) => lines.length > 0)
  .map((lines) => Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2))));

for (const { text, hex, json, error } of vectors) {
  Deno.test(`vector: ${text}`, () => {
    const payload = parseHex(hex!)!;
    const decoded = decodeControl(payload);
    if (json === undefined) return assert.deepEqual(decoded, { ok: false, error });
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.value, JSON.parse(json));
    assert.deepEqual(encodeControl(decoded.value), payload);
  });
}

const demux = new SessionDemux();
const paths = [{ id: 1, multihop: false }, { id: 2, multihop: true }];
for (const { id, multihop } of paths) {
  const config = { localDiscriminator: id, multihop, minimumTtl: 250 };
  demux.add({ peer: "10.0.0.2" as Ip, local: null, interface: null }, config);
}

const mutation = fc.record({ at: fc.nat(30), octet: fc.nat(255), length: fc.integer({ min: 0, max: 60 }) });
const payloads: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(
    fc.constantFrom(...vectors.map(({ hex }) => parseHex(hex!)!)),
    fc.array(mutation, { maxLength: 4 }),
    fc.boolean(),
  ).map(([seed, mutations, cut]) => {
    const long = Uint8Array.from({ length: 60 }, (_, i) => seed[i] ?? 0);
    for (const { at, octet } of mutations) long[at] = octet;
    return long.subarray(0, cut ? mutations[0]?.length : seed.length);
  }),
);
const arrivals: fc.Arbitrary<Arrival> = fc.record({
  source: fc.constantFrom("10.0.0.2" as Ip, "fe80::2" as Ip),
  destination: fc.constant("10.0.0.1" as Ip),
  interface: fc.constantFrom("eth0", "eth1"),
  ttl: fc.constantFrom(0, 1, 249, 250, 254, 255),
  multihop: fc.boolean(),
});

Deno.test("decodeControl(), judgeEcho() and SessionDemux survive any octets and keep what they read", () => {
  fc.assert(
    fc.property(payloads, arrivals, (payload, arrival) => {
      const before = payload.slice();
      const decoded = decodeControl(payload);
      if (decoded.ok) {
        const again = decodeControl(encodeControl(decoded.value));
        assert.deepEqual(again, { ok: true, value: decoded.value, authenticationPresent: false });
      }
      const verdict = demux.judge(payload, arrival);
      if (!decoded.ok) assert.deepEqual(verdict, { type: "Drop", reason: decoded.error });
      if (verdict.type === "Deliver") {
        assert.ok(arrival.multihop ? arrival.ttl >= 250 : arrival.ttl === 255);
        assert.equal(verdict.discriminator, arrival.multihop ? 2 : 1);
      }
      const echo = judgeEcho(payload, LOOPED_TTL);
      if (echo.type === "Own") assert.deepEqual(judgeEcho(encodeEcho(echo.packet), LOOPED_TTL), echo);
      assert.equal(judgeEcho(payload, ECHO_TTL).type, "LoopBack");
      assert.deepEqual(payload, before, "a received payload is only read");
    }),
    { numRuns: 10_000 },
  );
});

const interval = fc.constantFrom(0, 1, 10_000, 50_000, 1_000_000, 4_294_967_295);
const packets: fc.Arbitrary<ControlPacket> = fc.record({
  diag: fc.nat(31),
  state: fc.constantFrom("AdminDown", "Down", "Init", "Up"),
  poll: fc.boolean(),
  final: fc.boolean(),
  controlPlaneIndependent: fc.boolean(),
  demand: fc.boolean(),
  detectMult: fc.constantFrom(1, 3, 255),
  myDiscriminator: fc.constantFrom(1, 2, 4_294_967_295),
  yourDiscriminator: fc.constantFrom(0, 1),
  desiredMinTxUs: interval,
  requiredMinRxUs: interval,
  requiredMinEchoRxUs: interval,
});
const changes: fc.Arbitrary<Partial<SessionConfig>> = fc.record({
  desiredMinTxUs: fc.constantFrom(10_000, 300_000, 60_000_000),
  requiredMinRxUs: fc.constantFrom(10_000, 300_000, 60_000_000),
  detectMult: fc.constantFrom(1, 2, 255),
  passive: fc.boolean(),
  echoIntervalUs: fc.constantFrom(null, 10_000, 60_000_000),
  requiredMinEchoRxUs: fc.constantFrom(0, 10_000),
}, { requiredKeys: [] });

type Move =
  | { readonly type: "Event"; readonly event: SessionEvent; readonly waitMs: number }
  | { readonly type: "Wait"; readonly waitMs: number }
  | { readonly type: "ReturnEcho"; readonly waitMs: number }
  | { readonly type: "Change"; readonly changes: Partial<SessionConfig>; readonly waitMs: number };

const waitMs = fc.constantFrom(0, 0, 1, 30, 100, 2000);
const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("Event"), event: packetEvent(), waitMs }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("Event"),
      event: fc.constantFrom<SessionEvent>({ type: "AdminDown" }, { type: "AdminUp" }, {
        type: "TimerExpired",
      }),
      waitMs,
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("Wait"), waitMs }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("ReturnEcho"), waitMs }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("Change"), changes, waitMs }) },
) as fc.Arbitrary<Move>;

function packetEvent(): fc.Arbitrary<SessionEvent> {
  return packets.map((packet) => ({ type: "PacketReceived", packet }));
}

/** What holds after every step, whatever came before. */
function assertLaws(
  before: SessionState,
  event: SessionEvent,
  { state, effects }: ReturnType<typeof stepSession>,
): void {
  const changed = effects.filter((effect) => effect.type === "StateChanged");
  assert.equal(changed.length, before.sessionState === state.sessionState ? 0 : 1);
  for (const effect of effects) {
    if (effect.type === "StateChanged") {
      assert.deepEqual([effect.from, effect.to, effect.diag], [
        before.sessionState,
        state.sessionState,
        state.localDiag,
      ]);
    }
    if (effect.type !== "SendControl") continue;
    const { packet } = effect;
    assert.ok(!(packet.poll && packet.final), "P and F together");
    assert.deepEqual([packet.state, packet.diag], [state.sessionState, state.localDiag]);
    assert.ok(packet.state === "Up" || packet.desiredMinTxUs >= 1_000_000, "fast before Up");
    assert.equal(packet.final, event.type === "PacketReceived" && event.packet.poll);
    assert.ok(decodeControl(encodeControl(packet)).ok, "a packet nobody may take");
  }
  assert.ok(effects.filter((effect) => effect.type === "SendControl").length <= 2, "a storm");
  assert.ok(state.sessionState === "Up" || state.echo === null, "echo before Up");
  assert.ok(state.intervals.transmitUs <= state.intervals.desiredMinTxUs);
  assert.ok(state.intervals.receiveUs >= state.intervals.requiredMinRxUs);
}

Deno.test("a session keeps its laws through random histories", () => {
  fc.assert(
    fc.property(
      fc.array(moves, { maxLength: 60, size: "max" }),
      fc.boolean(),
      fc.integer(),
      (history, multihop, seed) => {
        let random = seed >>> 0;
        const rng = (): number => (random = Math.imul(random, 1664525) + 1013904223 >>> 0) / 2 ** 32;
        let config: SessionConfig = { ...DEFAULT_SESSION, localDiscriminator: 1, multihop };
        let now = 0;
        const cx = () => ({ now: now as Instant, rng });
        let state = openSession(config, cx());
        const step = (event: SessionEvent): void => {
          const outcome = stepSession(state, event, config, cx());
          assertLaws(state, event, outcome);
          state = outcome.state;
        };
        for (const move of history) {
          const until = now + move.waitMs;
          for (let turns = 0; (sessionDeadline(state) ?? Infinity) <= until; turns++) {
            assert.ok(turns < 5000, "deadlines without progress");
            now = Math.max(now, sessionDeadline(state)!);
            step({ type: "TimerExpired" });
          }
          now = until;
          if (move.type === "Event") step(move.event);
          if (move.type === "Change") {
            config = { ...config, ...move.changes };
            step({ type: "ConfigChanged" });
          }
          if (move.type === "ReturnEcho" && state.echo !== null) {
            const { key, sent } = state.echo;
            step({ type: "EchoReceived", packet: { myDiscriminator: 1, key, sequence: sent } });
          }
        }
      },
    ),
    { numRuns: 3000 },
  );
});
