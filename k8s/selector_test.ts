import assert from "node:assert/strict";
import fc from "fast-check";
import { compileSelector, type Selector } from "./selector.ts";
import type { Labels, LabelSelector, LabelSelectorRequirement } from "./types/meta.ts";

function compiled(selector: LabelSelector | undefined): Selector {
  const result = compileSelector(selector);
  assert.ok(result.ok, result.ok ? "" : `${result.error.field}: ${result.error.message}`);
  return result.selector;
}

function expressions(...matchExpressions: LabelSelectorRequirement[]): LabelSelector {
  return { matchExpressions };
}

const MATCHING: readonly [LabelSelector | undefined, Labels | undefined, boolean][] = [
  [undefined, undefined, true],
  [{}, { a: "b" }, true],
  [{ matchLabels: { a: "b" } }, { a: "b", c: "d" }, true],
  [{ matchLabels: { a: "b" } }, { a: "c" }, false],
  [{ matchLabels: { a: "" } }, { a: "" }, true],
  [{ matchLabels: { a: "" } }, {}, false],
  [{ matchLabels: { toString: "b" } }, undefined, false],
  [expressions({ key: "toString", operator: "Exists" }), {}, false],
  [expressions({ key: "a", operator: "In", values: ["x", "y"] }), { a: "y" }, true],
  [expressions({ key: "a", operator: "In", values: ["x", "y"] }), {}, false],
  [expressions({ key: "a", operator: "NotIn", values: ["x"] }), { a: "x" }, false],
  [expressions({ key: "a", operator: "NotIn", values: ["x"] }), {}, true],
  [expressions({ key: "a", operator: "Exists" }), { a: "" }, true],
  [expressions({ key: "a", operator: "Exists", values: [] }), {}, false],
  [expressions({ key: "a", operator: "DoesNotExist" }), undefined, true],
  [expressions({ key: "a", operator: "DoesNotExist" }), { a: "x" }, false],
  [{ matchLabels: { a: "b" }, ...expressions({ key: "c", operator: "Exists" }) }, { a: "b" }, false],
  [{ matchLabels: { a: "b" }, ...expressions({ key: "c", operator: "Exists" }) }, { a: "b", c: "" }, true],
];

for (const [selector, labels, expected] of MATCHING) {
  Deno.test(`compileSelector() ${JSON.stringify(selector)} on ${JSON.stringify(labels)} is ${expected}`, () => {
    assert.equal(compiled(selector).matches(labels), expected);
  });
}

const REFUSED: readonly [LabelSelector, string][] = [
  [expressions({ key: "a", operator: "In" }), "matchExpressions[0].values"],
  [expressions({ key: "a", operator: "NotIn", values: [] }), "matchExpressions[0].values"],
  [expressions({ key: "a", operator: "Exists", values: ["x"] }), "matchExpressions[0].values"],
  [expressions({ key: "a", operator: "DoesNotExist", values: ["x"] }), "matchExpressions[0].values"],
  [expressions({ key: "a", operator: "surrounds", values: ["x"] }), "matchExpressions[0].operator"],
  [expressions({ key: "a", operator: "" }), "matchExpressions[0].operator"],
  [expressions({ key: "a", operator: "Exists" }, { key: "", operator: "Exists" }), "matchExpressions[1].key"],
  [expressions({ key: "a", operator: "In", values: ["ok", "not ok"] }), "matchExpressions[0].values[1]"],
  [{ matchLabels: { "no blanks": "x" } }, "matchLabels[no blanks]"],
  [{ matchLabels: { a: "-x" } }, "matchLabels[a]"],
];

for (const [selector, field] of REFUSED) {
  Deno.test(`compileSelector() refuses ${JSON.stringify(selector)}`, () => {
    const result = compileSelector(selector);
    assert.ok(!result.ok);
    assert.equal(result.error.field, field);
  });
}

Deno.test("compileSelector() gives one text to selectors that differ in order alone", () => {
  const one = compiled({
    matchLabels: { b: "2", a: "1" },
    ...expressions({ key: "c", operator: "In", values: ["y", "x"] }, { key: "d", operator: "DoesNotExist" }),
  });
  const other = compiled({
    matchLabels: { a: "1", b: "2" },
    ...expressions({ key: "d", operator: "DoesNotExist" }, { key: "c", operator: "In", values: ["x", "y"] }),
  });
  assert.equal(one.text, "!d,a=1,b=2,c in (x,y)");
  assert.equal(other.text, one.text);
});

const name = fc.constantFrom("a", "b", "c", "example.org/d");
const value = fc.constantFrom("", "x", "y", "z");
const labelSets = fc.dictionary(name, value);
const requirements: fc.Arbitrary<LabelSelectorRequirement> = fc.oneof(
  fc.record({
    key: name,
    operator: fc.constantFrom("In", "NotIn"),
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ key: name, operator: fc.constantFrom("Exists", "DoesNotExist") }),
);
const selectors: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: fc.dictionary(name, value, { maxKeys: 2 }),
  matchExpressions: fc.array(requirements, { maxLength: 3 }),
});

/** The definition, word for word, with nothing compiled. */
function naivelyMatches(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, wanted] of Object.entries(selector.matchLabels ?? {})) {
    if (!(key in labels) || labels[key] !== wanted) return false;
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const among = key in labels && (values ?? []).includes(labels[key] as string);
    if (operator === "In" && !among) return false;
    if (operator === "NotIn" && among) return false;
    if (operator === "Exists" && !(key in labels)) return false;
    if (operator === "DoesNotExist" && key in labels) return false;
  }
  return true;
}

Deno.test("compileSelector() agrees with the definition on any selector and labels", () => {
  fc.assert(fc.property(selectors, labelSets, (selector, labels) => {
    assert.equal(compiled(selector).matches(labels), naivelyMatches(selector, labels));
  }));
});

Deno.test("compileSelector() gives equal text only to selectors that match alike", () => {
  fc.assert(
    fc.property(selectors, selectors, labelSets, (one, other, labels) => {
      fc.pre(compiled(one).text === compiled(other).text);
      assert.equal(compiled(one).matches(labels), compiled(other).matches(labels));
    }),
    { numRuns: 20, maxSkipsPerRun: 10_000 },
  );
});
