/**
 * A live path is never left: 3 x 50 ms holds while Services on the API server come, go and change all the time.
 *
 * Not here: a folder of manifests that churns (interop/bgp/bfd/soak_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { clusterRouterTest } from "../lab/apiserver/suite.ts";
import { bgpAdvertisement } from "../lab/manifests.ts";
import { LivePath } from "../stage/live_path.ts";
import { endpoints, pool, service, Witness } from "./services.ts";
import { ClusterStage } from "./stage.ts";

const SERVICES = 200;
/** Of them, so many come and go, and so many others are changed all the time, as fast as the API server can. */
const FLEETING = 25;
const CHANGING = 50;

clusterRouterTest("BFD: 3 x 50 ms holds while the API server churns", async () => {
  await using stage = await ClusterStage.open({ nodes: 1 });
  const { cluster, lab } = stage;
  const node = lab.node("n1");
  await using path = await LivePath.open(lab, node);
  const names = Array.from({ length: SERVICES }, (_, i) => `s${i}`);
  await cluster.apply(
    pool("public", "198.51.100.0/24"),
    bgpAdvertisement("public"),
    ...path.objects,
    ...names.flatMap((name) => [service(name), ...endpoints(name, [node])]),
  );
  await stage.controllerInPod();
  const speaker = stage.speaker(node);
  await using witness = await Witness.open(cluster);
  await witness.waitFor(SERVICES);

  const labelling = new AbortController();
  const others = witness.label(names.slice(FLEETING, FLEETING + CHANGING), labelling.signal);
  const fleeting = names.slice(0, FLEETING);
  try {
    await path.assertHeld(speaker, async () => {
      await witness.delete(fleeting);
      await witness.waitFor(SERVICES - FLEETING);
      await witness.create(fleeting);
      await witness.waitFor(SERVICES);
    });
  } finally {
    labelling.abort();
    await others;
  }
  witness.assertOrderly();
  // Every round took routes away and told of them again.
  const told = speaker.log.all.filter(({ msg }) => msg === "service announced");
  assert.ok(told.length > SERVICES, `${told.length} announcements`);
});
