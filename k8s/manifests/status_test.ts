import assert from "node:assert/strict";
import type { Service } from "../types/core.ts";
import {
  formatStatus,
  parseStatus,
  recordAfter,
  serviceOfStatusFile,
  statusFileName,
  withStatus,
} from "./status.ts";

const record = {
  key: "shop/web",
  ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }, { ip: "2001:db8::1" }],
  annotations: { "metallb.io/ip-allocated-from-pool": "gold", gone: null },
};

Deno.test("parseStatus() reads back what formatStatus() wrote", () => {
  assert.deepEqual(parseStatus("shop/web", "f", formatStatus(record)), record);
});

Deno.test("formatStatus() writes a Kubernetes object with sorted annotations", () => {
  assert.deepEqual(JSON.parse(formatStatus(record)), {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      namespace: "shop",
      name: "web",
      annotations: { gone: null, "metallb.io/ip-allocated-from-pool": "gold" },
    },
    status: { loadBalancer: { ingress: record.ingress } },
  });
  assert.equal(
    formatStatus({ ...record, annotations: { b: "1", a: "2" } }),
    formatStatus({ ...record, annotations: { a: "2", b: "1" } }),
  );
});

Deno.test("parseStatus() names the Service and field of what it cannot use", () => {
  const bad = formatStatus(record).replace('"ingress": [', '"ingress": [5,');
  const read = parseStatus("shop/web", "status/f.json", bad);
  assert.ok("errors" in read);
  assert.equal(read.errors[0]?.object, "Service/shop/web");
  assert.equal(read.errors[0]?.field, "status.loadBalancer.ingress[0]");
  assert.ok("errors" in parseStatus("shop/web", "f", formatStatus(record).slice(0, -3)));
  assert.ok("errors" in parseStatus("shop/web", "f", ""));
});

Deno.test("statusFileName() and serviceOfStatusFile() are each other's inverse and refuse unsafe names", () => {
  assert.equal(statusFileName("shop/web"), "service.shop.web.json");
  assert.equal(serviceOfStatusFile("service.shop.web.json"), "shop/web");
  for (const key of ["web", "a/b/c", "../x", "a/..", "a/", "A/b", "a/b.c"]) {
    assert.equal(statusFileName(key), null);
  }
  for (const name of ["x.json", "service.a.json", "service.a.b.c.json", "service.A.b.json"]) {
    assert.equal(serviceOfStatusFile(name), null);
  }
});

Deno.test("recordAfter() keeps annotations the write does not name", () => {
  const after = recordAfter(record, { key: "shop/web", ingress: [], annotations: { other: "x" } });
  assert.deepEqual(after, {
    key: "shop/web",
    ingress: [],
    annotations: { ...record.annotations, other: "x" },
  });
});

Deno.test("withStatus() replaces the manifest's addresses, sets and hides annotations, and keeps identity", () => {
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop", annotations: { gone: "x", kept: "y" } },
    status: { loadBalancer: { ingress: [{ ip: "198.51.100.1" }] } },
  };
  const laid = withStatus(service, record);
  assert.deepEqual(laid.metadata.annotations, { kept: "y", "metallb.io/ip-allocated-from-pool": "gold" });
  assert.deepEqual(laid.status?.loadBalancer?.ingress, record.ingress);
  assert.equal(withStatus(service, record), laid);
  assert.notEqual(withStatus(service, { ...record, ingress: [] }), laid);
  assert.equal(withStatus(service, undefined), service);
});

Deno.test("parseStatus() keeps the addresses that still stand whole in a damaged file", () => {
  const text = formatStatus({
    key: "shop/web",
    ingress: [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }],
    annotations: {},
  });
  const cut = parseStatus("shop/web", "f", text.slice(0, text.indexOf("db8")));
  assert.ok("errors" in cut);
  assert.deepEqual(cut.rest, { key: "shop/web", ingress: [{ ip: "192.0.2.1" }], annotations: {} });
  const empty = parseStatus("shop/web", "f", "\0".repeat(20));
  assert.ok("errors" in empty);
  assert.equal(empty.rest, null);
});
