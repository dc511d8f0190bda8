import assert from "node:assert/strict";
import { parseCommunity } from "./community.ts";

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
