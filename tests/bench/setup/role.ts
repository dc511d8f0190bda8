/**
 * Ingot's roles under measurement, and the objects they work on.
 *
 * Shape: the speaker is of node "n1" and alone, so it answers for every Service; logs are warnings only, and go nowhere.
 * Not here: the roles as tests want them, with their logs read (tests/lab/ingot.ts).
 *
 * @module
 */
import { type EndpointSlice, type Service, SERVICE_NAME_LABEL } from "../../../k8s/types/core.ts";
import type { KubernetesObject } from "../../../k8s/types/meta.ts";
import { ipAddressPool, l2Advertisement, Manifests, node, service } from "../../lab/manifests.ts";
import type { Namespace } from "../../lab/namespace.ts";
import type { Addresses } from "../../lab/network/addressing.ts";
import type { Program } from "../../lab/program/program.ts";

export const NODE_NAME = "n1";

/** The pools every benchmark's addresses are from. */
const POOL = ["10.90.0.0/16", "10.91.0.0/16", "fd00:90::/32"];

/** The arguments after the command that make it a role; `command` is ingotCommand() of tests/lab/ingot.ts. */
export function roleCommand(
  command: readonly string[],
  role: "controller" | "speaker",
  manifests: Manifests,
  logLevel = "error",
): string[] {
  const name = role === "speaker" ? ["--node-name", NODE_NAME] : [];
  return [...command, "--role", role, ...name, "--manifests", manifests.directory, "--log-level", logLevel];
}

/** Starts a role. */
export function spawnRole(
  namespace: Namespace,
  command: readonly string[],
  role: "controller" | "speaker",
  manifests: Manifests,
): Program {
  return namespace.spawn(roleCommand(command, role, manifests), {
    onErrorLine: (line) => console.error(`${role}: ${line}`),
  });
}

/** Makes a folder with a node, a pool and an advertisement of it; Services come on top. */
export async function openManifests(parent: string): Promise<Manifests> {
  await Deno.mkdir(parent, { recursive: true });
  const manifests = await Manifests.open(parent);
  await manifests.write(
    "base",
    node(NODE_NAME),
    ipAddressPool("bench", { addresses: POOL }),
    l2Advertisement("bench"),
  );
  return manifests;
}

/**
 * A Service that asks for these addresses and, as the controller would have left it, already has them; with its endpoint
 * on the node. `revision` sets it apart from an earlier writing of the same one.
 */
export function announcedService(
  name: string,
  addresses: readonly string[],
  revision = 0,
): KubernetesObject[] {
  const [service, slice] = wantingService(name, addresses, revision) as [Service, EndpointSlice];
  return [
    { ...service, status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } } } as Service,
    slice,
  ];
}

/** The same without the addresses it asks for: the controller has yet to give them. */
export function wantingService(name: string, addresses: readonly string[], revision = 0): KubernetesObject[] {
  const ipFamilies = addresses.map((ip) => ip.includes(":") ? "IPv6" as const : "IPv4" as const);
  const sketch: Service = service({
    name,
    labels: { revision: `r${revision}` },
    annotations: { "metallb.io/loadBalancerIPs": addresses.join(",") },
    spec: {
      ipFamilies,
      ipFamilyPolicy: ipFamilies.length > 1 ? "RequireDualStack" : "SingleStack",
      externalTrafficPolicy: "Cluster",
    },
  });
  const slice: EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: "default", labels: { [SERVICE_NAME_LABEL]: name } },
    endpoints: [{ addresses: ["10.244.1.2"], conditions: { ready: true }, nodeName: NODE_NAME }],
  };
  return [sketch, slice];
}

/** Both addresses on a cable as one Service. */
export function targetService({ ipv4, ipv6 }: Addresses): KubernetesObject[] {
  return announcedService("target", [ipv4, ipv6]);
}

/** The i-th address that is on no cable. */
export function fillerAddress(i: number): string {
  return `10.91.${i >> 8}.${i & 255}`;
}

/** That many Services. */
export function fillers(count: number, make: typeof announcedService, revision = 0): KubernetesObject[] {
  return Array.from({ length: count }, (_, i) => make(`filler-${i}`, [fillerAddress(i)], revision)).flat();
}
