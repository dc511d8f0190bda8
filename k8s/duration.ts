/**
 * Durations as Kubernetes objects write them: "90s", "1m30s", "1.5h".
 *
 * Source: Go's time.ParseDuration, which every duration field of MetalLB's resources goes through.
 * Shape: text in, milliseconds out; fractions below a millisecond are kept.
 *
 * @module
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3, // micro sign
  "\u03bcs": 1e-3, // Greek mu
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const TERM = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;

/** Go counts nanoseconds in an int64, so nothing longer than this is a duration. */
const MAX_MS = 9_223_372_036_854;

/** The duration in milliseconds, or null when the text is not one. A bare number is none, except "0". */
export function parseDurationMs(text: string): number | null {
  const sign = text.startsWith("-") ? -1 : 1;
  const terms = text.replace(/^[-+]/, "");
  if (terms === "0") return 0;
  let totalMs = 0;
  TERM.lastIndex = 0;
  while (TERM.lastIndex < terms.length) {
    const term = TERM.exec(terms);
    if (term === null) return null;
    totalMs += Number(term[1]) * (UNIT_MS[term[2] as string] as number);
  }
  return terms === "" || totalMs > MAX_MS ? null : sign * totalMs;
}
