/**
 * A folder of manifests for Ingot to read, and the objects to put there.
 *
 * Shape: typed builders return objects of k8s/types; {@linkcode Manifests} writes them as YAML, a file at a time, each
 * by an atomic rename so that no reader sees half of one.
 *
 * @module
 */
import { stringify } from "yaml";
import {
  BASIC_AUTH,
  type EndpointSlice,
  type Node,
  type Service,
  SERVICE_NAME_LABEL,
} from "../../k8s/types/core.ts";
import type { KubernetesObject, Labels } from "../../k8s/types/meta.ts";
import type {
  BFDProfile,
  BGPAdvertisement,
  BGPPeerSpec,
  IPAddressPool,
  L2Advertisement,
} from "../../k8s/types/metallb.ts";
import { podAddresses } from "./network/addressing.ts";
import type { LabNode } from "./network/host.ts";

/** Where MetalLB's custom resources live. */
const METALLB_NAMESPACE = "metallb-system";
const POLL_MS = 10;

/** See the module comment. */
export class Manifests {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the folder below `parent`. */
  static async open(parent: string): Promise<Manifests> {
    const directory = `${parent}/manifests`;
    await Deno.mkdir(directory, { recursive: true });
    return new Manifests(directory);
  }

  /** Makes `<name>.yaml` hold exactly these objects. */
  async write(name: string, ...objects: readonly KubernetesObject[]): Promise<void> {
    await this.writeText(`${name}.yaml`, objects.map((object) => stringify(object)).join("---\n"));
  }

  /** Makes a file hold this text, right or wrong. */
  async writeText(file: string, text: string): Promise<void> {
    const unfinished = `${this.directory}/.${file}.new`;
    await Deno.writeTextFile(unfinished, text);
    await Deno.rename(unfinished, `${this.directory}/${file}`);
  }

  /** Removes `<name>.yaml`. */
  async remove(name: string): Promise<void> {
    await Deno.remove(`${this.directory}/${name}.yaml`);
  }

  /** The addresses the controller gave a Service ("namespace/name"); none before it has. */
  async addressesOf(service: string): Promise<string[]> {
    const file = `${this.directory}/status/service.${service.replace("/", ".")}.json`;
    try {
      const { status } = JSON.parse(await Deno.readTextFile(file)) as Service;
      return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip === undefined ? [] : [ip]);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /** Waits until the controller has given a Service addresses. */
  async waitForAddresses(service: string, withinMs = 30_000): Promise<string[]> {
    for (const deadline = performance.now() + withinMs; performance.now() < deadline;) {
      const addresses = await this.addressesOf(service);
      if (addresses.length > 0) return addresses;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`Waited ${withinMs} ms in vain for an address of ${service}`);
  }
}

/** What a Service of type LoadBalancer needs to say. */
export interface ServiceSketch {
  readonly name: string;
  /** "default" when absent. */
  readonly namespace?: string;
  readonly port?: number;
  readonly spec?: NonNullable<Service["spec"]>;
  readonly labels?: Labels;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Addresses it has already, for speakers that run without a controller. */
  readonly addresses?: readonly string[];
}

/** A Service of type LoadBalancer on port 80. */
export function service(sketch: ServiceSketch): Service {
  const { name, namespace = "default", port = 80, spec, labels, annotations, addresses } = sketch;
  const ipFamilies = spec?.ipFamilies ?? ["IPv4"];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      type: "LoadBalancer",
      // The allocator reads the families from the cluster addresses, as MetalLB does.
      clusterIPs: ipFamilies.map((family) => family === "IPv6" ? "fd00:96::1" : "10.96.0.1"),
      ipFamilies,
      ports: [{ name: "http", protocol: "TCP", port }, { name: "echo", protocol: "UDP", port }],
      ...spec,
    },
    ...(addresses === undefined
      ? {}
      : { status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } } }),
  };
}

/** The EndpointSlices, one a family, that make these nodes' backends the ready endpoints of a Service. */
export function endpointSlices(
  of: Pick<ServiceSketch, "name" | "namespace">,
  nodes: readonly LabNode[],
  families: readonly ("IPv4" | "IPv6")[] = ["IPv4"],
): (EndpointSlice & { readonly addressType: string })[] {
  return families.map((addressType) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${of.name}-${addressType.toLowerCase()}`,
      namespace: of.namespace ?? "default",
      labels: { [SERVICE_NAME_LABEL]: of.name },
    },
    addressType,
    endpoints: nodes.map((node) => ({
      addresses: [podAddresses(node.index, 2)[addressType === "IPv4" ? "ipv4" : "ipv6"]],
      conditions: { ready: true, serving: true },
      nodeName: node.name,
    })),
  }));
}

/** A ready Node. */
export function node(name: string, labels: Labels = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    status: {
      conditions: [{ type: "Ready", status: "True" }, { type: "NetworkUnavailable", status: "False" }],
    },
  };
}

/** A pool of addresses. */
export function ipAddressPool(name: string, spec: IPAddressPool["spec"]): IPAddressPool {
  return custom("IPAddressPool", name, spec);
}

/** A layer 2 advertisement; of every pool, from every node, when its specification is empty. */
export function l2Advertisement(
  name: string,
  spec: NonNullable<L2Advertisement["spec"]> = {},
): L2Advertisement {
  return custom("L2Advertisement", name, spec);
}

/** What a BGPPeer says; its password in clear text, as in a manifest. */
export type BgpPeerSketch = Omit<BGPPeerSpec, "password"> & { readonly password?: string };

/** A BGP peer of every node, when no selector says otherwise. */
export function bgpPeer(
  name: string,
  spec: BgpPeerSketch,
  annotations: Readonly<Record<string, string>> = {},
): KubernetesObject & { readonly spec: BgpPeerSketch } {
  return {
    apiVersion: "metallb.io/v1beta2",
    kind: "BGPPeer",
    metadata: { name, namespace: METALLB_NAMESPACE, annotations },
    spec,
  };
}

/** A BGP advertisement; of every pool, from every node, to every peer, when its specification is empty. */
export function bgpAdvertisement(
  name: string,
  spec: NonNullable<BGPAdvertisement["spec"]> = {},
): BGPAdvertisement {
  return custom("BGPAdvertisement", name, spec);
}

/** A BFD profile. */
export function bfdProfile(name: string, spec: NonNullable<BFDProfile["spec"]>): BFDProfile {
  return custom("BFDProfile", name, spec);
}

/** Aliases of communities. */
export function community(
  name: string,
  aliases: Readonly<Record<string, string>>,
): KubernetesObject & { readonly spec: unknown } {
  const communities = Object.entries(aliases).map(([alias, value]) => ({ name: alias, value }));
  return custom("Community", name, { communities });
}

/** A Secret that a BGPPeer can take its password from. */
export function passwordSecret(
  name: string,
  password: string,
): KubernetesObject & { readonly type: string; readonly data: unknown } {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: METALLB_NAMESPACE },
    type: BASIC_AUTH,
    data: { password: btoa(password) },
  };
}

function custom<Spec>(kind: string, name: string, spec: Spec): KubernetesObject & { readonly spec: Spec } {
  return { apiVersion: "metallb.io/v1beta1", kind, metadata: { name, namespace: METALLB_NAMESPACE }, spec };
}
