/**
 * What a running program uses: processor time and memory.
 *
 * Source: proc_pid_stat(5), smaps_rollup and /proc/stat in proc(5).
 * Shape: a pid in; seconds, fractions, kibibytes out.
 *
 * @module
 */

/** sysconf(_SC_CLK_TCK), 100 on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** Memory of one program, in KiB. */
export interface Memory {
  /** Resident, shared pages counted whole (VmRSS). */
  readonly rss: number;
  /** Resident, each shared page divided by those who share it. */
  readonly pss: number;
  /** Resident and backed by no file: heap and stacks. */
  readonly anonymous: number;
}

/** Processor time used so far by all threads, user and system. */
export function cpuSeconds(pid: number): number {
  return secondsIn(`/proc/${pid}/stat`);
}

/** The part of `duringMs` that the program's first thread was running, from 0 to 1. */
export async function mainThreadLoad(pid: number, duringMs: number): Promise<number> {
  const stat = `/proc/${pid}/task/${pid}/stat`;
  const [before, start] = [secondsIn(stat), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, duringMs));
  return (secondsIn(stat) - before) / ((performance.now() - start) / 1000);
}

/** What the host of this virtual machine has taken from its processors so far, in seconds; 0 on a real machine. */
export function stolenSeconds(): number {
  const [, ...fields] = Deno.readTextFileSync("/proc/stat").split("\n", 1)[0]!.split(/\s+/);
  return Number(fields[7] ?? 0) / TICKS_PER_SECOND;
}

/** Waits until all threads together use less than 2 % of a processor. */
export async function waitUntilQuiet(pid: number, withinMs = 30_000): Promise<void> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline;) {
    const before = cpuSeconds(pid);
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (cpuSeconds(pid) - before <= 0.01) return;
  }
  throw new Error(`Waited ${withinMs} ms in vain for program ${pid} to fall quiet`);
}

/** The memory it uses now. */
export function memoryOf(pid: number): Memory {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)![1]);
  return { rss: kib("Rss"), pss: kib("Pss"), anonymous: kib("Anonymous") };
}

function secondsIn(path: string): number {
  const stat = Deno.readTextFileSync(path);
  // The second field is the command's name in parentheses and may hold blanks; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
