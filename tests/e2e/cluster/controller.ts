/**
 * The controller's loop on an API server, as a program that can be killed: `deno run controller.ts KUBECONFIG`.
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

const [kubeconfig] = Deno.args;
if (kubeconfig === undefined) throw new Error("Name the kubeconfig");

const say = (msg: string, fields: Record<string, unknown> = {}): void =>
  console.log(JSON.stringify({ msg, level: "info", ...fields }));

const source = await openApiSource({
  kubeconfig,
  namespace: "metallb-system",
  onFault: ({ resource, error, attempt }) => say("fault", { resource, err: error.message, attempt }),
  onMended: (resource) => say("mended", { resource }),
});
const allocation = new Allocation({ loadBalancerClass: null });
const writer = new StatusWriter({
  parallel: 32,
  pauseMs: retryPauseMs,
  write: (write) => source.writeServiceStatus(write),
  onFailure: (service, error, attempt) => say("write failed", { service, err: error.message, attempt }),
});
let lastGood: LastGood = NO_CONFIG_YET;
let passes = 0;

const requestPass = coalesce(() => {
  const objects = source.objects();
  if (objects === null) return;
  if (passes++ === 0) say("synced", { services: objects.services.size });
  lastGood = nextLastGood(lastGood, objects, source.errors());
  for (const { key, write } of allocation.reconcile(snapshotOf(objects), lastGood.config)) {
    if (write === null) writer.forget(key);
    else writer.submit(write);
  }
  writer.retain((key) => objects.services.has(key));
});
source.onChange(requestPass);

Deno.addSignalListener("SIGUSR1", () => {
  const { rss, heapUsed } = Deno.memoryUsage();
  say("memory", { rss, heapUsed, passes });
});
say("started");
