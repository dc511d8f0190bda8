import assert from "node:assert/strict";

const SCRIPT = `
import { preferThisThread, setRealTime, shortenSlice } from ${
  JSON.stringify(new URL("../../../ffi/priority.ts", import.meta.url).href)
};
function seen() {
  const fields = Deno.readTextFileSync("/proc/thread-self/stat").split(") ")[1].split(" ");
  return { nice: fields[16], realTime: fields[37], policy: fields[38] };
}
function slice() {
  return Number(/^se\\.slice *: *(\\d+)$/m.exec(Deno.readTextFileSync("/proc/thread-self/sched"))?.[1]);
}
const STEPS = {
  precedence: () =>
    [seen(), preferThisThread(), seen(), setRealTime(true), seen(), setRealTime(false), seen()],
  slice: () => [slice(), shortenSlice(), slice(), preferThisThread(), setRealTime(true), setRealTime(false), slice()],
};
console.log(JSON.stringify(STEPS[Deno.args[0]]()));
`;
const ORDINARY = { nice: "0", realTime: "0", policy: "0" };
const FAVOURED = { ...ORDINARY, nice: "-20" };
const ROUND_ROBIN = { realTime: "1", policy: "2" };

const WITHOUT_SYS_NICE = ["setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice"];

async function run(
  steps: "precedence" | "slice",
  prefix: readonly string[] = [],
): Promise<readonly unknown[]> {
  const [program, ...args] = [...prefix, Deno.execPath(), "run", "--quiet", "--no-lock", "-A", "-", steps];
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
    const [before, isPreferred, favoured, isRaised, raised, isLowered, lowered] = await run("precedence");
    assert.deepEqual([before, isPreferred, favoured], [ORDINARY, true, FAVOURED]);
    assert.equal(isRaised, true);
    assert.deepEqual({ ...ROUND_ROBIN, ...raised as object }, raised);
    assert.deepEqual([isLowered, lowered], [true, FAVOURED]);
  },
});

Deno.test("preferThisThread() and setRealTime() leave everything as it is without CAP_SYS_NICE", async () => {
  const [before, isPreferred, favoured, isRaised, raised] = await run("precedence", WITHOUT_SYS_NICE);
  assert.deepEqual([before, isPreferred, favoured, isRaised, raised], [
    ORDINARY,
    false,
    ORDINARY,
    false,
    ORDINARY,
  ]);
});

/** The first Linux that lets a thread of the ordinary scheduler choose its slice. */
const SLICES_SINCE = [6, 12] as const;
const [major, minor] = Deno.osRelease().split(".").map(Number) as [number, number];
const hasSlices = major > SLICES_SINCE[0] || (major === SLICES_SINCE[0] && minor >= SLICES_SINCE[1]);
const isTold = await Deno.stat("/proc/self/sched").then(() => true, () => false);
const lacking = !hasSlices
  ? `Linux ${SLICES_SINCE.join(".")}`
  : isTold
  ? null
  : "/proc/self/sched (CONFIG_SCHED_DEBUG)";
if (lacking !== null) console.error(`SKIPPED: short slices: needs ${lacking}`);

for (const [label, prefix] of [["", []], [" without CAP_SYS_NICE", WITHOUT_SYS_NICE]] as const) {
  Deno.test({
    name:
      `shortenSlice() gives the calling thread slices of 0.1 ms, which precedence and the way back keep${label}${
        lacking === null ? "" : ` (skipped: needs ${lacking})`
      }`,
    ignore: lacking !== null,
    fn: async () => {
      const [before, , after, , , , last] = await run("slice", prefix);
      assert.ok(before as number > 100_000, `everybody's slice is ${before} ns`);
      assert.deepEqual([after, last], [100_000, 100_000]);
    },
  });
}
