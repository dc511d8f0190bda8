/**
 * Opens the source of objects that the command line names: a folder of manifests, or a cluster's API server.
 *
 * Shape: one function for those who only read, one for the controller, which resolves once this process is the only one
 * that writes: by a lock on the folder, by a Lease in the cluster.
 * Not here: the sources themselves (k8s/).
 *
 * @module
 */
import { openManifestSource } from "../../k8s/manifest_source.ts";
import type { ApiFault, ApiSource, ApiSourceOptions } from "../../k8s/api/api_source.ts";
import type { ClusterObjects, ClusterSource } from "../../k8s/source.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { AllocationEvent } from "../allocate/decision.ts";
import type { ClusterOptions } from "./options/cluster.ts";
import { logOf } from "./log.ts";
import type { ControllerDecided } from "./report/controller_report.ts";
import type { NodeDecided } from "./report/speaker_report.ts";

/** Where objects come from. */
export type Place =
  | { readonly type: "Manifests"; readonly directory: string }
  /** A kubeconfig's path; null for the account of the Pod this runs in. */
  | { readonly type: "Cluster"; readonly kubeconfig: string | null };

/** What the controller may do besides. */
export interface ControllerSource extends ClusterSource {
  /** Tells the Service's owner; without a cluster the log does. */
  recordEvent(service: Service, event: AllocationEvent): void;
  /** Tells whoever looks at the cluster; without one metrics and log do. */
  tell(decided: ControllerDecided): void;
}

/** What a speaker may do besides. */
export interface SpeakerSource extends ClusterSource {
  /** Tells whoever looks at the cluster; without one the log does. */
  tell(decided: NodeDecided): void;
}

/** Who else writes, and for how long. */
export interface WriterOptions {
  readonly cluster: Pick<ClusterOptions, "podName" | "memberlist">;
  readonly onStandby: () => void;
  /** Another process may write from now on: stop, and open anew. */
  readonly onLost: (reason: string) => void;
  readonly signal: AbortSignal;
}

/** The Lease that says which controller acts. */
const LEASE = "ingot-controller";
/**
 * Who holds the Lease. A Pod's name is its own and its containers follow one another, so that there the hostname does,
 * and a controller that crashed goes on without waiting for its own Lease to run out.
 */
const THIS_START = crypto.randomUUID();
const NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/** The kinds that give or take addresses; a controller needs no rights on the others. */
const CONTROLLER_COLLECTIONS: readonly (keyof ClusterObjects)[] = [
  "services",
  "namespaces",
  "ipAddressPools",
  "communities",
];

const log = logOf("cluster");

/** A source to read from; `watch` is false for whoever looks once, who is told at once why that is not possible. */
export async function openReader(
  place: Place,
  namespace: string | null,
  watch: boolean,
): Promise<ClusterSource> {
  if (place.type === "Manifests") {
    return await openManifestSource({ directory: place.directory, namespace, watch });
  }
  if (watch) return await openCluster(place.kubeconfig, namespace);
  const { promise: fault, reject } = Promise.withResolvers<never>();
  await using opened = new AsyncDisposableStack();
  const onFault = ({ resource, error }: ApiFault) =>
    reject(new Error(`Cannot read ${resource}: ${error.message}`, { cause: error }));
  const source = opened.use(await openCluster(place.kubeconfig, namespace, { onFault }));
  await Promise.race([whenRead(source), fault]);
  opened.move();
  return source;
}

/** The source of a node's speaker. */
export async function openSpeaker(
  place: Place,
  namespace: string | null,
  node: string,
  { podName }: Pick<ClusterOptions, "podName">,
): Promise<SpeakerSource> {
  if (place.type === "Manifests") {
    return Object.assign(await openReader(place, namespace, true), { tell: () => {} });
  }
  await using opened = new AsyncDisposableStack();
  const inNamespace = await namespaceOf(namespace);
  const source = opened.use(await openCluster(place.kubeconfig, inNamespace));
  const { SpeakerReport } = await import("./report/speaker_report.ts");
  const report = opened.use(
    new SpeakerReport({
      client: source.client,
      namespace: inNamespace,
      node,
      podName,
      onFault: logFault,
      onMended: logMended,
      onFailure: logFailure,
    }),
  );
  const kept = opened.move();
  return {
    ...readingOf(source),
    writeServiceStatus: (write) => source.writeServiceStatus(write),
    tell: (decided) => report.tell(decided),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The controller's source; resolves once no other controller writes, rejects with the signal's reason. */
export async function openWriter(
  place: Place,
  namespace: string | null,
  options: WriterOptions,
): Promise<ControllerSource> {
  if (place.type === "Cluster") return await openClusterWriter(place.kubeconfig, namespace, options);
  const { onStandby, signal } = options;
  const source = await openManifestSource({
    directory: place.directory,
    namespace,
    watch: true,
    writesStatus: true,
    onStandby,
    signal,
  });
  return Object.assign(source, { recordEvent: () => {}, tell: () => {} });
}

/** What a controller says of itself that serves webhooks and nothing else; null without a cluster. */
export async function openBystander(
  place: Place,
  namespace: string | null,
  { podName }: Pick<ClusterOptions, "podName">,
): Promise<AsyncDisposable | null> {
  if (place.type !== "Cluster") return null;
  const { openUnjudgedState } = await import("./report/unjudged_state.ts");
  return openUnjudgedState({
    kubeconfig: place.kubeconfig,
    namespace: await namespaceOf(namespace),
    podName,
    onFault: logFault,
    onMended: logMended,
    onFailure: logFailure,
  });
}

async function openClusterWriter(
  kubeconfig: string | null,
  namespace: string | null,
  { cluster, onStandby, onLost, signal }: WriterOptions,
): Promise<ControllerSource> {
  await using opened = new AsyncDisposableStack();
  const inNamespace = await namespaceOf(namespace);
  const source = opened.use(
    await openCluster(kubeconfig, inNamespace, { collections: CONTROLLER_COLLECTIONS }),
  );
  const [{ Lease }, { ControllerReport }] = await Promise.all([
    import("../../k8s/api/write/lease.ts"),
    import("./report/controller_report.ts"),
  ]);
  const acquired = Promise.withResolvers<void>();
  const stopped = () => acquired.reject(signal.reason);
  signal.addEventListener("abort", stopped, { once: true });
  if (signal.aborted) stopped();
  const lease = opened.use(
    new Lease({
      client: source.client,
      namespace: inNamespace,
      name: LEASE,
      identity: kubeconfig === null ? Deno.hostname() : `${Deno.hostname()}_${THIS_START}`,
      onAcquired: acquired.resolve,
      onLost,
      onFault: (err) => log.warn("request failed, trying again", { resource: "leases", err }),
    }),
  );
  onStandby();
  await acquired.promise;
  let statusWrites = 0;
  const report = opened.use(
    new ControllerReport({
      ...cluster,
      client: source.client,
      namespace: inNamespace,
      mayWrite: () => lease.isHeld,
      isWritingStatuses: () => statusWrites > 0,
      onFault: logFault,
      onMended: logMended,
      onFailure: logFailure,
      onSecretMade: (secret) => log.info("secret made for MetalLB's speakers", { secret }),
    }),
  );
  const kept = opened.move();
  return {
    ...readingOf(source),
    writeServiceStatus: async (write) => {
      if (!lease.isHeld) throw new Error("Another controller may hold the Lease");
      statusWrites++;
      try {
        await source.writeServiceStatus(write);
      } finally {
        statusWrites--;
      }
    },
    recordEvent: (service, event) => report.recordEvent(service, event),
    tell: (decided) => report.tell(decided),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function openCluster(
  kubeconfig: string | null,
  namespace: string | null,
  special: Partial<Pick<ApiSourceOptions, "collections" | "onFault">> = {},
): Promise<ApiSource> {
  // The cluster's library costs half a second and 40 MB, which a host without a cluster need not pay.
  const { openApiSource } = await import("../../k8s/api/api_source.ts");
  return await openApiSource({
    kubeconfig,
    namespace: await namespaceOf(namespace),
    onFault: logFault,
    onMended: logMended,
    ...special,
  });
}

function logFault({ resource, error, attempt }: ApiFault): void {
  log.warn("cannot follow a resource, what is known of it stays in force", { resource, err: error, attempt });
}

function logFailure(resource: string, err: Error, attempt: number): void {
  log.warn("request failed, trying again", { resource, err, attempt });
}

function logMended(resource: string): void {
  log.info("following the resource again", { resource });
}

/** The namespace of the configuration, by name or, in a Pod, its own. */
export async function namespaceOf(named: string | null): Promise<string> {
  if (named !== null) return named;
  try {
    return (await Deno.readTextFile(NAMESPACE_FILE)).trim();
  } catch {
    throw new Error("Say which namespace holds the configuration: --namespace NAME, or METALLB_NAMESPACE");
  }
}

/** Resolves once every kind has been read. */
function whenRead(source: ClusterSource): Promise<void> {
  return new Promise((resolve) => {
    source.onChange(() => source.objects() !== null && resolve());
    if (source.objects() !== null) resolve();
  });
}

/** What is read is read through: only writing and closing are different. */
function readingOf(
  source: ClusterSource,
): Omit<ClusterSource, "writeServiceStatus" | typeof Symbol.asyncDispose> {
  return {
    objects: () => source.objects(),
    errors: () => source.errors(),
    faulty: () => source.faulty(),
    isWhole: () => source.isWhole(),
    heldByUnreadable: () => source.heldByUnreadable(),
    onChange: (listener) => source.onChange(listener),
  };
}
