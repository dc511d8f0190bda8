/**
 * A live path is never left: 3 x 50 ms holds while a folder of manifests churns.
 *
 * Not here: an API server that churns (cluster/bfd_soak_test.ts).
 *
 * @module
 */
import { routerTest } from "../../../lab/suite.ts";
import { LivePath } from "../../../stage/live_path.ts";
import { BgpStage, WEB } from "../stage/bgp_stage.ts";

routerTest("BFD: 3 x 50 ms holds while the configuration churns", async () => {
  await using stage = await BgpStage.open();
  await using path = await LivePath.open(stage.lab, stage.node);
  await stage.write("path", ...path.objects);
  await stage.writeService("web", [WEB.ipv4]);
  await path.assertHeld(stage.speaker(), async (round) => {
    const addresses = Array.from({ length: 200 }, (_, k) => `198.51.100.${(round + k) % 250 + 2}`);
    await stage.writeService("churn", addresses);
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
});
