/**
 * Controller and speakers as processes on a real cluster, with exactly the rights that are shipped; kubectl changes objects,
 * kube-proxy forwards, and a client on the LAN sees what comes of it.
 *
 * Not here: crashes and leadership at scale (controller_test.ts), rights that are missing (rbac_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { SYSTEM } from "../lab/apiserver/cluster.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import type { Ingot } from "../lab/ingot.ts";
import { epochMs, Prober } from "../lab/prober.ts";
import { Asker } from "../stage/asker.ts";
import { until } from "../stage/until.ts";
import { ASKING, assertAnswered } from "./requests.ts";
import { endpoints, l2Advertisement, pool, service, type ServiceSketch, SHOP } from "./services.ts";
import { ClusterStage, PATIENCE_MS, RETRY_PATIENCE_MS } from "./stage.ts";

const PORT = 80;
const RANGES = ["10.77.0.200-10.77.0.250", "fd00:77::200-fd00:77::250"];
/** How long the API server is away: far longer than Leases, watches and whatever a node remembers of its neighbours. */
const OUTAGE_MS = 120_000;
/** Longer than the controller's lease lasts. */
const SILENCE_MS = 20_000;
/** A neighbour that nobody answered would be asked again only after a second. */
const NOTICEABLE_MS = 900;
/** The address of a Service that is always there: whoever is silent about another answers for this one. */
const MARKER = "10.77.0.180";
const BOTH_FAMILIES = { ipFamilyPolicy: "RequireDualStack" };

/** What `kubectl describe` shows of a Service. */
interface ServiceEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component: string };
  readonly involvedObject: { readonly name: string; readonly kind: string };
}

/** A cluster with one pool of both families and one advertisement; everything of Ingot runs. */
class Running implements AsyncDisposable {
  readonly stage: ClusterStage;
  readonly speakers: readonly Ingot[];
  readonly controllers: Ingot[] = [];

  private constructor(stage: ClusterStage) {
    this.stage = stage;
    this.speakers = stage.lab.nodes.map((node) => stage.speaker(node));
  }

  static async open(): Promise<Running> {
    const stage = await ClusterStage.open({ nodes: 3 });
    const running = new Running(stage);
    await stage.cluster.apply(pool("lan", ...RANGES), l2Advertisement("lan"));
    await running.startController();
    return running;
  }

  /** As in its Pod, where a crashed controller comes back at once. */
  async startController(): Promise<void> {
    this.controllers.push(await this.stage.controllerInPod());
  }

  get controller(): Ingot {
    return this.controllers.at(-1)!;
  }

  /** Creates a Service with these nodes' backends and waits for its addresses. */
  async serve(name: string, sketch: ServiceSketch = {}): Promise<readonly string[]> {
    const { cluster, lab } = this.stage;
    await cluster.apply(service(name, sketch), ...endpoints(name, lab.nodes));
    return await this.addresses(name);
  }

  /** Waits until a Service has addresses, these when some are named. */
  addresses(name: string, ...wanted: readonly string[]): Promise<readonly string[]> {
    return until(`an address for ${name}`, async () => {
      const now = await this.addressesNow(name);
      return now.length > 0 && (wanted.length === 0 || now.join() === wanted.join()) ? now : null;
    }, RETRY_PATIENCE_MS);
  }

  async addressesNow(name: string): Promise<readonly string[]> {
    const text = await this.stage.cluster.kubectl([
      ...["get", "service", "-n", SHOP, name, "-o", "jsonpath={.status.loadBalancer.ingress[*].ip}"],
    ]);
    return text.split(" ").filter(Boolean);
  }

  /** Waits for an Event on a Service. */
  event(name: string, reason: string): Promise<ServiceEvent> {
    return until(`the event ${reason} on ${name}`, async () => {
      const events = await this.stage.cluster.list<ServiceEvent>("events");
      return events.find((one) => one.involvedObject.name === name && one.reason === reason) ?? null;
    }, PATIENCE_MS);
  }

  /** Waits until nobody answers for the address, while `marker` is answered. */
  async silence(address: string, marker: string): Promise<void> {
    await using asker = await Asker.open(this.stage.lab);
    await until(
      `silence about ${address}`,
      async () => await asker.isAnswered(asker.question(address), address, marker) ? null : true,
      PATIENCE_MS,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
  }
}

/** Fails when a client saw anything of what happens in `during`. */
async function assertUnnoticed(
  { stage }: Running,
  address: string,
  during: () => Promise<void>,
): Promise<void> {
  const { lab } = stage;
  await stage.proxied(address);
  await using http = await Prober.http(lab, { address, port: PORT, ...ASKING });
  await using resolve = await Prober.resolve(lab, { address });
  const { answerer } = await resolve.waitForAnswerer(undefined, PATIENCE_MS);
  await http.events.waitFor("an answer", (event) => event.type === "request" && event.answerer !== null);
  const since = epochMs();
  await during();
  assertAnswered(http, since);
  assert.deepEqual(resolve.gaps(since).filter((gap) => gap.lengthMs - gap.proberLateMs > NOTICEABLE_MS), []);
  assert.deepEqual(resolve.rivals(), []);
  assert.equal(resolve.answerer, answerer);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

clusterTest("a client reaches what kubectl creates, over every change until it is deleted", async (t) => {
  await using running = await Running.open();
  const { stage } = running;
  const { cluster, lab } = stage;
  let web: readonly string[] = [];

  await t.step(
    "created: addresses of both families, answers from the Pods of all nodes, an event",
    async () => {
      web = await running.serve("web", { spec: BOTH_FAMILIES });
      assert.deepEqual(web, ["10.77.0.200", "fd00:77::200"]);
      for (const address of web) {
        await using http = await Prober.http(lab, { address, port: PORT, intervalMs: 5 });
        for (const { name } of lab.nodes) {
          await http.events.waitFor(
            `${address} answered by ${name}`,
            (event) => event.type === "request" && event.answerer === name,
            { withinMs: PATIENCE_MS },
          );
        }
      }
      const event = await running.event("web", "IPAllocated");
      assert.partialDeepStrictEqual(event, {
        type: "Normal",
        source: { component: "metallb-controller" },
        involvedObject: { kind: "Service" },
      });
      assert.match(event.message, /10\.77\.0\.200/);
    },
  );

  await t.step(
    "externalTrafficPolicy Local: the node with the endpoint answers, and sees the client",
    async () => {
      const [n2] = [lab.node("n2")];
      const local = { ...BOTH_FAMILIES, externalTrafficPolicy: "Local" };
      await cluster.apply(service("web", { spec: local }), ...endpoints("web", [n2]));
      for (const address of web) {
        await using resolve = await Prober.resolve(lab, { address });
        await resolve.waitForAnswerer(n2.mac, PATIENCE_MS);
        await using http = await Prober.http(lab, { address, port: PORT, intervalMs: 20 });
        const client = address.includes(":") ? lab.client.ipv6 : lab.client.ipv4;
        await http.events.waitFor(
          "an answer of n2 to the client itself",
          (event) => event.type === "request" && event.answerer === "n2" && event.client === client,
          { withinMs: PATIENCE_MS },
        );
      }
      await cluster.apply(service("web", { spec: { ...local, externalTrafficPolicy: "Cluster" } }));
      await cluster.apply(...endpoints("web", lab.nodes));
    },
  );

  await t.step("an advertisement for one node: it answers; none: nobody; again: somebody", async () => {
    const [address] = web;
    await using resolve = await Prober.resolve(lab, { address: address! });
    for (const { name, mac } of [lab.node("n3"), lab.node("n1")]) {
      const nodeSelectors = [{ matchLabels: { "kubernetes.io/hostname": name } }];
      await cluster.apply(l2Advertisement("lan", { nodeSelectors }));
      await resolve.waitForAnswerer(mac, PATIENCE_MS);
    }
    await cluster.apply(
      pool("other", `${MARKER}/32`),
      l2Advertisement("marker", { ipAddressPools: ["other"] }),
    );
    await running.serve("marker", { annotations: { "metallb.io/address-pool": "other" } });
    await using asker = await Asker.open(lab);
    // It has its address before a speaker knows of it, and whoever listens for silence asks for it only once.
    await asker.ask(MARKER, PATIENCE_MS);
    await cluster.kubectl(["delete", "l2advertisement", "-n", SYSTEM, "lan"]);
    await running.silence(address!, MARKER);
    assert.deepEqual(await running.addressesNow("web"), web);
    await cluster.apply(l2Advertisement("lan"));
    await until("an answer", async () => {
      return await asker.ask(address!, 500).then(() => true, () => null);
    }, PATIENCE_MS);
  });

  await t.step("a node taken out of load balancing: another one answers", async () => {
    const [address] = web;
    await using resolve = await Prober.resolve(lab, { address: address! });
    const { answerer } = await resolve.waitForAnswerer(undefined, PATIENCE_MS);
    const { name } = lab.nodes.find(({ mac }) => mac === answerer)!;
    const label = "node.kubernetes.io/exclude-from-external-load-balancers";
    // Speakers may be faster than kubectl is in ending.
    const from = resolve.events.all.length;
    await cluster.kubectl(["label", "node", name, `${label}=`]);
    await resolve.events.waitFor(
      "another node's answer",
      (event) => event.type === "answerer" && event.answerer !== answerer,
      { withinMs: PATIENCE_MS, from },
    );
    await cluster.kubectl(["label", "node", name, `${label}-`]);
    await resolve.waitForAnswerer(answerer!, PATIENCE_MS);
  });

  await t.step("another address asked for: it moves there, and stays when nothing is asked for", async () => {
    await cluster.apply(
      service("web", {
        spec: BOTH_FAMILIES,
        annotations: { "metallb.io/loadBalancerIPs": "10.77.0.222,fd00:77::222" },
      }),
    );
    await running.addresses("web", "10.77.0.222", "fd00:77::222");
    await using resolve = await Prober.resolve(lab, { address: "10.77.0.222" });
    await resolve.waitForAnswerer(undefined, PATIENCE_MS);
    await running.silence("10.77.0.200", MARKER);
    await cluster.apply(service("web", { spec: BOTH_FAMILIES }));
    await running.serve("next");
    assert.deepEqual(await running.addressesNow("web"), ["10.77.0.222", "fd00:77::222"]);
    await cluster.kubectl(["delete", "service", "-n", SHOP, "next"]);
  });

  await t.step("a pool without its address, and none at all: it moves where there is one", async () => {
    await cluster.apply(pool("lan", "10.77.0.230-10.77.0.250", "fd00:77::230-fd00:77::250"));
    await running.addresses("web", "10.77.0.230", "fd00:77::230");
    await cluster.apply(pool("spare", "10.77.0.252/32", "fd00:77::252/128"));
    await cluster.kubectl(["delete", "ipaddresspool", "-n", SYSTEM, "lan"]);
    web = await running.addresses("web", "10.77.0.252", "fd00:77::252");
    for (const left of ["10.77.0.222", "10.77.0.230"]) await running.silence(left, MARKER);
    for (const address of web) {
      await using http = await Prober.http(lab, { address, port: PORT, intervalMs: 20 });
      await http.events.waitFor(
        "an answer at the new address",
        (event) => event.type === "request" && event.answerer !== null,
        { withinMs: PATIENCE_MS },
      );
    }
  });

  await t.step("a Service that is no longer of type LoadBalancer, and one that is deleted", async () => {
    const inside = { type: "ClusterIP", allocateLoadBalancerNodePorts: null };
    await cluster.apply(service("web", { spec: { ...BOTH_FAMILIES, ...inside } }));
    await until(
      "its addresses to be taken back",
      async () => (await running.addressesNow("web")).length === 0 || null,
      PATIENCE_MS,
    );
    await running.silence("10.77.0.252", MARKER);
    await cluster.apply(service("web", { spec: BOTH_FAMILIES }));
    await running.addresses("web", ...web);
    await using resolve = await Prober.resolve(lab, { address: "10.77.0.252" });
    await resolve.waitForAnswerer(undefined, PATIENCE_MS);
    await cluster.kubectl(["delete", "service", "-n", SHOP, "web"]);
    await running.silence("10.77.0.252", MARKER);
  });
  assertAllowed(running);
});

clusterTest("pools that are full, classes and sharing, as kubectl and a client see them", async (t) => {
  await using running = await Running.open();
  const { stage: { cluster, lab } } = running;
  const from = (name: string) => ({ annotations: { "metallb.io/address-pool": name } });

  await t.step(
    "a full pool is told as an event, and relieved by a deletion and by a larger pool",
    async () => {
      await cluster.apply(pool("tiny", "10.77.0.190/32"));
      assert.deepEqual(await running.serve("one", from("tiny")), ["10.77.0.190"]);
      await cluster.apply(service("two", from("tiny")), service("three", from("tiny")));
      for (const name of ["two", "three"]) {
        assert.equal((await running.event(name, "AllocationFailed")).type, "Warning");
      }
      await cluster.kubectl(["delete", "service", "-n", SHOP, "one"]);
      const [taker, left] = await until("one of them to get it", async () => {
        const [two, three] = [await running.addressesNow("two"), await running.addressesNow("three")];
        return two.length > 0 ? ["two", "three"] : three.length > 0 ? ["three", "two"] : null;
      }, PATIENCE_MS);
      assert.deepEqual(await running.addressesNow(taker!), ["10.77.0.190"]);
      assert.deepEqual(await running.addressesNow(left!), []);
      await cluster.apply(pool("tiny", "10.77.0.190/31"));
      await running.addresses(left!, "10.77.0.191");
    },
  );

  await t.step("the status of a pool says how full it is, in all 64 bits", async () => {
    await cluster.apply(pool("huge", "10.99.0.0/30", "fd00:99::/32"));
    await running.serve("here", { ...from("huge"), spec: BOTH_FAMILIES });
    await until("the counters of the pool", async () => {
      const columns = ["assignedIPv4", "assignedIPv6", "availableIPv4", "availableIPv6"];
      const path = columns.map((name) => `{.status.${name}}`).join(" ");
      const pool = ["get", "ipaddresspool", "-n", SYSTEM, "huge", "-o", `jsonpath=${path}`];
      return await cluster.kubectl(pool) === "1 1 3 9223372036854775806" ? true : null;
    }, PATIENCE_MS);
  });

  await t.step("a Service of another class is left alone", async () => {
    await cluster.apply(service("foreign", { spec: { loadBalancerClass: "example.org/other" } }));
    await running.serve("own");
    assert.deepEqual(await running.addressesNow("foreign"), []);
  });

  await t.step("Services that share an address are all reached at it", async () => {
    const shared = {
      annotations: { "metallb.io/allow-shared-ip": "key", "metallb.io/loadBalancerIPs": "10.77.0.230" },
    };
    for (const port of [80, 81]) await running.serve(`shared-${port}`, { ...shared, port });
    for (const port of [80, 81]) {
      await using http = await Prober.http(lab, { address: "10.77.0.230", port, intervalMs: 20 });
      await http.events.waitFor(
        `an answer on port ${port}`,
        (event) => event.type === "request" && event.answerer !== null,
        { withinMs: PATIENCE_MS },
      );
    }
    await cluster.apply(service("shared-again", { ...shared, port: 80 }));
    assert.equal((await running.event("shared-again", "AllocationFailed")).type, "Warning");
  });
  assertAllowed(running);
});

clusterTest("crashes and outages change nothing on the wire", async (t) => {
  await using running = await Running.open();
  const { stage: { cluster, lab } } = running;
  const [address] = await running.serve("web");

  await t.step("72: the controller is killed and comes back", async () => {
    await assertUnnoticed(running, address!, async () => {
      await running.controller.kill();
      await cluster.apply(service("meanwhile"));
      await running.startController();
      await running.addresses("meanwhile");
    });
    assert.deepEqual(await running.addressesNow("web"), [address]);
  });

  await t.step(`the API server is away for ${OUTAGE_MS / 1000} s`, async () => {
    await assertUnnoticed(running, address!, async () => {
      await cluster.plane.stopApiServer();
      await sleep(OUTAGE_MS);
      await cluster.plane.startApiServer();
      const [later] = await running.serve("later");
      await using resolve = await Prober.resolve(lab, { address: later! });
      await resolve.waitForAnswerer(undefined, RETRY_PATIENCE_MS);
    });
    assert.deepEqual(await running.addressesNow("web"), [address]);
  });

  await t.step("the API server does not answer, and then it does", async () => {
    await assertUnnoticed(running, address!, async () => {
      cluster.plane.apiServer.signal("SIGSTOP");
      await sleep(SILENCE_MS);
      cluster.plane.apiServer.signal("SIGCONT");
      await running.serve("last");
    });
    assert.deepEqual(await running.addressesNow("web"), [address]);
  });
});

/** Fails when the API server refused anything to a role. */
function assertAllowed({ controllers, speakers }: Running): void {
  const lines = [...controllers, ...speakers].flatMap(({ log }) => log.all);
  assert.deepEqual(lines.filter((line) => JSON.stringify(line).includes("forbidden")), []);
}
