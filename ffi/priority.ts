/**
 * Lets the calling thread go before others when processors are short.
 *
 * Source: setpriority(2), sched(7): on Linux the nice value belongs to a thread, and 0 names the calling one.
 *
 * @module
 */
import { ERRNO, lastErrno, SystemError } from "./errno.ts";
import { libc } from "./libc.ts";

const PRIO_PROCESS = 0;
const THIS_THREAD = 0;
/** The most favoured of the ordinary scheduler; it cannot starve others as a real-time thread could. */
const MOST_FAVOURED = -20;

/** Gives the calling thread the best nice value; false when this process has no right to (CAP_SYS_NICE). */
export function preferThisThread(): boolean {
  if (libc().setpriority(PRIO_PROCESS, THIS_THREAD, MOST_FAVOURED) === 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES) return false;
  throw new SystemError("raise the priority of the network thread", errno);
}
