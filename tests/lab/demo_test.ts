/**
 * `deno task lab` keeps its word: it shows a change of node, ends with 0, and leaves nothing however it ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { clusterTest } from "./apiserver/suite.ts";
import { run } from "./program/command.ts";
import { Program } from "./program/program.ts";
import { Recording } from "./program/recording.ts";
import { labTest, routerTest } from "./suite.ts";

const DEMO = decodeURIComponent(new URL("demo.ts", import.meta.url).pathname);

/** Starts the demonstration; its lines go to a recording. */
function startDemo(
  ...args: readonly string[]
): { readonly demo: Program; readonly lines: Recording<string> } {
  const lines = new Recording<string>();
  const demo = new Program([Deno.execPath(), "run", "--frozen", "-A", DEMO, ...args], {
    onLine: (line) => lines.push(line),
  });
  return { demo, lines };
}

/** Namespaces and folders of the labs that this process owned. */
async function remainsOf(pid: number): Promise<string[]> {
  const namespaces = (await run(["ip", "netns", "list"])).split("\n");
  const folders = [...Deno.readDirSync("/run/ingot-lab")].map(({ name }) => name);
  return [...namespaces, ...folders].filter((name) => name.startsWith(`ing-${pid}-`));
}

labTest("deno task lab shows every address moving and measures it, then ends with 0", async () => {
  const { demo, lines } = startDemo();
  await using _ = demo;
  const { code, stderr } = await demo.ending;
  const text = lines.all.join("\n");
  assert.equal(code, 0, `${text}\n${stderr}`);
  assert.match(text, /GET http:\/\/10\.77\.0\.\d+\/ {2}n\d in/);
  assert.match(text, /GET http:\/\/\[fd00:77::[0-9a-f]+\]\/ {2}n\d in/);
  assert.match(text, /n\d to n\d in \d+ ms/, "a measured move");
  assert.match(text, /Two nodes answered one request: \d+ times while an address moved, 0 times otherwise/);
  assert.deepEqual(await remainsOf(demo.pid), []);
});

routerTest(
  "deno task lab --bgp shows two routers follow a node cut off, mended and stopped, then ends with 0",
  async () => {
    const { demo, lines } = startDemo("--bgp");
    await using _ = demo;
    const { code, stderr } = await demo.ending;
    const text = lines.all.join("\n");
    assert.equal(code, 0, `${text}\n${stderr}`);
    for (const event of ["three speakers started", "n2 cut off", "n2 mended", "speaker of n3 stopped"]) {
      assert.match(text, new RegExp(`${event} +\\d+ ms +\\d+ +\\d+ ms +\\d+`), "measured at both routers");
    }
    assert.deepEqual(await remainsOf(demo.pid), []);
  },
);

clusterTest(
  "deno task lab --cluster shows Services of kubectl moving with a label, then ends with 0",
  async () => {
    const { demo, lines } = startDemo("--cluster");
    await using _ = demo;
    const { code, stderr } = await demo.ending;
    const text = lines.all.join("\n");
    assert.equal(code, 0, `${text}\n${stderr}`);
    assert.match(text, /kubectl applied/);
    assert.match(text, /GET http:\/\/10\.77\.0\.\d+\/ {2}n\d in/);
    assert.match(text, /n\d to n\d in \d+ ms/, "a measured move");
    assert.match(text, /Two nodes answered one request: \d+ times while an address moved, 0 times otherwise/);
    assert.deepEqual(await remainsOf(demo.pid), []);
  },
);

clusterTest("deno task lab --cluster cleans up when it is interrupted", async () => {
  const { demo, lines } = startDemo("--cluster");
  await using _ = demo;
  await lines.waitFor("kube-proxy", (line) => line.includes("Started kube-proxy"), { withinMs: 120_000 });
  demo.signal("SIGINT");
  assert.equal((await demo.ending).code, 130);
  assert.deepEqual(await remainsOf(demo.pid), []);
});

labTest("deno task lab cleans up when it is interrupted", async () => {
  const { demo, lines } = startDemo();
  await using _ = demo;
  await lines.waitFor("the speakers", (line) => line.includes("Started a speaker"), { withinMs: 60_000 });
  demo.signal("SIGINT");
  assert.equal((await demo.ending).code, 130);
  assert.deepEqual(await remainsOf(demo.pid), []);
});

Deno.test("deno task lab says what to install where it cannot install it", async () => {
  await using demo = new Program([Deno.execPath(), "run", "--frozen", "-A", DEMO], {
    env: { PATH: "/nonexistent" },
  });
  const { code, stderr } = await demo.ending;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /The lab lacks .*ip \(for building the network\).*: install the packages iproute2 nftables gcc/,
  );
});

Deno.test("deno task lab --cluster says what it lacks and how to get it", async () => {
  await using demo = new Program([Deno.execPath(), "run", "--frozen", "-A", DEMO, "--cluster"], {
    env: { KUBEBUILDER_ASSETS: "", XDG_CACHE_HOME: "/nonexistent" },
  });
  const { code, stderr } = await demo.ending;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /The cluster lacks .*KUBEBUILDER_ASSETS.*deno run -A tests\/lab\/apiserver\/build\.ts/,
  );
});
