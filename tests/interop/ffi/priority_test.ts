import assert from "node:assert/strict";

const SCRIPT = `
import { preferThisThread } from ${JSON.stringify(new URL("../../../ffi/priority.ts", import.meta.url).href)};
const before = Deno.readTextFileSync("/proc/thread-self/stat").split(") ")[1].split(" ")[16];
const preferred = preferThisThread();
const after = Deno.readTextFileSync("/proc/thread-self/stat").split(") ")[1].split(" ")[16];
console.log(JSON.stringify({ before, preferred, after }));
`;

async function run(prefix: readonly string[]): Promise<unknown> {
  const [program, ...args] = [...prefix, Deno.execPath(), "run", "--quiet", "--no-lock", "-A", "-"];
  const child = new Deno.Command(program!, { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(SCRIPT));
  await writer.close();
  return JSON.parse(new TextDecoder().decode((await child.output()).stdout));
}

Deno.test("preferThisThread() gives the calling thread the best nice value", async () => {
  assert.deepEqual(await run([]), { before: "0", preferred: true, after: "-20" });
});

Deno.test("preferThisThread() leaves everything as it is without CAP_SYS_NICE", async () => {
  const without = ["setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice"];
  assert.deepEqual(await run(without), { before: "0", preferred: false, after: "0" });
});
