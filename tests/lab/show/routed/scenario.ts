/**
 * What `deno task lab --bgp` shows: three nodes that announce one Service to two routers, a client behind each router.
 *
 *     client-frr ── frr ──┐  BGP, MD5, BFD  ┌── n1 ── backend      all on one LAN
 *                         ├─────────────────┼── n2 ── backend
 *     client-bird ─ bird ─┘                 └── n3 ── backend
 *
 * @module
 */
import type { Lab } from "../../lab.ts";
import {
  bfdProfile,
  bgpAdvertisement,
  bgpPeer,
  endpointSlices,
  ipAddressPool,
  Manifests,
  node,
  passwordSecret,
  service,
} from "../../manifests.ts";
import type { Host } from "../../network/host.ts";
import { Bird } from "../../routers/bird.ts";
import { Frr } from "../../routers/frr.ts";
import type { Router, RouterConfig } from "../../routers/router.ts";

export const SERVICE = "shop/web";
export const PORT = 80;
/** What the clients send to the routers, and the addresses in it that Services get. */
const DESTINATION = "198.51.100.0/24";
const POOL = "198.51.100.1-198.51.100.99";
const NODES_ASN = 64_512;
const ROUTERS_ASN = 65_000;
const PASSWORD = "for-the-demonstration";
/** A dead path is left after 300 ms. */
export const BFD = { intervalMs: 100, multiplier: 3 };

/** A router and whoever reaches the Service through it. */
export interface RouterWithClient {
  readonly router: Router;
  readonly client: Host;
}

/** Writes Nodes, a pool, an advertisement, the peers and a Service. */
export async function writeRoutedScenario(lab: Lab, routers: readonly Host[]): Promise<Manifests> {
  const manifests = await Manifests.open(lab.folder);
  for (const { name } of lab.nodes) await manifests.write(`node-${name}`, node(name));
  await manifests.write("pool", ipAddressPool("routed", { addresses: [POOL] }), bgpAdvertisement("routed"));
  await manifests.write(
    "peers",
    bfdProfile("quick", {
      receiveInterval: BFD.intervalMs,
      transmitInterval: BFD.intervalMs,
      detectMultiplier: BFD.multiplier,
    }),
    passwordSecret("routers", PASSWORD),
    ...routers.map(({ name, ipv4 }) =>
      bgpPeer(name, {
        myASN: NODES_ASN,
        peerASN: ROUTERS_ASN,
        peerAddress: ipv4,
        passwordSecret: { name: "routers" },
        bfdProfile: "quick",
      })
    ),
  );
  const [namespace, name] = SERVICE.split("/") as [string, string];
  await manifests.write(
    "web",
    service({ name, namespace, port: PORT, spec: { ipFamilies: ["IPv4"], externalTrafficPolicy: "Local" } }),
    ...endpointSlices({ name, namespace }, lab.nodes),
  );
  return manifests;
}

/** The hosts the routers will run on. */
export async function addRouterHosts(lab: Lab): Promise<Host[]> {
  const hosts = [await lab.addClient("frr"), await lab.addClient("bird")];
  for (const { namespace } of hosts) {
    await namespace.sysctl({
      "net/ipv4/ip_forward": 1,
      "net/ipv4/conf/all/send_redirects": 0,
      "net/ipv4/conf/default/send_redirects": 0,
      "net/ipv4/conf/eth0/send_redirects": 0,
      // Connections, not only hosts, are spread over the next hops.
      "net/ipv4/fib_multipath_hash_policy": 1,
    });
  }
  return hosts;
}

/** Starts the routers, and gives each a client that sends what is for the pool to it. */
export async function startRouters(lab: Lab, hosts: readonly Host[]): Promise<RouterWithClient[]> {
  const config: RouterConfig = {
    asn: ROUTERS_ASN,
    neighbours: lab.nodes.map(({ ipv4 }) => ({
      peer: { address: ipv4 },
      asn: NODES_ASN,
      families: ["ipv4"],
      password: PASSWORD,
      bfd: BFD,
    })),
  };
  return await Promise.all(hosts.map(async (host) => {
    const start = host.name === "frr" ? Frr.start : Bird.start;
    const router = await start(lab, host, config);
    const client = await lab.addClient(`client-${host.name}`);
    await client.namespace.ip(`route add ${DESTINATION} via ${host.ipv4}`);
    return { router, client };
  }));
}
