import assert from "node:assert/strict";
import fc from "fast-check";
import { keysToCompare, VersionedMap } from "./versioned_map.ts";

type Change = readonly [string, number | null];

const entriesOf = (map: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...map].sort(([a], [b]) => a < b ? -1 : 1);

Deno.test("VersionedMap keeps every version as it was, whatever comes after it", () => {
  const key = fc.constantFrom("a", "b", "c", "d");
  const change = fc.tuple(key, fc.option(fc.integer(), { freq: 3 }));
  const step = fc.record({ from: fc.nat(), changes: fc.array(change, { maxLength: 4 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
    const versions = [VersionedMap.of(new Map([["a", 1], ["b", 2]]))];
    const expected: ReadonlyMap<string, number>[] = [new Map(versions[0])];
    for (const { from, changes } of steps) {
      const parent = from % versions.length;
      versions.push(versions[parent]!.with(changes));
      expected.push(changed(expected[parent]!, changes));
    }
    for (const [i, version] of versions.entries()) {
      assert.deepEqual(entriesOf(version), entriesOf(expected[i]!));
      assert.equal(version.size, expected[i]!.size);
      assert.deepEqual([...version.keys()].sort(), [...expected[i]!.keys()].sort());
      assert.deepEqual([...version.values()].sort(), [...expected[i]!.values()].sort());
      for (const one of ["a", "b", "c", "d"]) {
        assert.equal(version.get(one), expected[i]!.get(one));
        assert.equal(version.has(one), expected[i]!.has(one));
      }
    }
  }));
});

Deno.test("VersionedMap.of() takes a version for what it is and another map's entries once", () => {
  const map = new Map([["a", 1]]);
  const version = VersionedMap.of(map);
  map.set("b", 2);
  assert.deepEqual([...version], [["a", 1]]);
  assert.equal(VersionedMap.of(version), version);
});

Deno.test("VersionedMap.changedSince() names what its versions changed since, and nothing of another line", () => {
  const first = VersionedMap.of(new Map([["a", 1], ["b", 2]]));
  const second = first.with([["a", 3], ["c", 4]]);
  const third = second.with([["b", null]]);
  assert.deepEqual([third.changedSince(first), third.changedSince(second)], [["a", "c", "b"], ["b"]]);
  assert.deepEqual(third.changedSince(third), []);
  assert.deepEqual([first.changedSince(third), first.with([["a", 5]]).changedSince(second)], [null, null]);
});

Deno.test("keysToCompare() names each key once: what changed between versions, everything between other maps", () => {
  const keys = (
    before: ReadonlyMap<string, number>,
    after: ReadonlyMap<string, number>,
  ): string[] => [...keysToCompare(before, after)];
  const first = VersionedMap.of(new Map([["a", 1], ["b", 2], ["c", 3]]));
  const third = first.with([["a", 2]]).with([["a", 3], ["b", null]]);
  assert.deepEqual([keys(first, third), keys(third, third)], [["a", "b"], []]);
  assert.deepEqual(keys(third, first), ["c", "a", "b"]);
  assert.deepEqual(keys(new Map([["x", 1]]), third), ["a", "c", "x"]);
});

function changed(before: ReadonlyMap<string, number>, changes: readonly Change[]): Map<string, number> {
  const after = new Map(before);
  for (const [key, value] of changes) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  return after;
}
