import assert from "node:assert/strict";
import { launcherHead } from "./self_extracting.ts";

const decoder = new TextDecoder();

Deno.test("launcherHead() puts the archive where it says, counted from 1", () => {
  for (const version of ["1", "1".repeat(5000)]) {
    const head = launcherHead("v=@VERSION@\ntail -c +@OFFSET@\n", { VERSION: version });
    const offset = Number(/tail -c \+(\d+)/.exec(decoder.decode(head))?.[1]);
    assert.equal(offset, head.length + 1);
    assert(decoder.decode(head).startsWith(`v=${version}\n`));
  }
});

Deno.test("launcherHead() refuses a blank nobody fills", () => {
  assert.throws(() => launcherHead("@COLOUR@", {}), /@COLOUR@/);
});
