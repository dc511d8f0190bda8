/**
 * What a cluster would hold once manifests were applied to it.
 *
 * Source: `kubectl apply`: what is not there is created, what is there gets the manifest's fields; what the API server, kubelets
 * and controllers wrote stays (cluster IPs, statuses, labels and annotations that the manifest does not name).
 * Shape: pure; the objects of the cluster and of the manifests in, objects out. Nothing is ever taken away, and a field
 * of a custom resource that the manifest leaves out is left out.
 * Not here: reading either (../plan_command.ts), what the result means (report.ts).
 *
 * @module
 */
import { type ClusterObjects, KIND_OF, type ObjectError } from "../../../k8s/source.ts";
import { type EndpointSlice, type Service, SERVICE_NAME_LABEL } from "../../../k8s/types/core.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../../../k8s/types/meta.ts";
import type { Held } from "../plan.ts";
import { familyOf, type Ip, parseIp } from "../../../protocols/net/ip.ts";

/** One object of the manifests. */
export interface AppliedObject {
  /** "Kind/namespace/name" */
  readonly object: string;
  readonly change: "create" | "replace";
}

/** See the module comment. */
export interface Overlaid extends Held {
  /** Sorted by object. */
  readonly applied: readonly AppliedObject[];
  /** Services that do not exist yet, whose cluster IPs or endpoints had to be guessed. */
  readonly guessed: ReadonlySet<ObjectKey>;
}

/** Others than Ingot's administrator write these too: what is there is kept where the manifest is silent. */
const SHARED: ReadonlySet<keyof ClusterObjects> = new Set(["services", "nodes", "namespaces"]);

/** Lays the manifests over what there is now. */
export function overlay(now: Held, manifests: Held): Overlaid {
  const applied: AppliedObject[] = [];
  const collections: Record<string, ReadonlyMap<ObjectKey, KubernetesObject>> = {};
  for (const collection of Object.keys(KIND_OF) as (keyof ClusterObjects)[]) {
    const there = now.objects[collection] as ReadonlyMap<ObjectKey, KubernetesObject>;
    if (manifests.objects[collection].size === 0) {
      collections[collection] = there;
      continue;
    }
    const all = new Map(there);
    for (const [key, object] of manifests.objects[collection]) {
      const before = there.get(key);
      applied.push({
        object: `${KIND_OF[collection]}/${key}`,
        change: before === undefined ? "create" : "replace",
      });
      all.set(
        key,
        before !== undefined && SHARED.has(collection) ? merged(before as Laid, object as Laid) : object,
      );
    }
    collections[collection] = all;
  }
  // Made of maps that are typed, collection by collection.
  const laid = collections as unknown as ClusterObjects;
  const { objects, guessed } = withGuesses(laid, now.objects.services);
  const isReplaced = ({ object }: ObjectError): boolean => applied.some((it) => it.object === object);
  return {
    objects,
    guessed,
    applied: applied.sort((a, b) => a.object < b.object ? -1 : 1),
    faulty: [
      ...now.faulty.filter(({ collection, key }) => !manifests.objects[collection].has(key)),
      ...manifests.faulty,
    ],
    errors: [...now.errors.filter((error) => !isReplaced(error)), ...manifests.errors],
  };
}

/** What the shared kinds have of these. */
interface Laid extends KubernetesObject {
  readonly spec?: NonNullable<Service["spec"]>;
  readonly status?: unknown;
}

function merged(before: Laid, object: Laid): Laid {
  const { labels, annotations } = before.metadata;
  const status = before.status === undefined ? {} : { status: before.status };
  const spec = object.spec === undefined && before.spec === undefined
    ? {}
    : { spec: { ...assignedIn(before.spec), ...object.spec } };
  const metadata = {
    ...before.metadata,
    ...object.metadata,
    labels: { ...labels, ...object.metadata.labels },
    annotations: { ...annotations, ...object.metadata.annotations },
  };
  return { ...object, ...status, ...spec, metadata };
}

/** What the API server fills in once, and keeps. */
function assignedIn(spec: Service["spec"] = {}): NonNullable<Service["spec"]> {
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = spec;
  const assigned = { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy };
  return Object.fromEntries(Object.entries(assigned).filter(([, value]) => value !== undefined));
}

/** Newer than everything that exists: it comes last where addresses are short. */
const NOT_YET = "9999-12-31T23:59:59Z";

/**
 * A Service that does not exist has no cluster IP and no endpoint. Its address depends on the families of the former, and
 * by layer 2 a node answers only if there is one of the latter.
 */
function withGuesses(
  objects: ClusterObjects,
  existing: ClusterObjects["services"],
): { readonly objects: ClusterObjects; readonly guessed: ReadonlySet<ObjectKey> } {
  const guessed = new Set<ObjectKey>();
  const services = new Map(objects.services);
  const endpointSlices = new Map(objects.endpointSlices);
  const backed = new Set(
    [...endpointSlices.values()].map(({ metadata }) =>
      `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME_LABEL]}`
    ),
  );
  for (const [key, service] of objects.services) {
    if (existing.has(key) || service.spec?.type !== "LoadBalancer") continue;
    const { clusterIP, clusterIPs = [] } = service.spec;
    const metadata = { ...service.metadata, creationTimestamp: NOT_YET };
    const isAddressed = clusterIPs.length > 0 || (clusterIP ?? "") !== "";
    const spec = isAddressed
      ? service.spec
      : { ...service.spec, clusterIPs: clusterIpsFor(service, existing) };
    services.set(key, { ...service, metadata, spec });
    if (!isAddressed) guessed.add(key);
    if (backed.has(key) || service.spec.externalTrafficPolicy === "Local") continue;
    const slice = guessedSlice(service);
    endpointSlices.set(keyOf(slice), slice);
    guessed.add(key);
  }
  return { objects: guessed.size === 0 ? objects : { ...objects, services, endpointSlices }, guessed };
}

const ANY_IP: Readonly<Record<string, string>> = { IPv4: "10.96.0.1", IPv6: "fd00::1" };

/** One address of each family that the API server would give it one of. */
function clusterIpsFor({ spec = {} }: Service, existing: ClusterObjects["services"]): string[] {
  const served = familiesServed(existing);
  const first = spec.ipFamilies?.[0] ?? served[0]!;
  const other = first === "IPv4" ? "IPv6" : "IPv4";
  const isDual = spec.ipFamilyPolicy === "RequireDualStack" || (spec.ipFamilies?.length ?? 0) > 1 ||
    (spec.ipFamilyPolicy === "PreferDualStack" && served.includes(other));
  return (isDual ? [first, other] : [first]).map((family) => ANY_IP[family] ?? ANY_IP["IPv4"]!);
}

/** The families of the cluster IPs there are; the API server's own Service has the one that is usual. */
function familiesServed(existing: ClusterObjects["services"]): readonly string[] {
  const ips = [existing.get("default/kubernetes"), ...existing.values()].flatMap((it) =>
    it?.spec?.clusterIPs ?? []
  ).map(parseIp).filter((ip): ip is Ip => ip !== null);
  const families = new Set(ips.map((ip) => familyOf(ip) === "ipv4" ? "IPv4" : "IPv6"));
  return families.size === 0 ? ["IPv4"] : [...families];
}

function guessedSlice({ metadata: { name, namespace = "default" } }: Service): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-guessed`, namespace, labels: { [SERVICE_NAME_LABEL]: name } },
    endpoints: [{ addresses: ["10.244.0.1"], conditions: { ready: true } }],
  };
}
