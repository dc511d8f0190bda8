import assert from "node:assert/strict";
import type { Context, Instant } from "../machine.ts";
import type { Mac } from "../net/mac.ts";
import {
  claimDeadline,
  type ClaimEffect,
  type ClaimState,
  DEFAULT_CLAIM,
  openClaim,
  stepClaim,
} from "./claim.ts";

const one = "02:00:00:00:00:0a" as Mac;
const two = "02:00:00:00:00:0b" as Mac;

function cx(now: number, random = 0.5): Context {
  return { now: now as Instant, rng: () => random };
}

/** A claim taken at 0 that is driven along its own deadlines. */
class Script {
  #state: ClaimState;
  readonly log: [at: number, type: ClaimEffect["type"], mac?: Mac][] = [];

  constructor(config = DEFAULT_CLAIM) {
    this.config = config;
    this.#state = openClaim(config, cx(0));
  }

  readonly config: typeof DEFAULT_CLAIM;

  get deadline(): Instant | null {
    return claimDeadline(this.#state);
  }

  /** Serves every deadline up to `until`. */
  run(until: number): this {
    for (let at = this.deadline; at !== null && at <= until; at = this.deadline) {
      const before = this.log.length;
      this.#step({ type: "TimerExpired" }, at);
      assert.ok(this.log.length > before || this.deadline !== at, "a deadline makes progress");
    }
    return this;
  }

  see(at: number, mac: Mac): this {
    this.run(at);
    this.#step({ type: "ConflictSeen", mac }, at);
    return this;
  }

  #step(event: Parameters<typeof stepClaim>[1], at: number): void {
    const { state, effects } = stepClaim(this.#state, event, this.config, cx(at));
    this.#state = state;
    for (const effect of effects) {
      this.log.push(effect.type === "ReportConflict" ? [at, effect.type, effect.mac] : [at, effect.type]);
    }
  }

  /** The log without the probes. */
  get verdicts(): Script["log"] {
    return this.log.filter(([, type]) => type !== "SendProbe");
  }
}

Deno.test("a claim probes three times, 1 to 2 s apart, and then rests", () => {
  const script = new Script().run(600_000);
  assert.deepEqual(script.log, [[1000, "SendProbe"], [2500, "SendProbe"], [4000, "SendProbe"]]);
  assert.equal(script.deadline, null);
});

Deno.test("stepClaim() draws the gap and the nonce from the generator, within their bounds", () => {
  for (
    const [random, gapMs, nonce] of [[0, 1000, 0], [0.5, 1500, 2 ** 47], [
      1 - 2 ** -53,
      2000,
      2 ** 48 - 1,
    ]] as const
  ) {
    const opened = openClaim(DEFAULT_CLAIM, cx(0, random));
    const { state, effects } = stepClaim(opened, { type: "TimerExpired" }, DEFAULT_CLAIM, cx(1000, random));
    assert.deepEqual(effects, [{ type: "SendProbe", nonce }]);
    assert.ok(Math.abs(state.deadlines.probe! - 1000 - gapMs) < 1e-6);
  }
});

Deno.test("stepClaim() has nothing to say before a deadline", () => {
  const opened = openClaim(DEFAULT_CLAIM, cx(0));
  assert.deepEqual(stepClaim(opened, { type: "TimerExpired" }, DEFAULT_CLAIM, cx(999)), {
    state: opened,
    effects: [],
  });
});

Deno.test("a claim takes what it sees in its first second for the former owner's last word", () => {
  assert.deepEqual(new Script().see(999, one).run(600_000).verdicts, []);
});

Deno.test("a claim reports and defends one second after the evidence, not sooner", () => {
  const script = new Script().see(1005, one);
  assert.deepEqual(script.verdicts, []);
  script.run(3000);
  assert.deepEqual(script.verdicts, [[2005, "ReportConflict", one], [2005, "SendDefence"]]);
});

Deno.test("a claim defends at most every ten seconds and reports a MAC at most every sixty", () => {
  const script = new Script();
  for (let at = 10_000; at <= 75_000; at += 500) script.see(at, one);
  script.run(76_000);
  const at = (type: string): number[] =>
    script.verdicts.filter((entry) => entry[1] === type).map((entry) => entry[0]);
  assert.deepEqual(at("ReportConflict"), [11_000, 71_000]);
  const defences = at("SendDefence");
  assert.equal(defences[0], 11_000);
  for (let i = 1; i < defences.length; i++) {
    const gap = defences[i]! - defences[i - 1]!;
    assert.ok(gap >= 10_000 && gap <= 12_000, `${gap} ms`);
  }
});

Deno.test("a claim reports another MAC as soon as it is confirmed", () => {
  const script = new Script().see(10_000, one).see(12_000, two).see(14_000, one).run(16_000);
  assert.deepEqual(script.verdicts.filter(([, type]) => type === "ReportConflict"), [
    [11_000, "ReportConflict", one],
    [13_000, "ReportConflict", two],
  ]);
});

Deno.test("a claim reports four stations a minute, however many there seem to be", () => {
  const script = new Script();
  for (let i = 0; i < 50; i++) {
    script.see(10_000 + 1100 * i, `02:00:00:00:01:${i.toString(16).padStart(2, "0")}` as Mac);
  }
  script.run(68_000);
  assert.equal(script.verdicts.filter(([, type]) => type === "ReportConflict").length, 4);
});

Deno.test("a claim asks every 40 s while there is a conflict and calls it ended after 120 s of silence", () => {
  const script = new Script().see(10_000, one).run(600_000);
  assert.deepEqual(script.log.slice(3), [
    [11_000, "ReportConflict", one],
    [11_000, "SendDefence"],
    [50_000, "SendProbe"],
    [90_000, "SendProbe"],
    [130_000, "ConflictEnded"],
  ]);
  assert.equal(script.deadline, null);
});

Deno.test("a claim reports the same MAC again after the conflict had ended", () => {
  const script = new Script().see(10_000, one).see(140_000, one).run(142_000);
  assert.deepEqual(script.verdicts.map(([, type]) => type), [
    "ReportConflict",
    "SendDefence",
    "ConflictEnded",
    "ReportConflict",
    "SendDefence",
  ]);
});

Deno.test("a conflict seen again does not end", () => {
  const script = new Script().see(10_000, one);
  for (let at = 100_000; at < 400_000; at += 100_000) script.see(at, one);
  assert.ok(script.log.every(([, type]) => type !== "ConflictEnded"));
});

Deno.test("a claim with no probes to send still sees conflicts", () => {
  const script = new Script({ ...DEFAULT_CLAIM, probeCount: 0 });
  assert.equal(script.deadline, null);
  script.see(5000, one).run(6000);
  assert.deepEqual(script.log, [[6000, "ReportConflict", one], [6000, "SendDefence"]]);
});

Deno.test("stepClaim() serves all deadlines of a late step in one, confirmation before the end", () => {
  const opened = openClaim(DEFAULT_CLAIM, cx(0));
  const { state } = stepClaim(opened, { type: "ConflictSeen", mac: one }, DEFAULT_CLAIM, cx(1000));
  const late = stepClaim(state, { type: "TimerExpired" }, DEFAULT_CLAIM, cx(500_000));
  assert.deepEqual(late.effects.map((effect) => effect.type), [
    "ReportConflict",
    "SendDefence",
    "ConflictEnded",
    "SendProbe",
  ]);
});

Deno.test("a claim's state is plain JSON", () => {
  const opened = openClaim(DEFAULT_CLAIM, cx(0));
  assert.deepEqual(JSON.parse(JSON.stringify(opened)), opened);
});
