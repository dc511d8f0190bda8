/**
 * What speakers say of themselves on a real API server, with the rights that are shipped: status objects, Events, verdicts.
 *
 * Shape: two nodes and their speakers, each in a Pod by name; addresses are given by the test, in the place of a controller.
 * Not here: which requests are made of what (agent/report), the data path (roles_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import type {
  ConfigurationState,
  OwnedObject,
  ServiceBGPStatus,
  ServiceL2Status,
} from "../../k8s/types/statuses.ts";
import { Cluster, SYSTEM } from "../lab/apiserver/cluster.ts";
import { shippedRole } from "../lab/apiserver/shipped_roles.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import { Ingot, ingotCommand } from "../lab/ingot.ts";
import { Lab } from "../lab/lab.ts";
import { until } from "../stage/until.ts";
import { endpoints, l2Advertisement, pool, service, SHOP } from "./services.ts";

/** A program's start alone takes a busy machine half of it. */
const PATIENCE_MS = 60_000;

const KEY = `${SHOP}/web`;
const BETA1 = "metallb.io/v1beta1";

function custom(kind: string, name: string, spec: unknown, apiVersion = BETA1): unknown {
  return { apiVersion, kind, metadata: { name, namespace: SYSTEM }, spec };
}

const peer = (name: string, peerAddress: string, more: object = {}): unknown =>
  custom("BGPPeer", name, { myASN: 64512, peerASN: 64513, peerAddress, ...more }, "metallb.io/v1beta2");

const on = (node: string): object => ({
  nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": node } }],
});

const GOLD = { ipAddressPools: ["gold"] };

/** What is read of an Event. */
interface AssignedEvent {
  readonly metadata: { readonly name: string };
  readonly reason: string;
  readonly source: { readonly host?: string };
  readonly involvedObject: { readonly name: string };
  readonly count: number;
}

/** See the module comment. */
class Stage implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #speakers = new Map<string, Ingot>();
  lab!: Lab;
  cluster!: Cluster;
  #command!: readonly string[];
  #kubeconfig!: string;

  static async open(): Promise<Stage> {
    const stage = new Stage();
    stage.#command = await ingotCommand("executable");
    stage.lab = stage.#stack.use(await Lab.open({ nodes: 2 }));
    stage.cluster = stage.#stack.use(await Cluster.open(stage.lab));
    await stage.cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: SHOP } },
      ...shippedRole("speaker"),
    );
    stage.#kubeconfig = await stage.cluster.kubeconfigOf("speaker");
    await stage.cluster.apply(pool("gold", "10.77.0.200/29"), l2Advertisement("lan", GOLD));
    for (const { name } of stage.lab.nodes) await stage.start(name, `speaker-${name}`);
    return stage;
  }

  /** Starts a node's speaker in a Pod of this name. */
  async start(node: string, podName: string): Promise<Ingot> {
    const spec = {
      nodeName: node,
      serviceAccountName: "speaker",
      automountServiceAccountToken: false,
      containers: [{ name: "speaker", image: "ingot" }],
    };
    await this.cluster.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: podName, namespace: SYSTEM },
      spec,
    });
    const speaker = this.#stack.use(Ingot.speaker(this.lab.node(node), {
      command: this.#command,
      kubeconfig: this.#kubeconfig,
      args: ["--namespace", SYSTEM, "--health-probe-port", "0", "--port", "0"],
      env: { METALLB_POD_NAME: podName },
    }));
    this.#speakers.set(node, speaker);
    return speaker;
  }

  speaker(node: string): Ingot {
    return this.#speakers.get(node)!;
  }

  /** Gives a Service an address, as a controller would. */
  async give(name: string, ip: string): Promise<void> {
    const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip }] } } });
    await this.cluster.kubectl([
      ...["patch", "service", name, "-n", SHOP, "--subresource=status", "--type=merge", "-p", status],
    ]);
  }

  /** Waits until the objects of a kind, made short, are these. */
  async waitFor<T extends OwnedObject>(
    resource: string,
    short: (object: T) => string,
    ...wanted: readonly string[]
  ): Promise<readonly T[]> {
    let last = "";
    return await until(`${resource} ${wanted.join(", ")}`, async () => {
      const objects = await this.cluster.list<T>(resource);
      last = objects.map(short).sort().join("; ");
      return last === [...wanted].sort().join("; ") ? objects : null;
    }, PATIENCE_MS).catch((error: Error) => {
      throw new Error(`${error.message}: there is ${last || "none"}`);
    });
  }

  l2(...wanted: readonly string[]): Promise<readonly ServiceL2Status[]> {
    return this.waitFor<ServiceL2Status>("servicel2statuses", ({ status = {} }) =>
      [
        `${status.serviceNamespace}/${status.serviceName} ${status.node}`,
        ...(status.interfaces ?? []).map(({ name }) => name),
      ].join(" "), ...wanted);
  }

  bgp(...wanted: readonly string[]): Promise<readonly ServiceBGPStatus[]> {
    return this.waitFor<ServiceBGPStatus>(
      "servicebgpstatuses",
      ({ status = {} }) =>
        [`${status.serviceNamespace}/${status.serviceName} ${status.node}`, ...status.peers ?? []].join(" "),
      ...wanted,
    );
  }

  verdicts(...wanted: readonly string[]): Promise<readonly ConfigurationState[]> {
    return this.waitFor<ConfigurationState>(
      "configurationstates",
      ({ metadata, status }) => `${metadata.name} ${status?.result}`,
      ...wanted,
    );
  }

  /** Waits for an Event on the Service; returns the newest. */
  async event(reason: string, ofNode: string): Promise<Record<string, unknown>> {
    return await until(`${reason} of ${ofNode}`, async () => {
      const all = await this.cluster.list<Record<string, unknown>>("events");
      return all.find((one) => one["reason"] === reason && String(one["message"]).includes(`"${ofNode}"`)) ??
        null;
    }, PATIENCE_MS);
  }

  /** The Events that say that a node announces a Service, and how often each was told. */
  async assigned(node: string, name: string): Promise<readonly string[]> {
    const all = await this.cluster.list<AssignedEvent>("events");
    return all.filter((one) =>
      one.reason === "nodeAssigned" && one.source.host === node && one.involvedObject.name === name
    ).map(({ metadata, count }) => `${metadata.name} ${count}`).sort();
  }

  patch(resource: string, name: string, status: unknown): Promise<string> {
    return this.cluster.kubectl([
      ...["patch", resource, name, "-n", SYSTEM, "--subresource=status", "--type=merge"],
      ...["-p", JSON.stringify({ status })],
    ]);
  }

  delete(resource: string, ...names: readonly string[]): Promise<string> {
    return this.cluster.kubectl(["delete", resource, "-n", SYSTEM, ...names]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

clusterTest(
  "speakers say on the API server what they announce, and put right what others make of it",
  async (t) => {
    await using stage = await Stage.open();
    const { cluster, lab } = stage;
    let owner = "";
    let other = "";

    await t.step(
      "136: a Service has one ServiceL2Status, of the node that answers, and an Event",
      async () => {
        await cluster.apply(service("web"), ...endpoints("web", lab.nodes));
        await stage.give("web", "10.77.0.200");
        const announced = await Promise.any(lab.nodes.map(async ({ name }) => {
          await stage.speaker(name).waitForLog("service announced", { service: KEY }, PATIENCE_MS);
          return name;
        }));
        [owner, other] = announced === "n1" ? ["n1", "n2"] : ["n2", "n1"];
        const [status] = await stage.l2(`${KEY} ${owner}`);
        const { metadata } = status!;
        assert.match(metadata.name, /^l2-/);
        assert.equal(metadata.namespace, SYSTEM);
        assert.deepEqual(metadata.labels, {
          "metallb.io/node": owner,
          "metallb.io/service-name": "web",
          "metallb.io/service-namespace": SHOP,
        });
        const pod = await cluster.get<OwnedObject>("pods", `${SYSTEM}/speaker-${owner}`);
        assert.deepEqual(metadata.ownerReferences, [
          { apiVersion: "v1", kind: "Pod", name: `speaker-${owner}`, uid: pod.metadata.uid },
        ]);
        const event = await stage.event("nodeAssigned", owner);
        assert.partialDeepStrictEqual(event, {
          type: "Normal",
          message: `announcing from node "${owner}" with protocol "layer2"`,
          source: { component: "metallb-speaker", host: owner },
          involvedObject: { kind: "Service", name: "web", namespace: SHOP },
          count: 1,
        });
      },
    );

    await t.step("edited, deleted or doubled, it is put right", async () => {
      const [before] = await stage.l2(`${KEY} ${owner}`);
      await stage.patch("servicel2status", before!.metadata.name, { interfaces: [{ name: "wrong" }] });
      await stage.l2(`${KEY} ${owner}`);
      await stage.delete("servicel2status", before!.metadata.name);
      const [after] = await stage.l2(`${KEY} ${owner}`);
      assert.notEqual(after!.metadata.name, before!.metadata.name);
      const { labels } = after!.metadata;
      for (const node of [owner, other]) {
        const metadata = {
          name: `l2-stray-${node}`,
          namespace: SYSTEM,
          labels: { ...labels, "metallb.io/node": node },
        };
        await cluster.apply({ apiVersion: BETA1, kind: "ServiceL2Status", metadata });
      }
      await stage.l2(`${KEY} ${owner}`);
    });

    await t.step("it moves with the announcer, even from a speaker that died", async () => {
      await stage.speaker(owner).kill();
      await cluster.apply(l2Advertisement("lan", on(other)));
      await stage.l2(`${KEY} ${other}`);
      await stage.event("nodeAssigned", other);
      await stage.start(owner, `speaker-${owner}-again`);
      await cluster.apply(l2Advertisement("lan", on(owner)));
      await stage.l2(`${KEY} ${owner}`);
    });

    await t.step(
      "it lists the interfaces that were asked for; where there is none of them, an Event warns",
      async () => {
        await cluster.apply(l2Advertisement("lan", { interfaces: ["eth0"] }));
        await stage.l2(`${KEY} ${owner} eth0`);
        await cluster.apply(l2Advertisement("lan", { interfaces: ["absent"] }));
        await stage.l2();
        assert.partialDeepStrictEqual(await stage.event("announceFailed", owner), {
          type: "Warning",
          message:
            `the interfaces specified by LB IP "10.77.0.200" doesn't exist in assigned node "${owner}" ` +
            'with protocol "layer2"',
        });
        await cluster.apply(l2Advertisement("lan", GOLD));
        await stage.l2(`${KEY} ${owner}`);
      },
    );

    await t.step(
      "137, 138: every node has a ServiceBGPStatus with the peers it tells, known ones only",
      async () => {
        await cluster.apply(peer("tor-b", "10.77.0.252"), peer("tor-a", "10.77.0.253"));
        await cluster.apply(custom("BGPAdvertisement", "all", GOLD));
        const [status] = await stage.bgp(`${KEY} n1 tor-a tor-b`, `${KEY} n2 tor-a tor-b`);
        assert.match(status!.metadata.name, /^bgp-/);
        await cluster.apply(custom("BGPAdvertisement", "all", { peers: ["tor-a", "tor-b", "unknown"] }));
        await stage.patch("servicebgpstatus", status!.metadata.name, { peers: ["wrong"] });
        await stage.bgp(`${KEY} n1 tor-a tor-b`, `${KEY} n2 tor-a tor-b`);
        await stage.event("nodeAssigned", "n1");
      },
    );

    await t.step(
      "139, 140: a deleted peer goes from it; without peers, or where no advertisement is, it goes",
      async () => {
        await stage.delete("bgppeer", "tor-b");
        await stage.bgp(`${KEY} n1 tor-a`, `${KEY} n2 tor-a`);
        await cluster.apply(custom("BGPAdvertisement", "all", on("n2")));
        await stage.bgp(`${KEY} n2 tor-a`);
        await stage.delete("bgppeer", "tor-a");
        await stage.bgp();
        await cluster.apply(custom("BGPAdvertisement", "all", GOLD), peer("tor-a", "10.77.0.253"));
        await stage.bgp(`${KEY} n1 tor-a`, `${KEY} n2 tor-a`);
      },
    );

    await t.step(
      "a restart in the same Pod writes nothing; in a new one, the objects are the new Pod's",
      async () => {
        const revisions = async (): Promise<string[]> =>
          (await Promise.all([stage.l2(`${KEY} ${owner}`), stage.bgp(`${KEY} n1 tor-a`, `${KEY} n2 tor-a`)]))
            .flat()
            .map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
        const before = await revisions();
        await stage.speaker(owner).kill();
        const told = await stage.assigned(owner, "web");
        const again = await stage.start(owner, `speaker-${owner}-again`);
        await again.waitForLog("service announced", { service: KEY }, PATIENCE_MS);
        // What is new after the start is told, hence what is not would have been.
        await cluster.apply(service("marker"), ...endpoints("marker", lab.nodes));
        await stage.give("marker", "10.77.0.201");
        await until(
          "an Event of the marker",
          async () => (await stage.assigned(owner, "marker")).length > 0 || null,
          PATIENCE_MS,
        );
        assert.deepEqual(await stage.assigned(owner, "web"), told);
        await cluster.kubectl(["delete", "service", "marker", "-n", SHOP]);
        assert.deepEqual(await revisions(), before);
        await stage.speaker(owner).stop();
        await stage.start(owner, "third");
        await until("the new owner", async () => {
          const [status] = await cluster.list<ServiceL2Status>("servicel2statuses");
          return status?.metadata.ownerReferences?.map(({ name }) => name).join() === "third" ? true : null;
        }, PATIENCE_MS);
      },
    );

    await t.step("136: with the Service everything that was said of it goes", async () => {
      await cluster.kubectl(["delete", "service", "web", "-n", SHOP]);
      await stage.l2();
      await stage.bgp();
    });
  },
);

clusterTest("speakers say on the API server whether the configuration is in force", async (t) => {
  await using stage = await Stage.open();
  const { cluster } = stage;

  await t.step("every speaker has its own verdict, which belongs to its Pod", async () => {
    const [first] = await stage.verdicts("speaker-n1 Valid", "speaker-n2 Valid");
    const { metadata, status } = first!;
    assert.deepEqual(metadata.labels, {
      "metallb.io/component-type": "speaker",
      "metallb.io/node-name": "n1",
    });
    assert.deepEqual(metadata.ownerReferences?.map(({ kind, name }) => `${kind} ${name}`), [
      "Pod speaker-n1",
    ]);
    assert.partialDeepStrictEqual(status?.conditions, [
      { type: "configReconcilerValid", status: "True", reason: "Reconciled", message: "" },
    ]);
  });

  await t.step(
    "141: an error that concerns one node makes that node's Invalid, until it is mended",
    async () => {
      const secret = { metadata: { name: "key", namespace: SYSTEM }, apiVersion: "v1", kind: "Secret" };
      await cluster.apply({ ...secret, type: "Opaque", stringData: { password: "p" } });
      await cluster.apply(peer("tor", "10.77.0.253", { ...on("n1"), passwordSecret: { name: "key" } }));
      // Secrets and peers come by watches of their own: for a moment the secret may be missing, which is Invalid too.
      const [first] = await stage.waitFor<ConfigurationState>(
        "configurationstates",
        ({ metadata, status }) =>
          `${metadata.name} ${status?.result}${/not found/.test(status?.errorSummary ?? "") ? " still" : ""}`,
        "speaker-n1 Invalid",
        "speaker-n2 Valid",
      );
      assert.match(first!.status!.errorSummary!, /^configuration error: .*BGPPeer\/metallb-system\/tor/);
      assert.match(
        first!.status!.errorSummary!,
        /parsing peer tor secret type mismatch on "metallb-system"\/"key"/,
      );
      assert.equal(first!.status!.conditions![0]!.message, first!.status!.errorSummary);
      assert.equal(first!.status!.conditions![0]!.reason, "ConfigurationError");
      await cluster.kubectl(["delete", "secret", "key", "-n", SYSTEM]);
      await cluster.apply({
        ...secret,
        type: "kubernetes.io/basic-auth",
        stringData: { username: "", password: "p" },
      });
      await stage.verdicts("speaker-n1 Valid", "speaker-n2 Valid");
    },
  );

  await t.step(
    "142, 144: what is missing makes all Invalid; deleted, a verdict comes back as it was",
    async () => {
      await cluster.apply(peer("tor", "10.77.0.253", { bfdProfile: "fast" }));
      await stage.verdicts("speaker-n1 Invalid", "speaker-n2 Invalid");
      await stage.delete("configurationstates", "speaker-n1", "speaker-n2");
      await stage.verdicts("speaker-n1 Invalid", "speaker-n2 Invalid");
      await stage.patch("configurationstate", "speaker-n1", { result: "Valid", errorSummary: "" });
      await stage.verdicts("speaker-n1 Invalid", "speaker-n2 Invalid");
      await cluster.apply(custom("BFDProfile", "fast", {}));
      await stage.verdicts("speaker-n1 Valid", "speaker-n2 Valid");
    },
  );
});
