import assert from "node:assert/strict";
import { excludedPattern } from "./excluded_interfaces.ts";

Deno.test("excludedPattern() joins the patterns of a file", () => {
  const pattern = excludedPattern("announcedInterfacesToExclude:\n- ^docker.*\n- ^lo$\n", "f");
  assert.equal(pattern, "(^docker.*)|(^lo$)");
  const excluded = new RegExp(pattern!);
  assert(excluded.test("docker0") && excluded.test("lo"));
  assert(!excluded.test("eth0") && !excluded.test("lo1"));
});

Deno.test("excludedPattern() excludes nothing for an empty file or list", () => {
  assert.equal(excludedPattern("", "f"), null);
  assert.equal(excludedPattern("announcedInterfacesToExclude: []", "f"), null);
  assert.equal(excludedPattern("other: 1", "f"), null);
});

for (
  const [text, says] of [
    ["announcedInterfacesToExclude: ['(']", /bad pattern "\("/],
    ["announcedInterfacesToExclude: eth0", /must be a list of patterns/],
    ["announcedInterfacesToExclude: [1]", /must be a list of patterns/],
    ["a: [", /f is not YAML/],
  ] as const
) {
  Deno.test(`excludedPattern() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => excludedPattern(text, "f"), says);
  });
}
