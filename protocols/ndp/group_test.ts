import assert from "node:assert/strict";
import { type Ip, ipToBytes } from "../net/ip.ts";
import { ALL_NODES, groupMac, isSolicitedNodeGroupAt, solicitedNodeGroup } from "./group.ts";

Deno.test("solicitedNodeGroup() matches the example of RFC 4291 2.7.1", () => {
  assert.equal(solicitedNodeGroup("4037::1:800:200e:8c6c" as Ip), "ff02::1:ff0e:8c6c");
});

Deno.test("solicitedNodeGroup() is one for addresses equal in 24 bits", () => {
  assert.equal(
    solicitedNodeGroup("2001:db8::12:3456" as Ip),
    solicitedNodeGroup("fc00:0:0:1::ff12:3456" as Ip),
  );
  assert.notEqual(
    solicitedNodeGroup("2001:db8::12:3456" as Ip),
    solicitedNodeGroup("2001:db8::13:3456" as Ip),
  );
  assert.equal(solicitedNodeGroup("2001:db8::" as Ip), "ff02::1:ff00:0");
});

Deno.test("groupMac() maps as RFC 2464 section 7 says", () => {
  assert.equal(groupMac(ALL_NODES), "33:33:00:00:00:01");
  assert.equal(groupMac("ff02::1:ff0e:8c6c" as Ip), "33:33:ff:0e:8c:6c");
});

Deno.test("isSolicitedNodeGroupAt() wants all 104 bits of the prefix", () => {
  assert.equal(isSolicitedNodeGroupAt(ipToBytes("ff02::1:ff0e:8c6c" as Ip), 0), true);
  for (
    const ip of [
      "ff02::1",
      "ff02::1:fe0e:8c6c",
      "ff05::1:ff0e:8c6c",
      "ff02::1:1:ff0e:8c6c",
      "ff02::2:ff0e:8c6c",
    ]
  ) {
    assert.equal(isSolicitedNodeGroupAt(ipToBytes(ip as Ip), 0), false, ip);
  }
});
