import assert from "node:assert/strict";
import type { Service } from "../../k8s/types/core.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { deprecatedAnnotationsOf, familiesOf, requestOf } from "./request.ts";

function serviceOf(spec: Service["spec"], annotations: Record<string, string> = {}): Service {
  const metadata = { name: "s", namespace: "ns", annotations };
  return { apiVersion: "v1", kind: "Service", metadata, spec: spec ?? {} };
}

function addressesOf(spec: Service["spec"], annotations: Record<string, string> = {}) {
  return requestOf("ns/s", serviceOf(spec, annotations)).addresses;
}

Deno.test("familiesOf() names one address, one of each family, and nothing else", () => {
  const [v4, v6] = ["1.2.3.4" as Ip, "1000::" as Ip];
  assert.equal(familiesOf([v4]), "ipv4");
  assert.equal(familiesOf([v6]), "ipv6");
  assert.equal(familiesOf([v6, v4]), "dual");
  for (const ips of [[], [v4, v4], [v4, v6, v4], [null], [v4, null]]) {
    assert.equal(familiesOf(ips), "unknown");
  }
});

Deno.test("requestOf() trims the items of the annotation, but not spec.loadBalancerIP", () => {
  const both = { "metallb.io/loadBalancerIPs": " 1.2.3.4 , 1000::0 " };
  assert.deepEqual(addressesOf({}, both), { ok: true, ips: ["1.2.3.4", "1000::"] });
  assert.equal(addressesOf({ loadBalancerIP: " 1.2.3.4" }).ok, false);
});

Deno.test("requestOf() reads the families from clusterIPs, and from clusterIP only without them", () => {
  assert.equal(requestOf("k", serviceOf({ clusterIPs: ["1000::"], clusterIP: "1.2.3.4" })).families, "ipv6");
  assert.equal(requestOf("k", serviceOf({ clusterIPs: [], clusterIP: "1.2.3.4" })).families, "ipv4");
  assert.equal(requestOf("k", serviceOf({ clusterIP: "None" })).families, "unknown");
  assert.equal(requestOf("k", serviceOf({})).clusterIPCount, 0);
});

Deno.test("requestOf() lets only equal keys and backends share, whatever the order of the selector", () => {
  const sharing = (key: string, spec: Service["spec"]) =>
    requestOf("k", serviceOf(spec, { "metallb.io/allow-shared-ip": key })).claim.sharing;
  const local = { externalTrafficPolicy: "Local" };
  assert.equal(sharing("", local), "");
  assert.equal(
    sharing("x", { ...local, selector: { a: "1", b: "2" } }),
    sharing("x", {
      ...local,
      selector: { b: "2", a: "1" },
    }),
  );
  assert.notEqual(sharing("x", { ...local, selector: { a: "1" } }), sharing("x", { selector: { a: "1" } }));
  assert.equal(sharing("x", local), sharing("x", {}), "Local without a selector counts as Cluster");
});

Deno.test("requestOf() names each port once, TCP where no protocol is said", () => {
  const ports = [{ port: 80 }, { protocol: "UDP", port: 53 }, { protocol: "TCP", port: 80 }];
  assert.deepEqual(requestOf("k", serviceOf({ ports })).claim.ports, ["TCP/80", "UDP/53"]);
});

Deno.test("deprecatedAnnotationsOf() finds the old prefix, sorted", () => {
  const annotations = {
    "metallb.universe.tf/b": "",
    "metallb.universe.tf/a": "",
    "metallb.io/address-pool": "",
  };
  assert.deepEqual(deprecatedAnnotationsOf(serviceOf({}, annotations)), [
    "metallb.universe.tf/a",
    "metallb.universe.tf/b",
  ]);
});
