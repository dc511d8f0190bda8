/**
 * The guide's way from MetalLB to Ingot and back for who installed MetalLB with Helm: its release is upgraded in place.
 *
 * Source: MetalLB's chart as it is released; deploy/README.md, "Migrating from MetalLB" and "Going back to MetalLB".
 * Not here: what the programs then do (tests/cluster/adoption_test.ts), the chart's values (chart_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { ApiServer } from "./api_server.ts";
import { CHART, helm, LACKING_HELM, unlessLacking } from "./helm.ts";
import { METALLB_CHART } from "./metallb_chart.ts";

const SYSTEM = "metallb-system";
/** What somebody may have set; nobody answers the webhooks here, so they must not have to. */
const VALUES = {
  loadBalancerClass: "lan",
  crds: { validationFailurePolicy: "Ignore" },
  speaker: { logLevel: "debug" },
};
const IMAGE = "registry.example/ingot";

/** One of each kind that is somebody's. */
const BELONGINGS: readonly unknown[] = [
  own("IPAddressPool", "v1beta1", { addresses: ["192.0.2.0/24"] }),
  own("L2Advertisement", "v1beta1", { ipAddressPools: ["mine"] }),
  own("BGPPeer", "v1beta2", { myASN: 64512, peerASN: 64513, peerAddress: "10.0.0.1" }),
  own("BGPAdvertisement", "v1beta1", { communities: ["mine"] }),
  own("BFDProfile", "v1beta1", { receiveInterval: 100 }),
  own("Community", "v1beta1", { communities: [{ name: "mine", value: "64512:1" }] }),
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "mine", namespace: "default" },
    spec: { type: "LoadBalancer", loadBalancerClass: "lan", ports: [{ port: 80 }] },
  },
];

function own(kind: string, version: string, spec: unknown): unknown {
  const metadata = { name: "mine", namespace: SYSTEM };
  return { apiVersion: `metallb.io/${version}`, kind, metadata, spec };
}

const OF_KINDS = [
  "ipaddresspools,l2advertisements,bgppeers.v1beta2.metallb.io",
  "bgpadvertisements,bfdprofiles,communities,services",
].join();

/** Everything that is somebody's, as it is in the cluster, and the definitions it hangs on; frr-k8s goes with MetalLB. */
async function belongings(api: ApiServer): Promise<unknown> {
  const objects = JSON.parse(await api.kubectl(["get", OF_KINDS, "-A", "-o", "json"])).items as Kept[];
  const definitions = JSON.parse(await api.kubectl(["get", "crd", "-o", "json"])).items as Kept[];
  return {
    objects: objects.filter(({ metadata }) => metadata.name === "mine")
      .map(({ kind, metadata: { uid, annotations }, spec, status }) => ({
        ...{ kind, uid, annotations, spec, status },
      })),
    definitions: definitions.map(({ metadata: { name, uid } }) => ({ name, uid }))
      .filter(({ name }) => !name.endsWith(".frrk8s.metallb.io")),
  };
}

interface Kept {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string; readonly annotations?: unknown };
  readonly spec: unknown;
  readonly status?: unknown;
}

/** Images and arguments of both workloads. */
async function workloads(api: ApiServer): Promise<string> {
  const paths = "{..containers[*].image} {..containers[*].args}";
  const which = ["deployment/metallb-controller", "daemonset/metallb-speaker"];
  return await api.kubectl(["get", ...which, "-n", SYSTEM, "-o", `jsonpath=${paths}`]);
}

const LACKING = LACKING_HELM ?? (METALLB_CHART === null ? "MetalLB's chart" : null);
const TITLE = "MetalLB's release becomes Ingot's and MetalLB's again, and what is somebody's stays as it is";

unlessLacking(LACKING, clusterTest)(TITLE, async (test) => {
  await using api = await ApiServer.open();
  const inRelease = (args: readonly string[], values?: string): Promise<string> =>
    helm([...args, "--kubeconfig", api.kubeconfig, "-n", SYSTEM], values);
  await inRelease(
    ["install", "metallb", METALLB_CHART!, "--create-namespace", "-f", "-"],
    JSON.stringify(VALUES),
  );
  await api.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  const list = { apiVersion: "v1", kind: "List", items: BELONGINGS };
  await api.kubectl(["apply", "-f", "-"], JSON.stringify(list));
  await api.ask("PATCH", "/api/v1/namespaces/default/services/mine/status", {
    metadata: { annotations: { "metallb.io/ip-allocated-from-pool": "mine" } },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.7", ipMode: "VIP" }] } },
  });
  const before = await belongings(api);
  const values = await inRelease(["get", "values", "metallb", "-o", "yaml"]);

  await test.step("upgraded to Ingot", async () => {
    const images = ["controller", "speaker"].flatMap((
      role,
    ) => ["--set", `${role}.image.repository=${IMAGE}`]);
    await inRelease(["upgrade", "metallb", CHART, "-f", "-", ...images], values);
    assert.deepEqual(await belongings(api), before);
    const now = await workloads(api);
    assert.equal(now.split(IMAGE).length - 1, 2, now);
    assert.match(now, /lb-class=lan/);
    assert.doesNotMatch(now, /metallb\/(?:controller|speaker)/);
  });

  await test.step("and back to MetalLB", async () => {
    await api.kubectl(["scale", "deployment/metallb-controller", "-n", SYSTEM, "--replicas=0"]);
    await inRelease(["upgrade", "metallb", METALLB_CHART!, "-f", "-"], values);
    await api.kubectl(["scale", "deployment/metallb-controller", "-n", SYSTEM, "--replicas=1"]);
    assert.deepEqual(await belongings(api), before);
    const now = await workloads(api);
    assert.ok(!now.includes(IMAGE), now);
    assert.match(now, /metallb\/controller/);
    assert.match(now, /lb-class=lan/);
  });
});
