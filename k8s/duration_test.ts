import assert from "node:assert/strict";
import { parseDurationMs } from "./duration.ts";

const DURATIONS: readonly [string, number][] = [
  ["0", 0],
  ["+0", 0],
  ["0s", 0],
  ["60s", 60_000],
  ["1m30s", 90_000],
  ["1h2m3s4ms", 3_723_004],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["1.s", 1_000],
  ["250us", 0.25],
  ["250\u00b5s", 0.25],
  ["3s1m", 63_000],
  ["-2s", -2_000],
];

for (const [text, milliseconds] of DURATIONS) {
  Deno.test(`parseDurationMs() reads ${text} as ${milliseconds} ms`, () => {
    assert.equal(parseDurationMs(text), milliseconds);
  });
}

for (
  const text of [
    "",
    "-",
    "60",
    "1.5",
    "s",
    ".s",
    "1 s",
    " 1s",
    "1s ",
    "1d",
    "1e3s",
    "--1s",
    "1S",
    "1m30",
    "999999999h",
  ]
) {
  Deno.test(`parseDurationMs() refuses "${text}"`, () => assert.equal(parseDurationMs(text), null));
}
