/**
 * Records what MetalLB decides about random clusters: `deno run -A tests/oracle/record.ts FROM COUNT FILE [QUIET_MS]`, as root.
 *
 * Shape: plays the scripts of the seeds from FROM on to MetalLB's own programs on a real API server, and appends a line a
 * cluster to FILE. $KUBEBUILDER_ASSETS names the folder of the programs.
 * Not here: comparing (replay_test.ts).
 *
 * @module
 */
import { Cluster } from "../lab/apiserver/cluster.ts";
import { MetalLb } from "../lab/apiserver/metallb.ts";
import { Lab } from "../lab/lab.ts";
import { ApiCluster } from "./api_cluster.ts";
import { MetalLbWitness } from "./metallb_witness.ts";
import { script } from "./random/script.ts";
import { formatStory, NODES } from "./step.ts";

const [from, count, file, quietMs = "120"] = Deno.args;
if (from === undefined || count === undefined || file === undefined) {
  console.error("Usage: deno run -A tests/oracle/record.ts FROM COUNT FILE [QUIET_MS]");
  Deno.exit(2);
}

await using lab = await Lab.open({ nodes: NODES.length, secondLan: true });
await using cluster = await Cluster.open(lab);
using objects = new ApiCluster(cluster.adminKubeconfig);
await using metallb = await MetalLb.install(lab, cluster);
const witness = await MetalLbWitness.open(metallb, objects, lab.nodes, Number(quietMs));
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const begun = performance.now();
  const story = await witness.hear(seed, script(seed)).catch(async (error) => {
    console.error(`cluster ${seed}: ${error}`);
    await witness.clear();
    return null;
  });
  if (story === null) continue;
  await Deno.writeTextFile(file, `${formatStory(story)}\n`, { append: true });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.error(`cluster ${seed}: ${story.scenes.length} steps in ${seconds} s`);
}
