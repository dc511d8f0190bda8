import assert from "node:assert/strict";
import type { ObjectError } from "../source.ts";
import { splitDocuments } from "./documents.ts";
import { type FileReading, readManifest } from "./reading.ts";

// JSON throughout: the YAML library wants to see the environment, which unit tests have not. YAML is tests/fuzz's.
const read = (value: unknown): FileReading => readManifest("dir/a.json", JSON.stringify(value), null);
const errorsOf = (value: unknown): readonly ObjectError[] => read(value).errors;
const service = (spec: unknown): unknown => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec,
});

Deno.test("readManifest() gives namespaced objects the default namespace and cluster-scoped ones none", () => {
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n1", namespace: "left over" } };
  const { objects, errors } = read({ apiVersion: "v1", kind: "List", items: [service({}), node] });
  assert.deepEqual(errors, []);
  assert.deepEqual(objects.map(({ key }) => key), ["default/web", "n1"]);
});

Deno.test("readManifest() lets items of a typed list inherit kind and version", () => {
  const { objects, errors } = read({
    apiVersion: "v1",
    kind: "NodeList",
    items: [{ metadata: { name: "n1" } }],
  });
  assert.deepEqual(errors, []);
  assert.deepEqual(objects.map(({ kind, key }) => [kind.kind, key]), [["Node", "n1"]]);
});

Deno.test("readManifest() skips kinds that are not read, other APIs' Services among them", () => {
  for (
    const [apiVersion, kind] of [["apps/v1", "Deployment"], ["metallb.io/v1beta1", "ServiceL2Status"], [
      "serving.knative.dev/v1",
      "Service",
    ]]
  ) {
    const { objects, errors } = read({ apiVersion, kind, metadata: { name: "x" } });
    assert.deepEqual([objects, errors], [[], []]);
  }
});

Deno.test("readManifest() freezes objects and drops nulls, but keeps empty labels", () => {
  const { objects } = read({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1", creationTimestamp: null, labels: { "node.kubernetes.io/exclude": null } },
  });
  const metadata = objects[0]!.object.metadata;
  assert.deepEqual(metadata, { name: "n1", labels: { "node.kubernetes.io/exclude": "" } });
  assert.ok(
    Object.isFrozen(metadata) && Object.isFrozen(metadata.labels) && Object.isFrozen(objects[0]!.object),
  );
});

const cases: readonly [string, unknown, ObjectError][] = [
  ["a wrong type", service({ clusterIPs: "10.0.0.1" }), {
    object: "Service/default/web",
    field: "spec.clusterIPs",
    message: 'Expected a list of strings, found the string "10.0.0.1"',
  }],
  ["an unknown word", service({ type: "LoadBalaner" }), {
    object: "Service/default/web",
    field: "spec.type",
    message: "Expected one of ClusterIP, NodePort, LoadBalancer, ExternalName, found the string " +
      '"LoadBalaner"',
  }],
  ["a number out of range", service({ ports: [{ port: 80 }, { port: 0 }] }), {
    object: "Service/default/web",
    field: "spec.ports[1].port",
    message: "Expected a whole number from 1 to 65535, found the number 0",
  }],
  ["a label that is no string", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "x", labels: { "a.b/c": true } },
  }, {
    object: "Namespace/x",
    field: 'metadata.labels["a.b/c"]',
    message: "Expected a string, found true: put it in quotes",
  }],
  ["a missing field", {
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name: "gold", namespace: "lb" },
    spec: {},
  }, {
    object: "IPAddressPool/lb/gold",
    field: "spec.addresses",
    message: "Missing, expected a list of strings",
  }],
  ["another version", {
    apiVersion: "discovery.k8s.io/v1beta1",
    kind: "EndpointSlice",
    metadata: { name: "x" },
  }, {
    object: "EndpointSlice/default/x",
    field: "apiVersion",
    message:
      "Expected discovery.k8s.io/v1, the only version of EndpointSlice that is read, found the string " +
      '"discovery.k8s.io/v1beta1"',
  }],
  ["a name no object may have", { apiVersion: "v1", kind: "Service", metadata: { name: "../x" } }, {
    object: "Service/default/../x",
    field: "metadata.name",
    message: "Expected a name of at most 63 lower-case letters, digits and '-', found the string \"../x\"",
  }],
  ["no kind", { metadata: { name: "x" } }, {
    object: "File/dir/a.json",
    field: "kind",
    message: "Missing, expected the kind of a Kubernetes object",
  }],
  ["no name in a list", { apiVersion: "v1", kind: "List", items: [{ kind: "Service" }] }, {
    object: "File/dir/a.json",
    field: "items[0].metadata.name",
    message: "Missing, expected the name of this Service",
  }],
  ["no object", ["a"], {
    object: "File/dir/a.json",
    field: "",
    message: "Expected a Kubernetes object, found a list",
  }],
];

for (const [what, value, expected] of cases) {
  Deno.test(`readManifest() reports ${what} with object, field and what was expected`, () => {
    const [error, ...more] = errorsOf(value);
    assert.deepEqual(more, []);
    assert.deepEqual(error, { ...expected, message: `${expected.message} (dir/a.json line 1)` });
  });
}

Deno.test("readManifest() names the line of a syntax error", () => {
  const { errors } = readManifest("a.json", '{\n  "kind": "Service",\n  oops\n}', null);
  assert.equal(errors[0]?.object, "File/a.json");
  assert.match(errors[0]?.message ?? "", /\(a\.json line 3\)$/);
});

Deno.test("readManifest() names the line of a field", () => {
  const text = JSON.stringify(service({ ports: [{ port: 80 }, { port: "http" }] }), null, 1);
  const line = text.slice(0, text.indexOf('"http"')).split("\n").length;
  const { errors } = readManifest("a.json", text, null);
  assert.equal(errors[0]?.field, "spec.ports[1].port");
  assert.ok(errors[0]?.message.endsWith(`(a.json line ${line})`), errors[0]?.message);
});

Deno.test("readManifest() refuses values nested beyond reason", () => {
  const { errors } = readManifest("a.json", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, null);
  assert.match(errors[0]?.message ?? "", /^Nested deeper than 64 levels/);
});

Deno.test("splitDocuments() cuts before each line of three dashes and counts lines", () => {
  const text = "# head\na: 1\n---\nb: 2\n---x\n---\n\n--- # c\nc: |\n  ---\n";
  assert.deepEqual(splitDocuments(text), [
    { text: "# head\na: 1\n", line: 1 },
    { text: "---\nb: 2\n---x\n", line: 3 },
    { text: "---\n\n", line: 6 },
    { text: "--- # c\nc: |\n  ---\n", line: 8 },
  ]);
});

Deno.test("splitDocuments() leaves directives with the document they direct", () => {
  assert.deepEqual(splitDocuments("%YAML 1.2\n# x\n---\na: 1\n---\nb: 2"), [
    { text: "%YAML 1.2\n# x\n---\na: 1\n", line: 1 },
    { text: "---\nb: 2", line: 5 },
  ]);
});
