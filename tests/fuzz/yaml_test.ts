/**
 * Manifests damaged in every way: reading them never throws, loses nothing that was in force, and says what is wrong.
 *
 * Not here: files and folders (tests/e2e/manifest_source_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { Catalog } from "../../k8s/manifests/catalog.ts";
import { parseYaml, splitDocuments } from "../../k8s/manifests/documents.ts";
import { readManifest } from "../../k8s/manifests/reading.ts";
import type { ObjectError } from "../../k8s/source.ts";

const DOCUMENTS: readonly string[] = [
  `# A Service with everything that is read.
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  creationTimestamp: "2026-01-02T03:04:05Z"
  labels: {app: web, tier: "1"}
  annotations:
    metallb.io/address-pool: gold
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  ipFamilies: [IPv4, IPv6]
  selector: {app: web}
  ports:
  - {name: http, port: 80, protocol: TCP}
  - name: https
    port: 443
status:
  loadBalancer:
    ingress: [{ip: 192.0.2.7, ipMode: VIP}]
`,
  `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: gold, namespace: metallb-system}
spec:
  addresses:
  - 192.0.2.0/24
  - 2001:db8::1-2001:db8::ff
  autoAssign: true
  serviceAllocation:
    priority: 50
    namespaces: [shop]
    serviceSelectors:
    - matchExpressions:
      - {key: app, operator: In, values: [web]}
`,
  `apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: all, namespace: metallb-system}
spec:
  preferredNodeSelectors:
  - weight: 100
    preference: {matchLabels: {rack: a}}
`,
  `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata: {name: node-1, labels: {rack: a}}
  status: {conditions: [{type: Ready, status: "True"}]}
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata:
    name: web-abc
    namespace: shop
    labels: {kubernetes.io/service-name: web}
  endpoints:
  - addresses: [10.0.0.1]
    nodeName: node-1
    conditions: {ready: true}
`,
];
const WHOLE = DOCUMENTS.join("---\n");

type Mutation = (octets: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

/** Deletes, cuts, inserts or overwrites somewhere; positions are fractions, so that they fit any length. */
const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("delete", "truncate", "insert", "overwrite"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 40 }),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(
      "\n",
      "- ",
      ": ",
      "{",
      "]",
      "'",
      '"',
      "&a ",
      "*a",
      "!x ",
      "---\n",
      "...\n",
      "%",
      "\t",
      "? ",
      "|\n",
      "\0",
    )
      .map((text) => new TextEncoder().encode(text)),
  ),
}).map(({ kind, at, length, bytes }): Mutation => (octets) => {
  const from = Math.floor(at * octets.length);
  if (kind === "truncate") return octets.slice(0, from);
  const inserted = kind === "delete" ? [] : [...bytes];
  const removed = kind === "insert" ? 0 : kind === "delete" ? length : bytes.length;
  return Uint8Array.from([...octets.subarray(0, from), ...inserted, ...octets.subarray(from + removed)]);
});

function mutate(text: string, mutations: readonly Mutation[]): string {
  const octets = mutations.reduce((before, change) => change(before), new TextEncoder().encode(text));
  return new TextDecoder().decode(octets);
}

function expectSpeaking(errors: readonly ObjectError[], path: string): void {
  for (const { object, message } of errors) {
    assert.match(object, /^[A-Za-z0-9]+\/./);
    assert.ok(message.includes(`${path} line `), message);
    assert.match(message, /^[A-Z"]/);
  }
}

Deno.test("Catalog.read() neither throws nor loses an object when a manifest is mutated", () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      const catalog = new Catalog(null);
      catalog.read("m.yaml", WHOLE);
      const before = catalog.objects(new Map());
      assert.deepEqual(catalog.errors(), []);
      catalog.read("m.yaml", mutate(WHOLE, mutations));
      const after = catalog.objects(new Map());
      expectSpeaking(catalog.errors().filter((error) => !error.message.startsWith("Stands in")), "m.yaml");
      if (catalog.isWhole) return;
      for (const kind of Object.keys(before) as (keyof typeof before)[]) {
        assert.equal(after[kind], before[kind]);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("readManifest() does not throw on arbitrary text, as YAML or as JSON", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.json(),
    fc.array(
      fc.constantFrom(
        "a",
        ": ",
        "- ",
        "\n",
        "  ",
        "{",
        "}",
        "[",
        "]",
        "&x ",
        "*x ",
        "? ",
        "|",
        "'",
        "%",
        "---\n",
      ),
    )
      .map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, fc.constantFrom("m.yaml", "m.json"), (text, path) => {
      expectSpeaking(readManifest(path, text, null).errors, path);
    }),
    { numRuns: 1_000 },
  );
});

type Step = string | number;

/** Every place in a value. */
function placesIn(value: unknown, path: readonly Step[] = []): readonly (readonly Step[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return [
    path,
    ...steps.flatMap((step) => placesIn((value as Record<Step, unknown>)[step], [...path, step])),
  ];
}

function replaceAt(root: unknown, path: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const copy = structuredClone(root) as Record<Step, unknown>;
  copy[step] = replaceAt(copy[step], rest, value);
  return copy;
}

Deno.test("readManifest() names object and field when a value has another type", () => {
  const objects = [0, 1, 2].map((index) => parseAllDocuments(DOCUMENTS[index]!)[0]!.toJS());
  const swap = fc.constantFrom(...objects).chain((object) =>
    fc.record({
      object: fc.constant(object),
      path: fc.constantFrom(...placesIn(object.spec, ["spec"])),
      value: fc.jsonValue({ maxDepth: 1 }),
    })
  );
  fc.assert(
    fc.property(swap, ({ object, path, value }) => {
      const { kind, metadata: { namespace, name } } = object;
      const { errors, objects } = readManifest(
        "m.json",
        JSON.stringify(replaceAt(object, path, value)),
        null,
      );
      assert.equal(objects.length, errors.length === 0 ? 1 : 0);
      const swapped = path.reduce<string>(
        (text, step) =>
          typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`,
        "",
      );
      for (const { object, field } of errors) {
        assert.equal(object, `${kind}/${namespace}/${name}`);
        assert.ok(field.startsWith(swapped) || swapped.startsWith(field), `${field} for ${swapped}`);
        assert.notEqual(field, "");
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("splitDocuments() loses nothing: piece by piece the documents are those of the whole", () => {
  const piece = fc.constantFrom(
    ...DOCUMENTS,
    "a: |\n  ---\n  b\n",
    "# only a comment\n",
    "",
    "'a\n\n  b'\n",
    "x\n...\n",
  );
  const separator = fc.constantFrom("---\n", "--- # comment\n", "---\r\n", "---   \n");
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, separator), { maxLength: 6 }), (parts) => {
      const text = parts.map(([piece, separator]) => separator + piece).join("");
      const whole = (parseAllDocuments(text) as { toJS(): unknown }[]).map((document) => document.toJS());
      const pieces = splitDocuments(text).flatMap(parseYaml);
      assert.deepEqual(
        pieces.map((document) => document.ok ? document.value : document),
        whole.filter((v) => v !== null),
      );
    }),
    { numRuns: 200 },
  );
});

const refused: readonly [string, string, RegExp][] = [
  ["a duplicate key", "a: 1\na: 2", /Map keys must be unique.* line 2\)/],
  ["an unknown tag", "a: 1\nb: !foreign x", /tag.* line 2\)/],
  ["an unknown alias", "a: *nobody", /alias.* line 1\)/],
  ["an alias within itself", "a: &x [*x, *x]", /An alias contains itself.* line 1\)/],
  ["aliases that multiply", billionLaughs(), /alias.* line 1\)/],
  ["nesting without end", "[".repeat(20_000), / line 1\)/],
  ["a second document that is cut short", `${DOCUMENTS[1]}---\nkind: "Serv`, /quote.* line 16\)/],
];
for (const [what, text, message] of refused) {
  Deno.test(`readManifest() refuses ${what} and names its line`, () => {
    const { errors } = readManifest("m.yaml", text, null);
    assert.equal(errors[0]?.object, "File/m.yaml");
    assert.match(errors[0]?.message ?? "", message);
  });
}

function billionLaughs(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 9; level++) {
    lines.push(`a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`).join()}]`);
  }
  return lines.join("\n");
}

Deno.test("readManifest() names the line of a field of the wrong type in YAML", () => {
  const text = WHOLE.replace("weight: 100", "weight: heavy");
  const line = text.slice(0, text.indexOf("heavy")).split("\n").length;
  assert.deepEqual(readManifest("m.yaml", text, null).errors, [{
    object: "L2Advertisement/metallb-system/all",
    field: "spec.preferredNodeSelectors[0].weight",
    message: `Expected a whole number from 1 to 100, found the string "heavy" (m.yaml line ${line})`,
  }]);
});

Deno.test("readManifest() merges the mappings that << names, and refuses it beside anything else", () => {
  const node = (base: string): string => `${base}\nkind: Node\nmetadata: {name: n1}\n<<: *base\n`;
  const { objects, errors } = readManifest("m.yaml", node("base: &base {apiVersion: v1}"), null);
  assert.deepEqual(errors, []);
  assert.deepEqual(objects.map(({ key }) => key), ["n1"]);
  assert.match(readManifest("m.yaml", node("base: &base 5"), null).errors[0]?.message ?? "", /line 1\)/);
});
