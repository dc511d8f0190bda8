/**
 * The plain manifests, applied to a real API server: on an empty cluster, with every component, and over MetalLB's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { ApiServer } from "./api_server.ts";
import { METALLB } from "./metallb_manifests.ts";
import { monitoringDefinitions } from "./monitoring_definitions.ts";

const MANIFESTS = decodeURIComponent(new URL("../../../deploy/manifests", import.meta.url).pathname);
const COMPONENTS = ["monitoring", "network_policies", "two_replicas", "going_back"];
const NAMESPACE = "metallb-system";

function controllerMay(api: ApiServer, verb: string, resource: string): Promise<boolean> {
  return may(api, "controller", verb, resource);
}

/** Whether a ServiceAccount of ours may do this in our namespace, by the API server's own word. */
async function may(api: ApiServer, account: string, verb: string, resource: string): Promise<boolean> {
  const [path, name] = resource.split("=");
  const [kind, subresource] = path!.split("/");
  const [plural, ...group] = kind!.split(".");
  const { body } = await api.ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user: `system:serviceaccount:${NAMESPACE}:${account}`,
      resourceAttributes: {
        namespace: NAMESPACE,
        verb,
        group: group.join("."),
        resource: plural,
        subresource,
        name,
      },
    },
  });
  return body.status.allowed;
}

/** What kustomize makes of the manifests and these components. */
async function kustomize(api: ApiServer, components: readonly string[]): Promise<string> {
  // Beside the manifests, because kustomize takes no absolute paths.
  const folder = await Deno.makeTempDir();
  try {
    const up = folder.replaceAll(/[^/]+/g, "..").slice(1);
    const at = (path: string) => `${up}${MANIFESTS}${path}`;
    await Deno.writeTextFile(
      `${folder}/kustomization.yaml`,
      JSON.stringify({
        resources: [at("")],
        components: components.map((component) => at(`/components/${component}`)),
      }),
    );
    return await api.kubectl(["kustomize", folder]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

clusterTest("an empty cluster takes the manifests at once, twice", async (test) => {
  await using api = await ApiServer.open();
  await api.kubectl(["apply", "-k", MANIFESTS]);
  const revisions = async () => {
    const columns = "-o=custom-columns=KIND:.kind,NAME:.metadata.name,REVISION:.metadata.resourceVersion";
    return await api.kubectl(["get", "-k", MANIFESTS, columns]);
  };
  const before = await revisions();
  await api.kubectl(["apply", "-k", MANIFESTS]);
  assert.equal(await revisions(), before);

  await test.step("the roles allow what they say and no more", async () => {
    for (
      const [verb, resource] of [
        ["patch", "services/status"],
        ["get", "secrets=memberlist"],
        ["patch", "secrets=metallb-webhook-cert"],
        ["create", "leases.coordination.k8s.io"],
        ["update", "leases.coordination.k8s.io=ingot-controller"],
        ["patch", "customresourcedefinitions.apiextensions.k8s.io=bgppeers.metallb.io"],
        ["patch", "ipaddresspools.metallb.io/status"],
      ] as const
    ) assert.ok(await controllerMay(api, verb, resource), `The controller may not ${verb} ${resource}`);
    for (
      const [verb, resource] of [
        ["update", "services"],
        ["patch", "services"],
        ["list", "secrets"],
        ["get", "secrets=other"],
        ["update", "leases.coordination.k8s.io=other"],
        ["delete", "customresourcedefinitions.apiextensions.k8s.io=bgppeers.metallb.io"],
        ["patch", "customresourcedefinitions.apiextensions.k8s.io=ipaddresspools.metallb.io"],
        ["patch", "ipaddresspools.metallb.io"],
      ] as const
    ) assert.ok(!await controllerMay(api, verb, resource), `The controller may ${verb} ${resource}`);
    for (const verb of ["create", "delete", "list", "patch", "watch"]) {
      assert.ok(await may(api, "speaker", verb, "servicel2statuses.metallb.io"), verb);
    }
    for (
      const [verb, resource] of [
        ["patch", "services/status"],
        ["create", "secrets"],
        ["get", "leases.coordination.k8s.io"],
        ["patch", "ipaddresspools.metallb.io/status"],
        ["list", "configmaps"],
      ] as const
    ) assert.ok(!await may(api, "speaker", verb, resource), `The speaker may ${verb} ${resource}`);
  });

  await test.step("the controller keeps to the strictest Pod security, and the speaker needs the namespace's", async () => {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    const strict = { apiVersion: "v1", kind: "Namespace", metadata: { name: "strict", labels } };
    await api.kubectl(["create", "-f", "-"], JSON.stringify(strict));
    for (const account of ["controller", "speaker"]) {
      await api.kubectl(["create", "serviceaccount", account, "-n", "strict"]);
    }
    const podOf = async (workload: string, namespace: string) => {
      const { spec } = JSON.parse(
        await api.kubectl(["get", workload, "-n", NAMESPACE, "-o", "json"]),
      );
      return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "asked", namespace },
        spec: spec.template.spec,
      };
    };
    const ask = async (workload: string, namespace: string) =>
      await api.ask(
        "POST",
        `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
        await podOf(workload, namespace),
      );
    assert.equal((await ask("deployment/controller", "strict")).status, 201);
    assert.match((await ask("daemonset/speaker", "strict")).body.message, /violates PodSecurity/);
    const speaker = await ask("daemonset/speaker", NAMESPACE);
    assert.equal(speaker.status, 201, JSON.stringify(speaker.body));
    const [container] = speaker.body.spec.containers;
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsUser: 0,
      capabilities: { add: ["NET_RAW", "SYS_NICE"], drop: ["ALL"] },
    });
  });

  await test.step("every component fits in", async () => {
    await api.define(monitoringDefinitions());
    await api.kubectl(["apply", "--validate=strict", "-f", "-"], await kustomize(api, COMPONENTS));
    const { spec } = JSON.parse(
      await api.kubectl(["get", "deployment/controller", "-n", NAMESPACE, "-o", "json"]),
    );
    assert.equal(spec.replicas, 2);
    assert.ok(await controllerMay(api, "update", "services/status"), "MetalLB's controller cannot come back");
  });
});

clusterTest("a cluster that runs MetalLB takes the manifests over its own", async () => {
  await using api = await ApiServer.open();
  await api.kubectl(["create", "namespace", NAMESPACE]);
  await api.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: METALLB }));
  const certificate = `/api/v1/namespaces/${NAMESPACE}/secrets/metallb-webhook-cert`;
  await api.ask("PATCH", certificate, { data: { "tls.crt": "Y2VydA==" } });
  assert.ok(await controllerMay(api, "list", "secrets"));

  await api.kubectl(["apply", "-k", MANIFESTS]);
  const get = async (workload: string) =>
    JSON.parse(await api.kubectl(["get", workload, "-n", NAMESPACE, "-o", "json"]));
  for (const [workload, name] of [["deployment", "controller"], ["daemonset", "speaker"]] as const) {
    const { metadata, spec } = await get(`${workload}/${name}`);
    assert.equal(metadata.generation, 2, `${name} was replaced, not changed`);
    const { containers } = spec.template.spec;
    assert.deepEqual(containers.map((one: { name: string }) => one.name), [name]);
    assert.ok(containers[0].args.includes(`--role=${name}`));
  }
  // What MetalLB granted both, only speakers keep, and less of it.
  assert.ok(!await controllerMay(api, "list", "secrets"));
  assert.ok(!await may(api, "speaker", "list", "configmaps"));
  // What MetalLB's controller had made is kept.
  const secret = await get("secret/metallb-webhook-cert");
  assert.equal(secret.data["tls.crt"], "Y2VydA==");
});
