/**
 * `ingot plan` on a cluster: it prints what would be, and neither writes to the API server nor sends anything to the LAN.
 *
 * @module
 */
import assert from "node:assert/strict";
import { clusterTest } from "../lab/apiserver/suite.ts";
import { Capture } from "../lab/capture.ts";
import { endpoints, l2Advertisement, pool, service } from "./services.ts";
import { ClusterStage } from "./stage.ts";

const POLICY = { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "Metadata" }] };
const READING = ["get", "list", "watch"];

/** A line of the audit log. */
interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
}

interface Changed {
  readonly after: { readonly announcers: readonly unknown[] };
}

/** What is laid over the cluster: other addresses, one more Service, a router. */
const NEXT = [
  pool("lan", "10.77.0.210/31", "10.77.0.212/32"),
  service("soon"),
  {
    apiVersion: "metallb.io/v1beta2",
    kind: "BGPPeer",
    metadata: { name: "tor", namespace: "metallb-system" },
    spec: { myASN: 64512, peerASN: 64513, peerAddress: "10.77.0.254" },
  },
];

/** Flags that make the API server write down every request. */
async function audited(folder: string): Promise<readonly string[]> {
  await Deno.writeTextFile(`${folder}/audit-policy.json`, JSON.stringify(POLICY));
  return [`--audit-policy-file=${folder}/audit-policy.json`, `--audit-log-path=${folder}/audit.log`];
}

clusterTest("ingot plan --kubeconfig reads the cluster, writes nothing and sends nothing", async () => {
  await using stage = await ClusterStage.open({ nodes: 2, apiServerFlags: audited });
  const { cluster, lab } = stage;
  await cluster.apply(
    pool("lan", "10.77.0.200/32"),
    l2Advertisement("lan"),
    // First by its name where both were made within one second.
    service("early"),
    service("web"),
    ...endpoints("web", lab.nodes),
    ...endpoints("early", lab.nodes),
  );
  const may = READING.slice(1);
  const kubeconfig = await cluster.serviceAccount("planner", [
    { apiGroups: [""], resources: ["services", "namespaces", "nodes", "secrets"], verbs: may },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: may },
    { apiGroups: ["metallb.io"], resources: ["*"], verbs: may },
  ]);
  const [node] = lab.nodes;
  await using capture = await Capture.open(node!.namespace, "eth0");
  const before = await cluster.kubectl([
    "get",
    "services,ipaddresspools,l2advertisements",
    "-A",
    "-o",
    "json",
  ]);

  const table = await stage.plan(node!, kubeconfig);
  const { services, errors, changes } = JSON.parse(await stage.plan(node!, kubeconfig, "-o", "json"));
  const next = `${lab.folder}/next`;
  await Deno.mkdir(next);
  await Deno.writeTextFile(
    `${next}/objects.json`,
    JSON.stringify({ apiVersion: "v1", kind: "List", items: NEXT }),
  );
  const over = JSON.parse(await stage.plan(node!, kubeconfig, "-o", "json", "--manifests", next));
  const overTable = await stage.plan(node!, kubeconfig, "--manifests", `${next}/objects.json`);

  assert.match(table, /shop\/early +10\.77\.0\.200/);
  assert.deepEqual(errors, []);
  assert.partialDeepStrictEqual(services, [
    { service: "shop/early", addresses: ["10.77.0.200"], pool: "lan", reason: null },
    { service: "shop/web", addresses: [], pool: null, reason: "noAvailableAddress" },
  ]);
  assert.equal(services[0].announcers.length, 1);
  assert.partialDeepStrictEqual(changes, {
    takesEffect: true,
    applied: [],
    services: [{ service: "shop/early", gets: ["10.77.0.200"], loses: [], before: { addresses: [] } }],
    sessions: [],
    errorsNow: [],
  }, "what is pending");
  assert.deepEqual(over.errors, []);
  assert.deepEqual(over.changes.applied.map((it: { change: string }) => it.change), [
    "create",
    "replace",
    "create",
  ]);
  assert.partialDeepStrictEqual(over.changes.services, [
    { service: "shop/early", gets: ["10.77.0.210"] },
    { service: "shop/soon", gets: ["10.77.0.212"], before: null },
    { service: "shop/web", gets: ["10.77.0.211"] },
  ]);
  assert.deepEqual(over.changes.services.map((it: Changed) => it.after.announcers.length > 0), [
    true,
    true,
    true,
  ]);
  assert.partialDeepStrictEqual(over.changes.sessions, [{
    peer: "tor",
    change: "opens",
    nodes: ["n1", "n2"],
  }]);
  assert.match(overTable, /\nshop\/soon +none -> 10\.77\.0\.212 /);
  const after = await cluster.kubectl([
    "get",
    "services,ipaddresspools,l2advertisements",
    "-A",
    "-o",
    "json",
  ]);
  assert.equal(after, before);
  const requests = (await Deno.readTextFile(`${lab.folder}/audit.log`)).trim().split("\n")
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ user }) => user.username.endsWith(":planner"));
  assert.ok(requests.length > 40, "all four runs are in the audit log");
  assert.deepEqual(requests.filter(({ verb }) => !READING.includes(verb)), []);
  assert.deepEqual(
    capture.events.all.filter((event) =>
      (event.type === "arp" && /^10\.77\.0\.2[01]\d$/.test(event.senderIp)) ||
      (event.type === "ndp" && event.message === "NeighborAdvertisement" && event.direction === "out")
    ),
    [],
  );

  // Whoever looks once is not kept waiting for what may never come.
  const poor = await cluster.serviceAccount("poor", [{ apiGroups: [""], resources: ["nodes"], verbs: may }]);
  await assert.rejects(stage.plan(node!, poor), /Cannot read \w+: .*forbidden/);
  await cluster.plane.stopApiServer();
  await assert.rejects(stage.plan(node!, kubeconfig), /Cannot read \w+: .*refused/);
});
