/**
 * The clock of the measuring programs in C, for instants that are to be compared with theirs.
 *
 * Source: clock_gettime(2), CLOCK_MONOTONIC_RAW; the same for every process of the machine.
 *
 * @module
 */

const CLOCK_MONOTONIC_RAW = 4;

const libc = Deno.dlopen("libc.so.6", {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
});
const timespec = new BigInt64Array(2);

/** Nanoseconds. */
export function rawNow(): number {
  libc.symbols.clock_gettime(CLOCK_MONOTONIC_RAW, timespec);
  return Number(timespec[0]) * 1e9 + Number(timespec[1]);
}
