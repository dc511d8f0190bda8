import assert from "node:assert/strict";
import { attributeSet, pathAttributes } from "./attribute_set.ts";
import type { Community, LargeCommunity } from "./wire/communities.ts";

const standard = ["65000:100", "65000:20", "65000:100"] as Community[];
const large = ["65000:1:2"] as LargeCommunity[];

Deno.test("attributeSet() sorts by number, drops what stands twice, and equal sets have equal keys", () => {
  const set = attributeSet(100, standard, large);
  assert.deepEqual(set.communities, ["65000:20", "65000:100"]);
  assert.equal(set.key, attributeSet(100, [...standard].reverse(), large).key);
});

Deno.test("attributeSet() gives different sets different keys", () => {
  const keys = [
    attributeSet(100),
    attributeSet(200),
    attributeSet(100, standard),
    attributeSet(100, [], large),
    attributeSet(100, standard, large),
  ].map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

Deno.test("pathAttributes() prepends our AS towards external peers and says LOCAL_PREF to internal ones", () => {
  assert.deepEqual(pathAttributes(attributeSet(7, standard), 65001, "external"), {
    origin: "igp",
    asPath: [65001],
    communities: ["65000:20", "65000:100"],
  });
  assert.deepEqual(pathAttributes(attributeSet(0, [], large), 65001, "internal"), {
    origin: "igp",
    asPath: [],
    localPref: 0,
    largeCommunities: ["65000:1:2"],
  });
});
