/**
 * Lets the calling thread go before others when processors are short.
 *
 * Source: setpriority(2), sched_setscheduler(2), sched(7): on Linux both belong to a thread, and 0 names the calling one.
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

/** Gives the calling thread the best nice value; false when this process has no right to (CAP_SYS_NICE). */
export function preferThisThread(): boolean {
  return libc().setpriority(PRIO_PROCESS, THIS_THREAD, MOST_FAVOURED) === 0;
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
