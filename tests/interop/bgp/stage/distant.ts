/**
 * A host behind another: what lies between a node and a router that is not on its LAN.
 *
 *     node ──lan── hop ──cable── far      far at 10.80.0.2 and fd00:80::2, and nowhere else
 *
 * @module
 */
import type { Host } from "../../../lab/network/host.ts";
import type { BgpStage } from "./bgp_stage.ts";

const PREFIXES = { ipv4: "10.80.0", ipv6: "fd00:80:" };
const LAN = { ipv4: "10.77.0.0/24", ipv6: "fd00:77::/64" };
const [TO_FAR, CABLE] = ["to-far", "cable0"];

/** Both of them; the hop forwards and does no more. */
export interface Distant {
  readonly hop: Host;
  readonly far: Host;
}

/** Adds them to the stage, and the routes to the first node. */
export async function addDistantHost(stage: BgpStage): Promise<Distant> {
  const [hop, host] = [await stage.lab.addClient("hop"), await stage.lab.addClient("far")];
  await hop.namespace.sysctl({ "net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1 });
  await stage.connect({ host: hop, interface: TO_FAR }, { host, interface: CABLE });
  const at = (last: number) => ({ ipv4: `${PREFIXES.ipv4}.${last}`, ipv6: `${PREFIXES.ipv6}:${last}` });
  const [near, far] = [at(1), at(2)];
  await hop.namespace.ip(
    `addr add ${near.ipv4}/24 dev ${TO_FAR}`,
    `addr add ${near.ipv6}/64 dev ${TO_FAR} nodad`,
  );
  await host.namespace.ip(
    "link del eth0",
    `addr add ${far.ipv4}/24 dev ${CABLE}`,
    `addr add ${far.ipv6}/64 dev ${CABLE} nodad`,
    `route add ${LAN.ipv4} via ${near.ipv4}`,
    `route add ${LAN.ipv6} via ${near.ipv6}`,
  );
  await stage.node.namespace.ip(
    `route add ${PREFIXES.ipv4}.0/24 via ${hop.ipv4}`,
    `route add ${PREFIXES.ipv6}:/64 via ${hop.ipv6}`,
  );
  return { hop, far: { ...host, ...far } };
}
