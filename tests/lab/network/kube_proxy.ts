/**
 * What kube-proxy would do on one node, as an nftables ruleset: Service address and port to a backend's.
 *
 * Source: Kubernetes, "Virtual IPs and Service Proxies" (external traffic policies); nft(8).
 * Shape: the Services of the lab and a node in, the text for `nft -f` out; applying it replaces what was there at once.
 * Flows that exist keep their backend, as in the kernel's connection tracking everywhere.
 * Not here: what decides which node gets the traffic. That is Ingot's affair.
 *
 * @module
 */
import { BACKEND_PORT, podAddresses } from "./addressing.ts";

/** A Service as the proxy sees it: TCP and UDP alike. */
export interface ProxiedService {
  readonly addresses: readonly string[];
  readonly port: number;
  /**
   * Cluster: any backend, the client's address hidden behind the node's. Local: only the node's own backend, the
   * client's address kept; without one the traffic is dropped.
   */
  readonly externalTrafficPolicy: "Cluster" | "Local";
  /** Indexes of the nodes whose backends are endpoints. */
  readonly backends: readonly number[];
}

const TABLE = "inet ingot_lab";
const MASQUERADE_MARK = "0x4000";

/** The ruleset of the node with this index. */
export function formatRuleset(services: readonly ProxiedService[], node: number): string {
  const rules = services.flatMap((service) => service.addresses.map((address) => ({ service, address })));
  const drops: string[] = [];
  const translations: string[] = [];
  for (const { service, address } of rules) {
    const match = `${ipOf(address)} daddr ${address} meta l4proto { tcp, udp } th dport ${service.port}`;
    const isLocal = service.externalTrafficPolicy === "Local";
    const backends = isLocal ? service.backends.filter((index) => index === node) : service.backends;
    if (backends.length === 0) drops.push(`${match} drop`);
    else {translations.push(
        `${match} ${isLocal ? "" : `meta mark set ${MASQUERADE_MARK} `}${translation(address, backends)}`,
      );}
  }
  // Declared, emptied, filled: one transaction, whether or not the table was there.
  return `
table ${TABLE} {
  chain drops { type filter hook prerouting priority mangle; }
  chain services { type nat hook prerouting priority dstnat; }
  chain masquerades { type nat hook postrouting priority srcnat; }
}
flush table ${TABLE}
table ${TABLE} {
  chain drops {\n${drops.join("\n")}\n}
  chain services {\n${translations.join("\n")}\n}
  chain masquerades { meta mark ${MASQUERADE_MARK} masquerade; }
}
`;
}

function translation(address: string, backends: readonly number[]): string {
  const family = ipOf(address);
  const targets = backends.map((index) => podAddresses(index, 2)[family === "ip" ? "ipv4" : "ipv6"]);
  const only = family === "ip" ? targets[0]! : `[${targets[0]!}]`;
  if (targets.length === 1) return `dnat ${family} to ${only}:${BACKEND_PORT}`;
  const map = targets.map((target, i) => `${i} : ${target}`).join(", ");
  return `dnat ${family} to numgen random mod ${targets.length} map { ${map} } : ${BACKEND_PORT}`;
}

function ipOf(address: string): "ip" | "ip6" {
  return address.includes(":") ? "ip6" : "ip";
}
