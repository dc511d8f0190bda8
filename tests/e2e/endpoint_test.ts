/**
 * The HTTP listener of a role on a port that somebody else has.
 *
 * Not here: what it answers (roles_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { openHealth } from "../../agent/runtime/endpoint/health.ts";

const TRUE = (): boolean => true;
/** Below those that a kernel hands out. */
const PORT = 17_477;

Deno.test("openHealth() names the port that is taken and the option to change", () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  assert.throws(
    () => openHealth({ reach: "host", port, isAlive: TRUE, isReady: TRUE, metrics: null }),
    new RegExp(`Cannot listen on 127.0.0.1:${port}: .*--health-probe-port`),
  );
});

Deno.test("openHealth() tells a role that only another start can help from one that is not ready", async () => {
  let [isAlive, isReady] = [true, false];
  await using _health = openHealth({
    reach: "host",
    port: PORT,
    isAlive: () => isAlive,
    isReady: () => isReady,
    metrics: null,
  });
  const ask = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${PORT}${path}`);
    return `${response.status} ${await response.text()}`;
  };
  assert.deepEqual([await ask("/healthz"), await ask("/readyz")], [
    "200 ok",
    "503 no configuration in force yet",
  ]);
  [isAlive, isReady] = [false, true];
  assert.deepEqual([await ask("/healthz"), await ask("/readyz")], [
    "503 the network thread does not answer",
    "200 ok",
  ]);
  assert.equal(await ask("/metrics"), "404 not found");
});

Deno.test("openHealth() shows metrics where it is told to", async () => {
  const metrics = (): Promise<string> => Promise.resolve("a 1\n");
  const options = { reach: "host", port: PORT, isAlive: TRUE, isReady: TRUE, metrics } as const;
  await using _health = openHealth(options);
  const response = await fetch(`http://127.0.0.1:${PORT}/metrics`);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0.0.4/);
  assert.equal(await response.text(), "a 1\n");
});

Deno.test("openHealth() is closed though a client never ends its request", async () => {
  const health = openHealth({ reach: "host", port: PORT, isAlive: TRUE, isReady: TRUE, metrics: null });
  const client = await Deno.connect({ hostname: "127.0.0.1", port: PORT });
  await client.write(
    new TextEncoder().encode("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"),
  );
  await client.read(new Uint8Array(512));
  await health[Symbol.asyncDispose]();
  client.close();
});
