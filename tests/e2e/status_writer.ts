/**
 * Writes statuses without pause until it is killed; a line on stdout for each full round.
 *
 * Shape: `deno run status_writer.ts DIR`, DIR holding Services shop/s0 to shop/s9. Part of manifest_source_test.ts.
 *
 * @module
 */
import { openManifestSource } from "../../k8s/manifest_source.ts";

const directory = Deno.args[0];
if (directory === undefined) throw new Error("Name the folder of manifests");
const source = await openManifestSource({ directory, namespace: null, watch: true, writesStatus: true });
for (let round = 0;; round++) {
  // Long and short by turns, so that a torn file would show.
  const ingress = Array.from(
    { length: round % 2 === 0 ? 200 : 1 },
    (_, index) => ({ ip: `192.0.2.${index}` }),
  );
  const annotations = { round: String(round) };
  await Promise.all(
    Array.from(
      { length: 10 },
      (_, index) => source.writeServiceStatus({ key: `shop/s${index}`, ingress, annotations }),
    ),
  );
  console.log(round);
}
