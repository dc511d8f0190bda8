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

Deno.test("openHealth() names the port that is taken and the option to change", () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  assert.throws(
    () => openHealth({ reach: "host", port, isAlive: TRUE, isReady: TRUE, metrics: null }),
    new RegExp(`Cannot listen on 127.0.0.1:${port}: .*--health-probe-port`),
  );
});
