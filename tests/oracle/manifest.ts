/**
 * A step's object as Kubernetes has it.
 *
 * Shape: a step in, a manifest out: the body, and what all objects of the kind have in common.
 *
 * @module
 */
import { type Step, type StepKind, SYSTEM } from "./step.ts";

/** Any manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

const API_VERSIONS: Readonly<Record<StepKind, string>> = {
  Node: "v1",
  Namespace: "v1",
  IPAddressPool: "metallb.io/v1beta1",
  L2Advertisement: "metallb.io/v1beta1",
  BGPPeer: "metallb.io/v1beta2",
  BGPAdvertisement: "metallb.io/v1beta1",
  Service: "v1",
  EndpointSlice: "discovery.k8s.io/v1",
};

/** The object of a step; of one that deletes, as far as it names it. */
export function manifestOf({ kind, key, body }: Step): Manifest {
  const [name = "", owner] = key.split("/").reverse();
  const namespace = owner ?? (kind === "Node" || kind === "Namespace" ? undefined : SYSTEM);
  const identity = { name, ...namespace !== undefined && { namespace } };
  const apiVersion = API_VERSIONS[kind];
  if (body === null) return { apiVersion, kind, metadata: identity };
  const { labels, annotations, spec, endpoints = [] } = body;
  return {
    apiVersion,
    kind,
    metadata: {
      ...identity,
      ...labels !== undefined && { labels },
      ...annotations !== undefined && { annotations },
    },
    ...kind === "Service" ? { spec: serviceSpec(spec ?? {}) } : spec !== undefined && { spec },
    ...kind === "EndpointSlice" && { addressType: "IPv4", ports: [], endpoints: endpoints.map(endpoint) },
  };
}

function serviceSpec(
  spec: NonNullable<NonNullable<Step["body"]>["spec"]>,
): Readonly<Record<string, unknown>> {
  const { type = "LoadBalancer", ports } = spec;
  return {
    selector: { app: "web" },
    ...spec,
    type,
    ...type === "LoadBalancer" && { allocateLoadBalancerNodePorts: false },
    ports: (ports as readonly Port[]).map((port) => ({
      ...port,
      name: `${port.protocol}-${port.port}`.toLowerCase(),
    })),
  };
}

interface Port {
  readonly protocol: string;
  readonly port: number;
}

function endpoint(said: unknown, index: number): unknown {
  return { addresses: [`10.244.1.${index + 1}`], ...said as object };
}
