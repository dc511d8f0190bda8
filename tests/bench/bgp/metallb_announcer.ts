/**
 * MetalLB's speaker with its native BGP as one of the announcers, on a cluster of its own in the benchmark's lab.
 *
 * Shape: every Service has its address before the speaker starts, so no controller is needed. The peer is given last: while it
 * is refused, MetalLB waits twice as long each time, up to two minutes. So what it spends on going through its Services for
 * the new peer is in its figures; that is how it takes any change of its configuration.
 *
 * @module
 */
import { memoryOf, waitUntilQuiet } from "../../lab/program/usage.ts";
import { openAdmin } from "../cluster/admin.ts";
import { service, SERVICES, SHOP, slice, SLICES } from "../cluster/stores.ts";
import { Cluster, SYSTEM } from "../../lab/apiserver/cluster.ts";
import { MetalLb } from "../../lab/apiserver/metallb.ts";
import { bgpAdvertisement, bgpPeer, ipAddressPool } from "../../lab/manifests.ts";
import { type Announcer, OWN_ASN, ROUTER_ASN } from "./announcers.ts";
import { addresses, POOL } from "./prefixes.ts";

const LOAD_MS = 300_000;
const AT_ONCE = 16;
const ADVERTISEMENT = "bench";

export const METALLB: Announcer = {
  label: "MetalLB, native BGP",
  async start({ lab, from, router }, count) {
    await using stack = new AsyncDisposableStack();
    const cluster = stack.use(await Cluster.open(lab));
    await cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: SHOP } },
      ipAddressPool("bench", { addresses: [POOL] }),
      bgpAdvertisement(ADVERTISEMENT),
    );
    await addServices(cluster, count);
    const metallb = stack.use(await MetalLb.install(lab, cluster));
    const { pid } = await metallb.speaker(lab.nodes[0]!);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await waitUntilQuiet(pid, LOAD_MS);
    const emptyRss = memoryOf(pid).rss;
    await cluster.apply(
      bgpPeer("router", {
        myASN: OWN_ASN,
        peerASN: ROUTER_ASN,
        peerAddress: router.ipv4,
        sourceAddress: from.ipv4,
      }),
    );
    const all = stack.move();
    return {
      pid,
      emptyRss,
      withdraw: async () =>
        void await cluster.kubectl(["delete", "bgpadvertisement", ADVERTISEMENT, "-n", SYSTEM]),
      [Symbol.asyncDispose]: () => all.disposeAsync(),
    };
  },
};

/** Services with their addresses and an endpoint each. */
async function addServices(cluster: Cluster, count: number): Promise<void> {
  using client = openAdmin(cluster);
  const waiting = addresses(count).entries();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [i, ip] of waiting) {
      await client.create(SERVICES, service(`s${i}`));
      await client.create(SLICES, slice(`s${i}`));
      await client.patch("merge", `${SERVICES}/s${i}/status`, {
        status: { loadBalancer: { ingress: [{ ip }] } },
      });
    }
  }));
}
