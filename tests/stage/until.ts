/**
 * Looks at the world until it is as it should be, for what nobody tells us of: kernel tables and files.
 *
 * Not here: waiting for events, which needs no looking (lab/program/recording.ts).
 *
 * @module
 */

const LOOK_EVERY_MS = 10;

/** What `look` finds first, asked again as long as it finds null; throws after the time, naming what was wanted. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | null> | Found | null,
  withinMs = 5_000,
): Promise<Found> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
