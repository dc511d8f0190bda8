import assert from "node:assert/strict";
import { configOf, serviceOf, Stage } from "../../tests/parity/allocation_stage.ts";
import { addressesToKeep, takesAway } from "./kept_while_unknown.ts";

Deno.test("takesAway() is about addresses of the status that the write leaves out", () => {
  const stage = new Stage();
  stage.config = configOf({ main: { addresses: ["10.1.0.0/31"] } });
  stage.apply("a", { status: ["10.1.0.0"] });
  const [kept] = stage.reconcile();
  assert.equal(takesAway(kept!, stage.services.get("default/a")), false);
  stage.apply("a", { ips: "10.1.0.1" });
  const [moved] = stage.reconcile();
  assert.equal(takesAway(moved!, stage.services.get("default/a")), true);
  assert.equal(takesAway(moved!, serviceOf("a", {})), false, "there is nothing to take away yet");
  assert.equal(takesAway(moved!, undefined), false);
});

Deno.test("an address that is not yet taken away is nobody else's, and somebody's once it is", () => {
  const stage = new Stage();
  stage.config = configOf({ main: { addresses: ["10.1.0.0/32"] }, other: { addresses: ["10.2.0.0/32"] } });
  stage.apply("a", { ips: "10.1.0.0" });
  stage.run();
  stage.apply("b", { pool: "main" });
  stage.run();
  stage.apply("a", { ips: "10.2.0.0" });

  stage.unreadable = addressesToKeep(stage.services, new Map([["10.1.0.9", "default/hidden"]]));
  assert.equal(stage.unreadable.get("10.1.0.9"), "default/hidden");
  const held = stage.reconcile();
  assert.deepEqual(held.map(({ key, addresses }) => [key, addresses]), [["default/a", ["10.2.0.0"]]]);

  // All can be read again: the write is carried out, and the address free.
  stage.write(held);
  stage.unreadable = new Map();
  stage.run();
  assert.deepEqual([stage.published("a"), stage.published("b")], ["10.2.0.0", "10.1.0.0"]);
});

Deno.test("a Service may have its own address again while it is kept for it", () => {
  const stage = new Stage();
  stage.config = configOf({ main: { addresses: ["10.1.0.0/32"] }, other: { addresses: ["10.2.0.0/32"] } });
  stage.apply("a", {});
  stage.run();
  for (const ips of ["10.2.0.0", "10.1.0.0"]) {
    stage.unreadable = addressesToKeep(stage.services, new Map());
    stage.apply("a", { ips });
    stage.reconcile();
    assert.deepEqual(stage.allocation.decisions.get("default/a")?.addresses, [ips]);
  }
});
