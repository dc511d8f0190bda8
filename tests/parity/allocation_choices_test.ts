/**
 * Where allocation differs from MetalLB on purpose (the places marked METALLB), each with what it does instead.
 *
 * @module
 */
import assert from "node:assert/strict";
import { configOf, type ServiceSketch, Stage } from "./allocation_stage.ts";

const DUAL: ServiceSketch = { clusterIPs: ["10.0.0.1", "fc00::1"], policy: "PreferDualStack" };

function stageOf(...addresses: string[]): Stage {
  const stage = new Stage();
  stage.config = configOf({ pool: { addresses } });
  return stage;
}

Deno.test("a status write that failed neither releases nor moves the address", () => {
  const stage = stageOf("10.1.0.0/30");
  stage.apply("first", {});
  stage.reconcile();
  stage.apply("first", { labels: { changed: "yes" } });
  stage.apply("a-second", {});
  const decisions = stage.reconcile();
  assert.deepEqual(decisions.map(({ key, addresses }) => [key, ...addresses]), [
    ["default/a-second", "10.1.0.1"],
    ["default/first", "10.1.0.0"],
  ]);
  assert.deepEqual(decisions[1]?.events, [], "its events were told before");
  assert.notEqual(decisions[1]?.write, null, "its write is asked for again");
});

Deno.test("a status edited by hand is put right, not obeyed", () => {
  const stage = stageOf("10.1.0.0/30");
  stage.apply("a", {});
  stage.run();
  stage.apply("a", { status: ["10.1.0.3"] });
  stage.run();
  assert.equal(stage.published("a"), "10.1.0.0");
});

Deno.test("two sharers that swap ports, or change their key together, both keep the address", () => {
  const stage = stageOf("10.1.0.0/30");
  stage.apply("a", { share: "k", ports: ["TCP/1"] });
  stage.apply("b", { share: "k", ports: ["TCP/2"] });
  stage.run();
  stage.apply("a", { share: "l", ports: ["TCP/2"] });
  stage.apply("b", { share: "l", ports: ["TCP/1"] });
  stage.run();
  assert.deepEqual([stage.published("a"), stage.published("b")], ["10.1.0.0", "10.1.0.0"]);
});

Deno.test("a freed port wakes a Service that waits for it", () => {
  const stage = stageOf("10.1.0.0/32");
  stage.apply("a", { share: "k", ports: ["TCP/1", "TCP/2"] });
  stage.apply("b", { share: "k", ports: ["TCP/2"] });
  stage.run();
  assert.equal(stage.published("b"), "");
  stage.apply("a", { share: "k", ports: ["TCP/1"] });
  stage.run();
  assert.equal(stage.published("b"), "10.1.0.0");
});

Deno.test("waiting Services are served by creationTimestamp, before any is served by name", () => {
  const stage = stageOf("10.1.0.0/32");
  stage.apply("young", { created: "2025-02-02T00:00:00Z" });
  stage.apply("old", { created: "2025-01-01T00:00:00Z" });
  stage.run();
  assert.deepEqual([stage.published("old"), stage.published("young")], ["10.1.0.0", ""]);
});

Deno.test("a Service that loses its address does not take one that another has published", () => {
  const stage = stageOf("10.1.0.0/30");
  stage.apply("a", { status: ["9.9.9.9"] });
  stage.apply("b", { status: ["10.1.0.0"] });
  stage.run();
  assert.deepEqual([stage.published("a"), stage.published("b")], ["10.1.0.1", "10.1.0.0"]);
});

Deno.test("a Service that becomes another class's releases its address and is left alone", () => {
  const stage = stageOf("10.1.0.0/32");
  stage.apply("a", {});
  stage.run();
  stage.apply("a", { loadBalancerClass: "other" });
  stage.apply("b", {});
  stage.run();
  assert.deepEqual([stage.published("a"), stage.published("b")], ["10.1.0.0", "10.1.0.0"]);
  assert.equal(stage.allocation.decisions.has("default/a"), false);
});

Deno.test("a Service created again under its name between two passes is a new one", () => {
  const stage = stageOf("10.1.0.0/32");
  stage.apply("a", { uid: "1" });
  stage.run();
  stage.apply("b", { created: "2024-01-01T00:00:00Z" });
  stage.run();
  stage.remove("a");
  stage.apply("a", { uid: "2", created: "2025-01-01T00:00:00Z" });
  stage.run();
  assert.deepEqual([stage.published("a"), stage.published("b")], ["", "10.1.0.0"]);
});

Deno.test("a dual-stack Service that becomes single-stack keeps the address of its family", () => {
  const stage = stageOf("10.1.0.0/30", "fd00::/126");
  stage.apply("other", {});
  stage.apply("a", DUAL);
  stage.run();
  const before = stage.published("a");
  stage.remove("other");
  stage.apply("a", { policy: "SingleStack" });
  stage.run();
  assert.equal(stage.published("a"), before.split(",")[0]);
});

Deno.test("a deprecated annotation is told of when the object is written, and obeyed", () => {
  const stage = stageOf("10.1.0.0/30");
  stage.apply("a", { annotations: { "metallb.universe.tf/loadBalancerIPs": "10.1.0.2" } });
  const [decision] = stage.run();
  assert.equal(stage.published("a"), "10.1.0.2");
  assert.deepEqual(decision?.events.map(({ reason }) => reason), ["deprecatedAnnotation", "IPAllocated"]);
});

Deno.test("an empty annotation under the new prefix hides the deprecated one", () => {
  const stage = stageOf("10.1.0.0/30");
  const annotations = { "metallb.io/loadBalancerIPs": "", "metallb.universe.tf/loadBalancerIPs": "10.1.0.2" };
  stage.apply("a", { annotations });
  stage.run();
  assert.equal(stage.published("a"), "10.1.0.0");
});

Deno.test("a configuration that differs only in what allocation does not look at decides nothing anew", () => {
  const stage = stageOf("10.1.0.0/30");
  stage.apply("a", {});
  stage.run();
  stage.config = configOf({ pool: { addresses: ["10.1.0.0/30"] } });
  assert.deepEqual(stage.reconcile(), []);
});

Deno.test("the address of a Service that cannot be read goes to nobody else, and is free again once it is gone", () => {
  const stage = stageOf("10.1.0.0/31");
  stage.unreadable = new Map([["10.1.0.0", "default/web"]]);
  stage.apply("a", {});
  stage.apply("b", {});
  stage.apply("c", { ips: "10.1.0.0" });
  stage.run();
  assert.deepEqual(["a", "b", "c"].map((name) => stage.published(name)), ["10.1.0.1", "", ""]);
  assert.equal(stage.allocation.decisions.get("default/c")?.reason, "addressInUse");
  stage.unreadable = new Map();
  stage.run();
  assert.deepEqual(["a", "b", "c"].map((name) => stage.published(name)), ["10.1.0.1", "10.1.0.0", ""]);
});

Deno.test("a Service that can be read again keeps the address that was reserved for it", () => {
  const stage = stageOf("10.1.0.0/31");
  stage.unreadable = new Map([["10.1.0.0", "default/web"]]);
  stage.apply("a", {});
  stage.run();
  stage.unreadable = new Map();
  stage.apply("web", { status: ["10.1.0.0"] });
  stage.apply("b", { created: "2025-01-01T00:00:00Z" });
  stage.run();
  assert.deepEqual(["web", "a", "b"].map((name) => stage.published(name)), ["10.1.0.0", "10.1.0.1", ""]);
});

Deno.test("a reserved address that a readable Service shares stays with it", () => {
  const stage = stageOf("10.1.0.0/31");
  stage.unreadable = new Map([["10.1.0.0", "default/web"]]);
  stage.apply("a", { share: "key", status: ["10.1.0.0"] });
  stage.run();
  assert.equal(stage.published("a"), "10.1.0.0");
});
