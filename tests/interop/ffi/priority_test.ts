import assert from "node:assert/strict";

const SCRIPT = `
import { preferThisThread, setRealTime } from ${
  JSON.stringify(new URL("../../../ffi/priority.ts", import.meta.url).href)
};
function seen() {
  const fields = Deno.readTextFileSync("/proc/thread-self/stat").split(") ")[1].split(" ");
  return { nice: fields[16], realTime: fields[37], policy: fields[38] };
}
const steps = [seen(), preferThisThread(), seen(), setRealTime(true), seen(), setRealTime(false), seen()];
console.log(JSON.stringify(steps));
`;
const ORDINARY = { nice: "0", realTime: "0", policy: "0" };
const FAVOURED = { ...ORDINARY, nice: "-20" };
const ROUND_ROBIN = { realTime: "1", policy: "2" };

async function run(prefix: readonly string[]): Promise<readonly unknown[]> {
  const [program, ...args] = [...prefix, Deno.execPath(), "run", "--quiet", "--no-lock", "-A", "-"];
  const child = new Deno.Command(program!, { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(SCRIPT));
  await writer.close();
  return JSON.parse(new TextDecoder().decode((await child.output()).stdout));
}

/** A cgroup without a share of real time refuses it even to root. */
const isRealTimeGranted =
  (await new Deno.Command("chrt", { args: ["-r", "1", "true"], stderr: "null" }).output())
    .success;
const remark = isRealTimeGranted ? "" : " (skipped: the kernel grants no real-time scheduling here)";
if (remark !== "") console.error(`SKIPPED: real-time scheduling: chrt -r 1 true fails`);

Deno.test({
  name:
    `preferThisThread() and setRealTime() raise the calling thread, and the way back keeps the nice value${remark}`,
  ignore: !isRealTimeGranted,
  fn: async () => {
    const [before, isPreferred, favoured, isRaised, raised, isLowered, lowered] = await run([]);
    assert.deepEqual([before, isPreferred, favoured], [ORDINARY, true, FAVOURED]);
    assert.equal(isRaised, true);
    assert.deepEqual({ ...ROUND_ROBIN, ...raised as object }, raised);
    assert.deepEqual([isLowered, lowered], [true, FAVOURED]);
  },
});

Deno.test("preferThisThread() and setRealTime() leave everything as it is without CAP_SYS_NICE", async () => {
  const without = ["setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice"];
  const [before, isPreferred, favoured, isRaised, raised] = await run(without);
  assert.deepEqual([before, isPreferred, favoured, isRaised, raised], [
    ORDINARY,
    false,
    ORDINARY,
    false,
    ORDINARY,
  ]);
});
