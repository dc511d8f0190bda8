/**
 * A Deno program that does nothing, with a Worker that does nothing: what the runtime and a thread weigh.
 *
 * @module
 */
new Worker(new URL("./idle_thread.ts", import.meta.url), { type: "module" });
setInterval(() => {}, 3_600_000);
