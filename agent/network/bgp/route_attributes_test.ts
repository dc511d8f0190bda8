import assert from "node:assert/strict";
import { AttributeSets } from "./route_attributes.ts";

const TAGGED = { localPref: 200, communities: ["64512:7", "64512:1:2"] };

Deno.test("AttributeSets gives equal attributes the identical set, however they are written", () => {
  const sets = new AttributeSets();
  const set = sets.of(TAGGED);
  assert.equal(sets.of({ ...TAGGED, communities: TAGGED.communities.toReversed() }), set);
  assert.notEqual(sets.of({ ...TAGGED, localPref: 201 }), set);
});

Deno.test("AttributeSets tells standard from large communities, and prefers as everybody does where nothing is said", () => {
  const { localPref, communities, largeCommunities } = new AttributeSets().of({ ...TAGGED, localPref: null });
  assert.deepEqual([localPref, communities, largeCommunities], [100, ["64512:7"], ["64512:1:2"]]);
});

Deno.test("AttributeSets marks what leaves with GRACEFUL_SHUTDOWN and the least preference, RFC 8326 4", () => {
  const sets = new AttributeSets();
  const leaving = sets.leaving(sets.of(TAGGED));
  assert.equal(leaving.localPref, 0);
  assert.deepEqual([...leaving.communities].sort(), ["64512:7", "65535:0"]);
  assert.deepEqual(leaving.largeCommunities, ["64512:1:2"]);
  assert.equal(sets.leaving(leaving), leaving, "once is enough");
});
