/**
 * The roles of a demonstration: their end, and what they had to complain of.
 *
 * @module
 */
import type { Ingot, LogLine } from "../ingot.ts";
import type { Screen } from "./screen.ts";

/** Asks all of them to withdraw and stop. */
export async function stopRoles(screen: Screen, roles: readonly Ingot[]): Promise<void> {
  const stoppedAt = performance.now();
  await Promise.all(roles.map((role) => role.stop()));
  screen.say(
    `Speakers and controller withdrew and stopped in ${(performance.now() - stoppedAt).toFixed(0)} ms`,
  );
}

/** What a role had to complain of, each complaint once: the likely reason when the demonstration fails. */
export function complaints(role: Ingot): string[] {
  const lines = role.log.all.filter(({ level }) => ["warn", "error", "unreadable"].includes(level));
  const first = new Map(lines.map((line) => [line.msg, line]).reverse() as [string, LogLine][]);
  return [...first.values()].reverse().map((line) => `${role.name}: ${JSON.stringify(line)}`);
}
