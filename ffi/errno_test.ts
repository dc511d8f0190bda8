import assert from "node:assert/strict";
import { check, ERRNO, errnoName, SystemError } from "./errno.ts";

Deno.test("SystemError says what failed, why, and what to do next", () => {
  const error = new SystemError("open packet socket on eth0", ERRNO.EPERM);
  assert.equal(error.message, "Cannot open packet socket on eth0: EPERM; run as root or add CAP_NET_RAW");
  assert.deepEqual(
    [error.name, error.operation, error.code, error.errno, error.advice],
    ["SystemError", "open packet socket on eth0", "EPERM", 1, "run as root or add CAP_NET_RAW"],
  );
  assert(error instanceof Error);
});

Deno.test("SystemError prefers the caller's advice, and goes without any", () => {
  assert.equal(
    new SystemError("send", ERRNO.EPERM, "ask the firewall").message,
    "Cannot send: EPERM; ask the firewall",
  );
  const silent = new SystemError("connect", ERRNO.ECONNREFUSED);
  assert.deepEqual([silent.message, silent.advice], ["Cannot connect: ECONNREFUSED", null]);
});

Deno.test("SystemError keeps its cause", () => {
  const cause = new Error("no such file");
  assert.equal(new SystemError("open", ERRNO.ENOENT, null, { cause }).cause, cause);
});

Deno.test("errnoName() knows the table and prints other numbers", () => {
  assert.equal(errnoName(105), "ENOBUFS");
  assert.equal(errnoName(9999), "E9999");
});

Deno.test("check() passes results on", () => {
  assert.equal(check(0, "try"), 0);
  assert.equal(check(7, "try"), 7);
});
