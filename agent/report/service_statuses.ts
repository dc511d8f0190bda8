/**
 * Where each Service is announced, as objects that `kubectl get` shows: ServiceL2Status and ServiceBGPStatus.
 *
 * Source: MetalLB's API and its speaker's layer2 and bgp status reconcilers.
 * Shape: pure. What this node does for one Service and the objects that exist for it in, the requests that make them say
 * so out: none when they do. By layer 2 one node announces a Service, so that node removes what others left behind; by
 * BGP every node speaks for itself.
 * Not here: sending the requests (agent/runtime/report/status_keeper.ts).
 *
 * @module
 */
import type { Service } from "../../k8s/types/core.ts";
import { keyOf, type Labels, type ObjectKey } from "../../k8s/types/meta.ts";
import type { OwnerReference, ServiceBGPStatus, ServiceL2Status } from "../../k8s/types/statuses.ts";
import { parseIp } from "../../protocols/net/ip.ts";
import type { NodeOutcome } from "../plan/node_plan.ts";
import { asLabel } from "./names.ts";

export const NODE_LABEL = "metallb.io/node";
const SERVICE_LABEL = "metallb.io/service-name";
const NAMESPACE_LABEL = "metallb.io/service-namespace";

/** Either kind, as it stands in the cluster. */
export type StatusObject = ServiceL2Status & ServiceBGPStatus;

/** One of the two kinds. */
export interface StatusKind {
  readonly kind: "ServiceL2Status" | "ServiceBGPStatus";
  /** As the API server serves it. */
  readonly resource: string;
  readonly generateName: string;
  /** One node alone announces a Service: objects of other nodes are out of date. */
  readonly isExclusive: boolean;
  /** The names its objects list for a Service; null when this node does not announce it. */
  readonly namesOf: (service: Service, outcome: NodeOutcome) => readonly string[] | null;
  /** Names as a status lists them, and back. */
  readonly statusWith: (names: readonly string[]) => object;
  readonly namesIn: (object: StatusObject) => readonly string[];
}

export const L2_STATUS: StatusKind = {
  kind: "ServiceL2Status",
  resource: "servicel2statuses",
  generateName: "l2-",
  isExclusive: true,
  namesOf: (service, outcome) => isAnswering(service, outcome) ? outcome.interfaces ?? [] : null,
  // Every interface is said by listing none; in a merge patch null takes a field away.
  statusWith: (names) => ({ interfaces: names.length === 0 ? null : names.map((name) => ({ name })) }),
  namesIn: ({ status }) => (status?.interfaces ?? []).map(({ name }) => name ?? ""),
};

export const BGP_STATUS: StatusKind = {
  kind: "ServiceBGPStatus",
  resource: "servicebgpstatuses",
  generateName: "bgp-",
  isExclusive: false,
  namesOf: (_, { bgp }) => bgp === null || bgp.peers.length === 0 ? null : bgp.peers,
  statusWith: (names) => ({ peers: names }),
  namesIn: ({ status }) => status?.peers ?? [],
};

/** Who writes. */
export interface StatusAuthor {
  readonly node: string;
  /** Where the objects stand. */
  readonly namespace: string;
  /** The Pod they go with; null outside of one. */
  readonly owner: OwnerReference | null;
}

/** One request. */
export type StatusChange =
  /** Creates an object; its status is then patched in, as the API server leaves it out of what is created. */
  | { readonly type: "Create"; readonly object: unknown; readonly status: object }
  | { readonly type: "SetStatus"; readonly name: string; readonly status: object }
  | { readonly type: "SetOwner"; readonly name: string; readonly owner: OwnerReference }
  | { readonly type: "Delete"; readonly name: string };

/**
 * Says whether this node is the one that speaks for the Service. Addresses that are shared may be answered by several nodes:
 * then it is the one that answers for the first, or two would remove each other's object for ever.
 */
function isAnswering(service: Service, { addresses }: NodeOutcome): boolean {
  const first = service.status?.loadBalancer?.ingress?.[0]?.ip;
  return addresses.length > 0 && first !== undefined && parseIp(first) === addresses[0];
}

/** The Service that an object is about; null when its labels do not say, and nobody touches it. */
export function serviceOf({ metadata: { labels = {} } }: StatusObject): ObjectKey | null {
  const [name, namespace] = [labels[SERVICE_LABEL], labels[NAMESPACE_LABEL]];
  if (name === undefined || namespace === undefined || labels[NODE_LABEL] === undefined) return null;
  return keyOf({ metadata: { name, namespace } });
}

/** The requests, in their order, that make these objects, all there are of one Service, list these names. */
export function planServiceStatus(
  kind: StatusKind,
  author: StatusAuthor,
  service: ObjectKey,
  names: readonly string[] | null,
  existing: readonly StatusObject[],
): readonly StatusChange[] {
  const label = asLabel(author.node);
  const mine = existing.filter(({ metadata }) => metadata.labels?.[NODE_LABEL] === label);
  if (names === null) return mine.map(removal);
  const announced = announcedBy(author, service);
  const kept = mine.filter((object) => canSay(object, announced)).sort(byName)[0];
  const outdated = (kind.isExclusive ? existing : mine).filter((object) => object !== kept);
  const status = { ...announced, ...kind.statusWith(names) };
  const settling = kept === undefined
    ? [creation(kind, author, announced, status)]
    : corrections(kind, author, kept, status, names);
  return [...settling, ...outdated.map(removal)];
}

/** The fields that cannot be changed once they are set. */
interface Announced {
  readonly node: string;
  readonly serviceName: string;
  readonly serviceNamespace: string;
}

function announcedBy({ node }: StatusAuthor, service: ObjectKey): Announced {
  const [serviceName, serviceNamespace] = service.split("/").reverse();
  return { node, serviceName: serviceName!, serviceNamespace: serviceNamespace ?? "" };
}

/** False for an object that says something else in a field nobody can change any more. */
function canSay({ status = {} }: StatusObject, announced: Announced): boolean {
  return FIXED.every((field) => status[field] === undefined || status[field] === announced[field]);
}

const FIXED = ["node", "serviceName", "serviceNamespace"] as const;

function creation(
  kind: StatusKind,
  author: StatusAuthor,
  announced: Announced,
  status: object,
): StatusChange {
  const { namespace, owner } = author;
  const labels: Labels = {
    [NODE_LABEL]: asLabel(announced.node),
    [SERVICE_LABEL]: announced.serviceName,
    [NAMESPACE_LABEL]: announced.serviceNamespace,
  };
  const metadata = {
    generateName: kind.generateName,
    namespace,
    labels,
    ...owner === null ? {} : { ownerReferences: [owner] },
  };
  return { type: "Create", object: { apiVersion: "metallb.io/v1beta1", kind: kind.kind, metadata }, status };
}

function corrections(
  kind: StatusKind,
  { owner }: StatusAuthor,
  object: StatusObject,
  status: object,
  names: readonly string[],
): StatusChange[] {
  const { name, ownerReferences = [] } = object.metadata;
  const changes: StatusChange[] = [];
  // What belongs to a Pod that is gone would go with it.
  if (owner !== null && !(ownerReferences.length === 1 && ownerReferences[0]!.uid === owner.uid)) {
    changes.push({ type: "SetOwner", name, owner });
  }
  const isSaid = FIXED.every((field) => object.status?.[field] !== undefined) &&
    [...kind.namesIn(object)].sort().join() === [...names].sort().join();
  if (!isSaid) changes.push({ type: "SetStatus", name, status });
  return changes;
}

function removal({ metadata: { name } }: StatusObject): StatusChange {
  return { type: "Delete", name };
}

function byName(a: StatusObject, b: StatusObject): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
