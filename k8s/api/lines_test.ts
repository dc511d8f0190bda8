import assert from "node:assert/strict";
import { splitLines } from "./lines.ts";

async function linesOf(octets: Uint8Array, size: number): Promise<string[]> {
  const chunks = Array.from(
    { length: Math.ceil(octets.length / size) },
    (_, index) => octets.subarray(index * size, (index + 1) * size),
  );
  const lines: string[] = [];
  for await (const some of splitLines(ReadableStream.from(chunks))) lines.push(...some);
  return lines;
}

Deno.test("splitLines() finds the same lines wherever the octets are cut, within a character too", async () => {
  const octets = new TextEncoder().encode('{"a":"é🦊"}\n\n{"b":1}\n{"cut');
  for (let size = 1; size <= octets.length; size++) {
    assert.deepEqual(await linesOf(octets, size), ['{"a":"é🦊"}', '{"b":1}'], `in chunks of ${size}`);
  }
});
