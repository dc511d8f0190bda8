/**
 * What a role says of itself on its loopback port, read from inside its namespace.
 *
 * @module
 */
import type { Namespace } from "../lab/namespace.ts";

/** GET /metrics, as text. */
export async function metricsText(namespace: Namespace, port: number): Promise<string> {
  const code = `console.log(await (await fetch("http://127.0.0.1:${port}/metrics")).text())`;
  return await namespace.run([Deno.execPath(), "eval", "--no-check", code]);
}

/** How many frames a speaker has not answered, by reason. */
export async function droppedFrames(namespace: Namespace, port: number): Promise<Map<string, number>> {
  const text = await metricsText(namespace, port);
  const found = text.matchAll(/^ingot_frames_dropped_total\{reason="([^"]+)"\} (\d+)$/gm);
  return new Map([...found].map(([, reason, count]) => [reason!, Number(count)]));
}
