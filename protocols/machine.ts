/**
 * The contract every protocol machine keeps: events in, a new state and effects out, time as an argument.
 *
 * Shape: `open(config, cx): State` and `step(state, event, cx): Step<State, Effect>`. State, event and effect are
 * readonly, JSON-able values tagged by `type`. Timers are fields of the state (`deadlines`), never callbacks: the loop
 * asks {@linkcode earliest} when to come back and steps the machine with a `TimerExpired` event.
 * Not here: the loop that drives machines (agent/network/loop.ts).
 *
 * @module
 */

declare const instantBrand: unique symbol;

/** Milliseconds on the monotonic clock, fractions allowed; only differences mean anything. */
export type Instant = number & { readonly [instantBrand]: true };

/** A source of uniform numbers in [0, 1); seeded in tests. */
export type Rng = () => number;

/** What a machine may know of the world while it steps. */
export interface Context {
  readonly now: Instant;
  readonly rng: Rng;
}

/** The outcome of one step: effects are data, carried out by the loop after the state is stored. */
export interface Step<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Named timers; null means not running. */
export type Deadlines<Timer extends string> = { readonly [T in Timer]: Instant | null };

/** The instant `ms` milliseconds after `at`. */
export function after(at: Instant, ms: number): Instant {
  return (at + ms) as Instant;
}

/** The soonest of the given instants, or null when none is set. */
export function earliest(...instants: readonly (Instant | null)[]): Instant | null {
  let soonest: Instant | null = null;
  for (const at of instants) {
    if (at !== null && (soonest === null || at < soonest)) soonest = at;
  }
  return soonest;
}
