import assert from "node:assert/strict";
import type { Ip } from "../../../protocols/net/ip.ts";
import { defaultRouterId } from "./router_id.ts";

Deno.test("defaultRouterId takes the first IPv4 address", () => {
  assert.equal(defaultRouterId("192.0.2.7" as Ip, "node1"), "192.0.2.7");
});

Deno.test("defaultRouterId of a node without IPv4 is MetalLB's CRC of its name", () => {
  assert.equal(defaultRouterId(null, "node1"), "64.37.239.133");
});
