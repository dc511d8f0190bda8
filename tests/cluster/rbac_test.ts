/**
 * Each right of the shipped roles is needed: without it the role that has it says which one it lacks.
 *
 * Shape: the rights are read from the manifests; a new one without a case here fails the first test.
 * Not here: the rights by which a role tells of itself and lets others look (rbac_report_test.ts), that both roles work with
 * these rights and no others (roles_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubernetesObject } from "../../k8s/types/meta.ts";
import { SYSTEM } from "../lab/apiserver/cluster.ts";
import { type Right, rightsOf, type RoleName, shippedRole } from "../lab/apiserver/shipped_roles.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import type { Ingot, LogLine } from "../lab/ingot.ts";
import { until } from "../stage/until.ts";
import { REPORTED } from "./reported_rights.ts";
import { endpoints, l2Advertisement, pool, service, SHOP } from "./services.ts";
import { ClusterStage, PATIENCE_MS } from "./stage.ts";
import { askWebhook, creationReview, SECRET, WEBHOOK_OBJECTS } from "./webhooks/stage.ts";

/** Roles that are started at the same time. */
const AT_ONCE = 4;

/** What the roles read; a list or a watch of it that is forbidden is told by name. */
const FOLLOWED: Readonly<Record<RoleName, readonly string[]>> = {
  controller: ["services", "namespaces", "ipaddresspools", "communities"],
  speaker: [
    "services",
    "namespaces",
    "nodes",
    "endpointslices",
    "ipaddresspools",
    "communities",
    "l2advertisements",
    "bgpadvertisements",
    "bgppeers",
    "bfdprofiles",
    "secrets",
    "servicel2statuses",
    "servicebgpstatuses",
    "configurationstates",
  ],
};

/** What the controller writes: how to make it, and the complaint when it may not. */
interface Writing {
  readonly msg: string;
  readonly err: RegExp;
  readonly provoke: (stage: ClusterStage) => Promise<unknown>;
}

const REQUEST_FAILED = "request failed, trying again";
const NOTHING = (): Promise<void> => Promise.resolve();
const CERTIFICATE = `secrets (${SECRET})`;

/** What is listed when a change is asked about. */
function asked(...resources: readonly string[]): Record<string, Writing> {
  return Object.fromEntries(resources.map((resource) => [`list ${resource}`, {
    msg: "change cannot be judged, the webhook's policy decides",
    err: new RegExp(`${resource}.*forbidden`),
    provoke: () =>
      until(
        "the webhooks",
        () =>
          askWebhook(
            "127.0.0.1",
            "/validate-metallb-io-v1beta1-ipaddresspool",
            creationReview(pool("asked")),
          ),
        PATIENCE_MS,
      ),
  }]));
}

function withoutSecrets(provoke: Writing["provoke"]): Writing {
  return { msg: REQUEST_FAILED, err: /secrets.*forbidden/, provoke };
}

/** What names the webhooks' authority; `forget` makes it name none. */
function trusted(resource: string, name: string, forget: Writing["provoke"]): Record<string, Writing> {
  return Object.fromEntries(["list", "watch", "patch"].map((verb) => [`${verb} ${resource} (${name})`, {
    msg: REQUEST_FAILED,
    err: new RegExp(`${resource}.*forbidden`),
    provoke: forget,
  }]));
}

/** Arguments for kubectl that change one object of the system's namespace, or of none. */
function merging(resource: string, name: string, patch: unknown): readonly string[] {
  return ["patch", resource, name, "-n", SYSTEM, "--type=merge", "-p", JSON.stringify(patch)];
}

const WRITTEN: Readonly<Record<string, Writing>> = {
  "patch services/status": {
    msg: "status write failed, trying again",
    err: /grant the verb patch on services\/status/,
    provoke: (stage) => stage.cluster.apply(service("unwritten")),
  },
  "create events": {
    msg: REQUEST_FAILED,
    err: /events.*forbidden/,
    provoke: (stage) => stage.cluster.apply(service("untold")),
  },
  "patch events": { msg: REQUEST_FAILED, err: /events.*forbidden/, provoke: allocateTwice },
  "patch ipaddresspools/status": {
    msg: REQUEST_FAILED,
    err: /ipaddresspools.*forbidden/,
    provoke: NOTHING,
  },
  ...asked("nodes", "l2advertisements", "bgpadvertisements", "bgppeers", "bfdprofiles"),
  [`list ${CERTIFICATE}`]: withoutSecrets(NOTHING),
  [`watch ${CERTIFICATE}`]: withoutSecrets(NOTHING),
  "create secrets": withoutSecrets(({ cluster }) =>
    cluster.kubectl(["delete", "secret", "-n", SYSTEM, SECRET, "--ignore-not-found"])
  ),
  [`patch ${CERTIFICATE}`]: withoutSecrets(async ({ cluster }) => {
    await until(
      "a Secret",
      () => cluster.get("secret", `${SYSTEM}/${SECRET}`).catch(() => null),
      PATIENCE_MS,
    );
    await cluster.kubectl(merging("secret", SECRET, { data: null }));
  }),
  ...trusted(
    "validatingwebhookconfigurations",
    "metallb-webhook-configuration",
    ({ cluster }) =>
      cluster.apply(...WEBHOOK_OBJECTS.filter(({ kind }) => kind === "ValidatingWebhookConfiguration")),
  ),
  ...trusted("customresourcedefinitions", "bgppeers.metallb.io", ({ cluster }) => {
    const conversion = { webhook: { clientConfig: { caBundle: null } } };
    return cluster.kubectl(merging("crd", "bgppeers.metallb.io", { spec: { conversion } }));
  }),
  "create leases": { msg: REQUEST_FAILED, err: /leases.*forbidden/, provoke: NOTHING },
  "get leases (ingot-controller)": { msg: REQUEST_FAILED, err: /leases.*forbidden/, provoke: NOTHING },
  "update leases (ingot-controller)": { msg: REQUEST_FAILED, err: /leases.*forbidden/, provoke: NOTHING },
};

/** What the speaker writes, and how to make it do so; it complains about the resource by name. */
const TOLD: Readonly<Record<string, (stage: ClusterStage) => Promise<unknown>>> = {
  "get pods": NOTHING,
  "create events": NOTHING,
  "patch events": announceTwice,
  "create configurationstates": NOTHING,
  "patch configurationstates": NOTHING,
  "patch configurationstates/status": NOTHING,
  ...Object.fromEntries(
    ["servicel2statuses", "servicebgpstatuses"].flatMap((resource) => [
      [`create ${resource}`, NOTHING],
      [`patch ${resource}/status`, NOTHING],
      [`patch ${resource}`, (stage: ClusterStage) => disown(stage, resource)],
      [`delete ${resource}`, (stage: ClusterStage) => leaveBehind(stage, resource)],
    ]),
  ),
};

/** Rights that are granted ahead of what uses them; each leaves this list with a case of its own. */
const AHEAD: Readonly<Record<RoleName, readonly RegExp[]>> = {
  controller: [],
  speaker: [/^list pods$/],
};

/** The same event about one Service, twice. */
async function allocateTwice({ cluster }: ClusterStage): Promise<void> {
  for (const type of ["LoadBalancer", "ClusterIP", "LoadBalancer"]) {
    const spec = type === "LoadBalancer" ? {} : { type, allocateLoadBalancerNodePorts: null };
    await cluster.apply(service("again", { spec }));
    await until(`"again" to be treated as ${type}`, async () => {
      const { status } = await cluster.get<{ readonly status: { readonly loadBalancer: object } }>(
        "services",
        `${SHOP}/again`,
      );
      return (Object.keys(status.loadBalancer).length > 0) === (type === "LoadBalancer") ? true : null;
    }, PATIENCE_MS);
  }
}

/** The same event about one Service, twice: taken over, given up, taken over. */
async function announceTwice({ cluster }: ClusterStage): Promise<void> {
  const states: readonly (readonly [unknown, number])[] = [
    [{ ipAddressPools: ["gold"] }, 1],
    [{ ipAddressPools: ["other"] }, 0],
    [{ ipAddressPools: ["gold"] }, 1],
  ];
  for (const [spec, count] of states) {
    await cluster.apply(l2Advertisement("lan", spec));
    await until(`${count} ServiceL2Status`, async () => {
      return (await cluster.list("servicel2statuses")).length === count ? true : null;
    }, PATIENCE_MS);
  }
}

/** Takes the Pod away from an object, as soon as there is one. */
async function disown({ cluster }: ClusterStage, resource: string): Promise<void> {
  const { metadata: { name } } = await until(resource, async () => {
    return (await cluster.list<KubernetesObject>(resource))[0] ?? null;
  }, PATIENCE_MS);
  const nobody = JSON.stringify({ metadata: { ownerReferences: null } });
  await cluster.kubectl(["patch", resource, name, "-n", SYSTEM, "--type=merge", "-p", nobody]);
}

/** An object of this node about a Service that is gone. */
async function leaveBehind({ cluster, lab }: ClusterStage, resource: string): Promise<void> {
  const labels = {
    "metallb.io/node": lab.nodes[0]!.name,
    "metallb.io/service-name": "gone",
    "metallb.io/service-namespace": SHOP,
  };
  const kind = resource === "servicel2statuses" ? "ServiceL2Status" : "ServiceBGPStatus";
  await cluster.apply({
    apiVersion: "metallb.io/v1beta1",
    kind,
    metadata: { name: "left", namespace: SYSTEM, labels },
  });
}

function nameOf({ verb, resource }: Right): string {
  return `${verb} ${resource}`;
}

function isFollowing(role: RoleName, { verb, resource }: Right): boolean {
  return (verb === "list" || verb === "watch") && FOLLOWED[role].includes(resource);
}

Deno.test("shipped roles: each right has a case or is granted ahead of its use, and each case has a right", () => {
  for (const role of ["controller", "speaker"] as const) {
    const rights = rightsOf(role);
    for (const right of rights) {
      const name = nameOf(right);
      const found = [
        isFollowing(role, right),
        name in (role === "controller" ? WRITTEN : TOLD),
        name in REPORTED[role],
        AHEAD[role].some((ahead) => ahead.test(name)),
      ];
      assert.equal(found.filter(Boolean).length, 1, `${role}: ${name}`);
    }
    const names = rights.map(nameOf);
    for (const resource of FOLLOWED[role]) {
      for (const verb of ["list", "watch"]) assert.ok(names.includes(`${verb} ${resource}`), resource);
    }
    for (const ahead of AHEAD[role]) assert.ok(names.some((name) => ahead.test(name)), String(ahead));
    for (const name of Object.keys({ ...role === "controller" ? WRITTEN : TOLD, ...REPORTED[role] })) {
      assert.ok(names.includes(name), name);
    }
  }
});

/** One right that is taken away, from an account of its own. */
interface Case {
  readonly role: RoleName;
  readonly right: Right;
  readonly account: string;
}

clusterTest("each right that is missing is missed by name", async (t) => {
  await using stage = await ClusterStage.open({ nodes: 1 });
  const { cluster } = stage;
  await cluster.apply(pool("gold", "10.80.0.0/16"));
  const cases = (["controller", "speaker"] as const).flatMap((role): Case[] =>
    rightsOf(role)
      .filter((right) => isFollowing(role, right) || (role === "controller" && nameOf(right) in WRITTEN))
      .map((right, index) => ({ role, right, account: `${role}-${index}` }))
  );
  await cluster.apply(...cases.flatMap(({ role, right, account }) => shippedRole(role, account, right)));

  const following = cases.filter(({ role, right }) => isFollowing(role, right))[Symbol.iterator]();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const one of following) await assertNotFollowing(stage, one);
  }));
  for (const one of cases) {
    const writing = WRITTEN[nameOf(one.right)];
    if (one.role === "speaker" || writing === undefined) continue;
    await t.step(nameOf(one.right), async () => {
      // Nobody is to wait until the lease of the one before has run out.
      await cluster.kubectl(["delete", "lease", "-n", "metallb-system", "--all"]);
      await using controller = stage.controller(await cluster.kubeconfigOf(one.account));
      await writing.provoke(stage);
      await complaint(
        controller,
        ({ msg, err }) => msg === writing.msg && writing.err.test(textOf(err)),
        one,
      );
    });
  }
});

clusterTest("each right to tell of itself that a speaker misses is missed by name", async (t) => {
  await using stage = await ClusterStage.open({ nodes: 1 });
  const { cluster, lab } = stage;
  const [node] = lab.nodes;
  const own = (kind: string, version: string, spec: unknown): unknown => ({
    apiVersion: `metallb.io/${version}`,
    kind,
    metadata: { name: "tor", namespace: SYSTEM },
    spec,
  });
  const spec = {
    nodeName: node!.name,
    serviceAccountName: "speaker",
    automountServiceAccountToken: false,
    containers: [{ name: "speaker", image: "ingot" }],
  };
  await cluster.apply(
    { apiVersion: "v1", kind: "Pod", metadata: { name: "pod", namespace: SYSTEM }, spec },
    pool("gold", "10.77.0.200/29"),
    pool("other", "10.77.0.210/32"),
    l2Advertisement("lan", { ipAddressPools: ["gold"] }),
    own("BGPPeer", "v1beta2", { myASN: 64512, peerASN: 64513, peerAddress: "10.77.0.253" }),
    own("BGPAdvertisement", "v1beta1", { ipAddressPools: ["gold"] }),
    service("web"),
    ...endpoints("web", lab.nodes),
  );
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: "10.77.0.200" }] } } });
  await cluster.kubectl(
    ["patch", "service", "web", "-n", SHOP, "--subresource=status", "--type=merge", "-p", status],
  );
  for (const [index, right] of rightsOf("speaker").filter((one) => nameOf(one) in TOLD).entries()) {
    await t.step(nameOf(right), async () => {
      const account = `teller-${index}`;
      await cluster.apply(...shippedRole("speaker", account, right));
      const told = "servicel2statuses,servicebgpstatuses,configurationstates";
      await cluster.kubectl(["delete", told, "-n", SYSTEM, "--all"]);
      await using speaker = stage.speaker(node!, await cluster.kubeconfigOf(account), "pod");
      await TOLD[nameOf(right)]!(stage);
      const [resource] = right.resource.split("/");
      await complaint(
        speaker,
        ({ msg, err, ...line }) =>
          msg === REQUEST_FAILED && line["resource"] === resource && textOf(err).includes("forbidden"),
        { role: "speaker", right, account },
      );
    });
  }
});

async function assertNotFollowing(stage: ClusterStage, one: Case): Promise<void> {
  const { role, right, account } = one;
  const kubeconfig = await stage.cluster.kubeconfigOf(account);
  await using running = role === "controller"
    ? stage.controller(kubeconfig)
    : stage.speaker(stage.lab.nodes[0]!, kubeconfig);
  await complaint(
    running,
    (line) =>
      line.msg === "cannot follow a resource, what is known of it stays in force" &&
      line["resource"] === right.resource && textOf(line["err"]).includes("forbidden"),
    one,
  );
}

async function complaint(role: Ingot, match: (line: LogLine) => boolean, one: Case): Promise<void> {
  await role.log.waitFor(`a ${one.role} to miss ${nameOf(one.right)}`, match, { withinMs: PATIENCE_MS });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "");
}
