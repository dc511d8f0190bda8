/**
 * The controller's loop on an API server, as a program that can be killed:
 * `deno run controller.ts KUBECONFIG [IDENTITY]`; with an identity it acts only while it holds the lease; "-" is
 * the Pod's own account.
 *
 * Shape: a line of JSON on stdout for every state change. Part of the tests in this folder, until the role itself can be
 * started against a cluster.
 *
 * @module
 */
import { Allocation } from "../../../agent/allocate/allocation.ts";
import { type LastGood, nextLastGood, NO_CONFIG_YET } from "../../../agent/config/last_good.ts";
import { coalesce } from "../../../agent/runtime/coalesce.ts";
import { retryPauseMs, StatusWriter } from "../../../agent/runtime/status_writer.ts";
import { snapshotOf } from "../../../agent/snapshot.ts";
import { openApiSource } from "../../../k8s/api/api_source.ts";
import { Lease } from "../../../k8s/api/lease.ts";

const [kubeconfig, identity] = Deno.args;
if (kubeconfig === undefined) throw new Error("Name the kubeconfig");

const say = (msg: string, fields: Record<string, unknown> = {}): void =>
  console.log(JSON.stringify({ msg, ...fields }));

const source = await openApiSource({
  kubeconfig: kubeconfig === "-" ? null : kubeconfig,
  namespace: "metallb-system",
  onFault: ({ resource, error, attempt }) => say("fault", { resource, err: error.message, attempt }),
  onMended: (resource) => say("mended", { resource }),
});

let passes = 0;
let current: { readonly writer: StatusWriter; readonly requestPass: () => void } | null = null;

/** Begins to act: with empty hands, as after a start, so that what stands in the statuses counts. */
function act(mayWrite: () => boolean): void {
  const allocation = new Allocation({ loadBalancerClass: null });
  const writer = new StatusWriter({
    parallel: 32,
    pauseMs: retryPauseMs,
    write: async (write) => {
      if (!mayWrite()) throw new Error("Another controller holds the lease");
      await source.writeServiceStatus(write);
    },
    onFailure: (service, error, attempt) => say("write failed", { service, err: error.message, attempt }),
  });
  let lastGood: LastGood = NO_CONFIG_YET;
  const requestPass = coalesce(() => {
    const objects = source.objects();
    if (objects === null || !mayWrite()) return;
    if (passes++ === 0) say("synced", { services: objects.services.size });
    lastGood = nextLastGood(lastGood, objects, source.errors());
    for (const { key, write } of allocation.reconcile(snapshotOf(objects), lastGood.config)) {
      if (write === null) writer.forget(key);
      else writer.submit(write);
    }
    writer.retain((key) => objects.services.has(key));
  });
  current = { writer, requestPass };
  requestPass();
}

let lease: Lease | null = null;
if (identity === undefined) act(() => true);
else {
  lease = new Lease({
    client: source.client,
    namespace: "metallb-system",
    name: "ingot-controller",
    identity,
    onAcquired: () => {
      say("leading");
      act(() => lease!.isHeld);
    },
    onLost: (reason) => {
      say("lost", { reason });
      Deno.exit(1);
    },
  });
}
source.onChange(() => current?.requestPass());

Deno.addSignalListener("SIGUSR1", () => {
  const { rss, heapUsed } = Deno.memoryUsage();
  say("memory", { rss, heapUsed, passes });
});
Deno.addSignalListener("SIGTERM", async () => {
  await current?.writer[Symbol.asyncDispose]();
  await lease?.[Symbol.asyncDispose]();
  await source[Symbol.asyncDispose]();
  Deno.exit(0);
});
say("started");
