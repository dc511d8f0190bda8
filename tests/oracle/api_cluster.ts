/**
 * A story played on a real API server: steps in, what Services say out.
 *
 * Source: Kubernetes server-side apply; MetalLB's ServiceL2Status and ServiceBGPStatus.
 * Shape: a {@linkcode Change} tells what a step really changed, for those who wait until somebody has acted upon it.
 * Not here: who acts (metallb_witness.ts, tests/cluster/oracle_test.ts).
 *
 * @module
 */
import { ALLOCATED_FROM_POOL } from "../../agent/allocate/request.ts";
import { NODE_LABEL } from "../../agent/report/service_statuses.ts";
import { ApiError } from "../../k8s/api/api_error.ts";
import { ApiClient } from "../../k8s/api/client.ts";
import { openCredentials } from "../../k8s/api/access/credentials.ts";
import { pathOfKind, pathOfObject, SERVED_KINDS } from "../../k8s/api/kinds.ts";
import { Transport } from "../../k8s/api/access/transport.ts";
import { MANIFEST_KINDS } from "../../k8s/manifests/kinds.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { KubernetesObject } from "../../k8s/types/meta.ts";
import type { ServiceBGPStatus, ServiceL2Status } from "../../k8s/types/statuses.ts";
import { type Manifest, manifestOf } from "./manifest.ts";
import { NAMESPACES, NODES, NOTHING, type Step, type StepKind, SYSTEM, type Verdicts } from "./step.ts";

/** What is different after a step. */
export interface Change {
  readonly labels: boolean;
  /** Or the object is new or gone. */
  readonly spec: boolean;
  readonly status: boolean;
  /** When the API server says that the object was created; null when it is gone. */
  readonly createdAt: string | null;
}

/** What a story leaves behind, in the order in which it is to go. */
const REMOVED: readonly StepKind[] = [
  "Service",
  "EndpointSlice",
  "L2Advertisement",
  "BGPAdvertisement",
  "BGPPeer",
  "IPAddressPool",
];

/** Only what tests read of any object. */
interface ApiObject extends KubernetesObject {
  readonly spec?: unknown;
  readonly endpoints?: unknown;
}

/** See the module comment. */
export class ApiCluster implements Disposable {
  readonly client: ApiClient;
  readonly #unavailable = new Set<string>();

  constructor(kubeconfig: string) {
    this.client = new ApiClient(new Transport(openCredentials(kubeconfig)));
  }

  /** Makes the namespaces. */
  async prepare(): Promise<void> {
    for (const key of NAMESPACES) await this.apply({ kind: "Namespace", key, body: {} });
  }

  /** Carries a step out. */
  async apply(step: Step): Promise<Change> {
    const path = pathOf(step);
    const before = await this.#get(path);
    if (step.body === null) {
      await this.client.delete(path);
      return { labels: true, spec: true, status: false, createdAt: null };
    }
    const after = await this.#put(path, manifestOf(step), before);
    const status = step.kind === "Node" && await this.#setAvailable(step, path);
    return {
      labels: textOf(before?.metadata.labels) !== textOf(after.metadata.labels) ||
        textOf(before?.metadata.annotations) !== textOf(after.metadata.annotations),
      spec: textOf([before?.spec, before?.endpoints]) !== textOf([after.spec, after.endpoints]),
      status,
      createdAt: after.metadata.creationTimestamp ?? null,
    };
  }

  /** Takes away what a story has left. */
  async clear(): Promise<void> {
    for (const kind of REMOVED) {
      const served = SERVED_KINDS.get(MANIFEST_KINDS.get(kind)!.collection)!;
      const { items } = await this.client.get<{ readonly items: readonly KubernetesObject[] }>(
        pathOfKind(served, SYSTEM),
      );
      for (const { metadata: { name, namespace = "" } } of items) {
        if (namespace === "default") continue; // kubernetes itself
        const key = NAMESPACES.includes(namespace as "red") ? `${namespace}/${name}` : name;
        await this.client.delete(pathOf({ kind, key, body: null }));
      }
    }
    for (const key of NODES) await this.apply({ kind: "Node", key, body: {} });
  }

  /** What Services say, and what is said of them. */
  async verdicts(): Promise<Verdicts> {
    const [services, l2, bgp] = await Promise.all([
      this.#list<Service>("/api/v1/services"),
      this.#list<ServiceL2Status>(statusPath("servicel2statuses")),
      this.#list<ServiceBGPStatus>(statusPath("servicebgpstatuses")),
    ]);
    const said = services.filter(({ metadata }) => metadata.namespace !== "default").map((service) => {
      const { name, namespace, annotations } = service.metadata;
      const isAbout = ({ metadata: { labels = {} } }: KubernetesObject): boolean =>
        labels["metallb.io/service-name"] === name && labels["metallb.io/service-namespace"] === namespace;
      const answering = l2.filter(isAbout);
      return [`${namespace}/${name}`, {
        addresses: (service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip!),
        pool: annotations?.[ALLOCATED_FROM_POOL] ?? null,
        node: answering.length === 0 ? null : answering.map(nodeOf).sort().join(" and "),
        interfaces: answering.flatMap(({ status }) => status?.interfaces ?? []).map((one) => one.name!)
          .sort(),
        peers: Object.fromEntries(
          bgp.filter(isAbout).map((
            one,
          ): [string, readonly string[]] => [nodeOf(one), one.status?.peers ?? []]).sort(),
        ),
      }] as const;
    });
    return new Map(said.filter(([, verdict]) => textOf(verdict) !== textOf(NOTHING)));
  }

  /** The objects at a path. */
  #list<T>(path: string): Promise<readonly T[]> {
    return this.client.get<{ readonly items: readonly T[] }>(path).then(({ items }) => items);
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }

  async #get(path: string): Promise<ApiObject | null> {
    try {
      return await this.client.get<ApiObject>(path);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return null;
      throw error;
    }
  }

  /** A custom resource is replaced: applied, an empty spec would become null and then be refused. */
  async #put(path: string, manifest: Manifest, before: ApiObject | null): Promise<ApiObject> {
    if (!manifest.apiVersion.startsWith("metallb.io/")) {
      return await this.client.patch("apply", path, manifest, {
        query: { fieldManager: "story", force: true },
      });
    }
    if (before === null) return await this.client.create(path.slice(0, path.lastIndexOf("/")), manifest);
    for (let { resourceVersion } = before.metadata;;) {
      try {
        return await this.client.update(path, {
          ...manifest,
          metadata: { ...manifest.metadata, resourceVersion },
        });
      } catch (error) {
        if (!(error instanceof ApiError && error.isConflict)) throw error;
        // Whoever counts the addresses of a pool has written its status meanwhile.
        ({ resourceVersion } = (await this.client.get<ApiObject>(path)).metadata);
      }
    }
  }

  /** True when that is different from before. */
  async #setAvailable({ key, body }: Step, path: string): Promise<boolean> {
    const isUnavailable = body?.isUnavailable ?? false;
    if (this.#unavailable.has(key) === isUnavailable) return false;
    if (isUnavailable) this.#unavailable.add(key);
    else this.#unavailable.delete(key);
    const condition = { type: "NetworkUnavailable", status: isUnavailable ? "True" : "False" };
    await this.client.patch("merge", `${path}/status`, { status: { conditions: [condition] } });
    return true;
  }
}

function pathOf(step: Step): string {
  const { apiVersion, metadata: { name, namespace } } = manifestOf({ ...step, body: null });
  const { resource } = SERVED_KINDS.get(MANIFEST_KINDS.get(step.kind)!.collection)!;
  return pathOfObject(apiVersion, resource, namespace === undefined ? name : `${namespace}/${name}`);
}

function statusPath(resource: string): string {
  return `/apis/metallb.io/v1beta1/namespaces/${SYSTEM}/${resource}`;
}

function nodeOf({ metadata: { labels = {} } }: KubernetesObject): string {
  return labels[NODE_LABEL]!;
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "";
}
