import assert from "node:assert/strict";
import { compareCommunities, parseCommunity, resolveCommunities } from "./community.ts";

const COMMUNITIES: readonly [string, string][] = [
  ["0:0", "0:0"],
  ["65535:65535", "65535:65535"],
  ["007:1", "7:1"],
  ["large:4294967295:0:1", "4294967295:0:1"],
];

for (const [text, value] of COMMUNITIES) {
  Deno.test(`parseCommunity() reads ${text}`, () =>
    assert.deepEqual(parseCommunity(text), { ok: true, value }));
}

const REFUSED: readonly [string, RegExp][] = [
  ["", /^invalid community format: $/],
  ["no-export", /^invalid community format: no-export$/],
  ["1:2:3", /^invalid community format: 1:2:3$/],
  ["1:2:3:4:5", /^invalid community format/],
  ["65536:1", /^invalid community value: invalid section "65536"/],
  ["1:-1", /^invalid community value: invalid section "-1"/],
  ["1:", /^invalid community value: invalid section ""/],
  ["1:0x1", /^invalid community value: invalid section "0x1"/],
  ["large:1:2:4294967296", /^invalid community value: invalid section "4294967296"/],
  ["LARGE:1:2:3", /^invalid community value: expected community to be of format large/],
];

for (const [text, message] of REFUSED) {
  Deno.test(`parseCommunity() refuses "${text}"`, () => {
    const parsed = parseCommunity(text);
    assert.ok(!parsed.ok);
    assert.match(parsed.message, message);
  });
}

Deno.test("compareCommunities() takes a standard community for a large one with two zeros", () => {
  assert.deepEqual(
    ["123:0", "0:1234", "123:456:789", "0:9", "1:0:0"].sort(compareCommunities),
    [
      "0:9",
      "0:1234",
      "123:0",
      "123:456:789",
      "1:0:0",
    ].sort(compareCommunities),
  );
  assert.ok(compareCommunities("0:1234", "123:456:789") > 0);
  assert.ok(compareCommunities("0:1234", "1235:0:0") < 0);
  assert.ok(compareCommunities("9:1", "10:1") < 0);
  assert.equal(compareCommunities("1:2", "1:2"), 0);
});

Deno.test("resolveCommunities() lets an alias go before a literal, and tells equal values once", () => {
  const aliases = new Map([["backup", "65000:7"], ["1:1", "65000:8"]]);
  const refused: string[] = [];
  const values = resolveCommunities(
    ["backup", "1:1", "65000:7", "large:1:2:3", "nobody", "1:x"],
    aliases,
    (field) => {
      refused.push(field);
    },
  );
  assert.deepEqual(values, ["1:2:3", "65000:7", "65000:8"]);
  assert.deepEqual(refused, ["spec.communities[4]", "spec.communities[5]"]);
});
