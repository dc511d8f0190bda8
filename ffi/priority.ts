/**
 * Lets the calling thread go before others when processors are short.
 *
 * Source: setpriority(2), sched_setattr(2), sched_setscheduler(2), sched(7): on Linux all of it belongs to a thread, and 0
 * names the calling one.
 * Shape: a refusal of any kind is no failure: without precedence everything works, later.
 * Not here: when a thread ought to have which (agent/network/precedence.ts).
 *
 * @module
 */
import { viewOf } from "./layout.ts";
import { libc } from "./libc.ts";

const PRIO_PROCESS = 0;
const THIS_THREAD = 0;
/** The most favoured of the ordinary scheduler. */
const MOST_FAVOURED = -20;

const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** What the thread starts is ordinary. */
const SCHED_RESET_ON_FORK = 0x40000000;
const LOWEST_REAL_TIME = 1;

/** struct sched_attr, linux/sched/types.h: size @0, sched_policy @4, sched_flags @8, sched_nice @16, sched_runtime @24. */
const SCHED_ATTR_OCTETS = 48;
const SCHED_FLAG_RESET_ON_FORK = 1n;
const SYS_SCHED_SETATTR = { x86_64: 314n, aarch64: 274n }[Deno.build.arch];
/** The shortest that the kernel grants. */
const SLICE_NS = 100_000n;

/** Gives the calling thread the best nice value; false when this process has no right to (CAP_SYS_NICE). */
export function preferThisThread(): boolean {
  return libc().setpriority(PRIO_PROCESS, THIS_THREAD, MOST_FAVOURED) === 0;
}

/**
 * Asks for short slices: a thread that wants little of a processor at a time interrupts those that want more when it
 * wakes. Takes no right; Linux before 6.12 gives everybody the same slice.
 */
export function shortenSlice(): void {
  const attr = new Uint8Array(SCHED_ATTR_OCTETS);
  const view = viewOf(attr);
  view.setUint32(0, SCHED_ATTR_OCTETS, true);
  view.setUint32(4, SCHED_OTHER, true);
  view.setBigUint64(8, SCHED_FLAG_RESET_ON_FORK, true);
  view.setInt32(16, libc().getpriority(PRIO_PROCESS, THIS_THREAD), true);
  view.setBigUint64(24, SLICE_NS, true);
  libc().syscall(SYS_SCHED_SETATTR, 0n, attr, 0n);
}

/**
 * Puts the calling thread before every ordinary one on the machine, or back among them with the nice value it had; false
 * when this process has no right to (CAP_SYS_NICE), or its cgroup no share of real time.
 */
export function setRealTime(wanted: boolean): boolean {
  // struct sched_param { int sched_priority; }
  const param = new Uint8Array(4);
  viewOf(param).setInt32(0, wanted ? LOWEST_REAL_TIME : 0, true);
  const policy = (wanted ? SCHED_RR : SCHED_OTHER) | SCHED_RESET_ON_FORK;
  return libc().sched_setscheduler(THIS_THREAD, policy, param) === 0;
}
