/**
 * The webhooks on a real API server: changes taken and refused, BGPPeers of both versions, the certificate's life.
 *
 * @module
 */
import assert from "node:assert/strict";
import { formatKept, type KeptCertificate } from "../../agent/runtime/webhooks/kept_certificate.ts";
import { makeAuthority, makeServingCertificate } from "../../agent/runtime/tls/self_signed.ts";
import { type Cluster, SYSTEM } from "../lab/apiserver/cluster.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import type { Ingot } from "../lab/ingot.ts";
import { until } from "../stage/until.ts";
import { l2Advertisement, pool, service, SHOP } from "./services.ts";
import { ClusterStage, PATIENCE_MS } from "./stage.ts";
import {
  askWebhook,
  creationReview,
  SECRET,
  SERVER_NAME,
  TO_ENDPOINTS,
  WEBHOOK_OBJECTS,
  webhookEndpoints,
} from "./webhook_stage.ts";

/** The control plane's own address, where controllers listen that are started beside it. */
const HERE = "10.79.0.1";
const HOUR_MS = 3_600_000;
const INVALID = pool("invalid", "10.0.0.0/33");

function custom(kind: string, name: string, spec: unknown, version = "v1beta1", namespace = SYSTEM): unknown {
  return { apiVersion: `metallb.io/${version}`, kind, metadata: { name, namespace }, spec };
}

function peer(name: string, spec: Readonly<Record<string, unknown>>, version = "v1beta2"): unknown {
  return custom(
    "BGPPeer",
    name,
    { myASN: 64512, peerASN: 64513, peerAddress: "192.0.2.1", ...spec },
    version,
  );
}

/** What the API server says against an object; null when it takes it. */
async function objection(
  cluster: Cluster,
  object: unknown,
  ...flags: readonly string[]
): Promise<string | null> {
  try {
    await cluster.kubectl(
      ["apply", "--server-side", "--force-conflicts", ...flags, "-f", "-"],
      JSON.stringify(object),
    );
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function assertRefused(cluster: Cluster, object: unknown, message: RegExp): Promise<void> {
  assert.match(await objection(cluster, object) ?? "taken", message);
}

/** Waits until the API server asks the webhooks: it learns of their certificate a moment later than everybody else. */
async function asking(cluster: Cluster): Promise<void> {
  await until(
    "the API server to ask the webhooks",
    async () =>
      /denied the request/.test(await objection(cluster, INVALID, "--dry-run=server") ?? "") ? true : null,
    PATIENCE_MS,
  );
  await until(
    "the API server to have BGPPeers converted",
    () => cluster.kubectl(["get", "bgppeers.v1beta1.metallb.io", "-A"]).then(() => true, () => null),
    PATIENCE_MS,
  );
}

/** The Secret's contents, decoded; empty when there are none. */
async function kept(cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const { data = {} } = await cluster.get<{ readonly data?: Record<string, string> }>(
    "secret",
    `${SYSTEM}/${SECRET}`,
  );
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, atob(value)]));
}

/** The authorities that the API server is told of, each once. */
async function authorities(cluster: Cluster): Promise<readonly string[]> {
  const { webhooks } = await cluster.get<
    { readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[] }
  >("validatingwebhookconfiguration", "metallb-webhook-configuration");
  const { spec } = await cluster.get<
    {
      readonly spec: {
        readonly conversion: { readonly webhook: { readonly clientConfig: { caBundle?: string } } };
      };
    }
  >("crd", "bgppeers.metallb.io");
  const all = [...webhooks, spec.conversion.webhook].map(({ clientConfig }) =>
    atob(clientConfig.caBundle ?? "")
  );
  return [...new Set(all)];
}

async function trusted(cluster: Cluster, authority: string): Promise<void> {
  await until("the authority to be named", async () => {
    const named = await authorities(cluster);
    return named.length === 1 && named[0] === authority ? true : null;
  }, PATIENCE_MS);
}

async function serving(controller: Ingot): Promise<void> {
  await controller.waitForLog("webhooks served", {}, PATIENCE_MS);
}

/** Puts a certificate into the Secret, whatever stands there. */
async function keep(cluster: Cluster, data: Readonly<Record<string, string>>): Promise<void> {
  await cluster.kubectl([
    "patch",
    "secret",
    SECRET,
    "-n",
    SYSTEM,
    "--type=merge",
    "-p",
    JSON.stringify({ data }),
  ]);
}

/** A certificate as they are made, whose server part was valid until so long ago. */
async function expiredSince(ms: number): Promise<KeptCertificate> {
  const now = Date.now();
  const authority = await makeAuthority({
    commonName: "cert",
    organization: "metallb",
    notBefore: new Date(now - 1000 * HOUR_MS),
    notAfter: new Date(now + 10_000 * HOUR_MS),
  });
  const serving = await makeServingCertificate(authority, {
    names: [SERVER_NAME],
    notBefore: new Date(now - 1000 * HOUR_MS),
    notAfter: new Date(now - ms),
  });
  return { authority, serving };
}

async function open(stack: AsyncDisposableStack, nodes = 0): Promise<ClusterStage> {
  const apiServerFlags = () => Promise.resolve([TO_ENDPOINTS]);
  const stage = stack.use(await ClusterStage.open({ nodes, apiServerFlags }));
  await stage.cluster.apply(...WEBHOOK_OBJECTS, webhookEndpoints(HERE));
  return stage;
}

clusterTest(
  "webhooks: what changes are taken and which are refused, and both versions of BGPPeers",
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const stage = await open(stack);
    const { cluster } = stage;

    await t.step("before any controller is there, whatever is of the right form is taken", async () => {
      await cluster.apply(
        pool("early", "10.80.0.0/24"),
        l2Advertisement("early"),
        peer("early", { peerAddress: "192.0.2.2", bfdProfile: "later", passwordSecret: { name: "later" } }),
        custom("BGPAdvertisement", "early", { communities: ["later"] }),
      );
      assert.deepEqual(await kept(cluster), {});
    });

    const controller = stage.controller();
    await t.step(
      "a certificate is put into the empty Secret, and its authority where the API server looks",
      async () => {
        await serving(controller);
        const secret = await kept(cluster);
        assert.deepEqual(Object.keys(secret).sort(), ["ca.crt", "ca.key", "tls.crt", "tls.key"]);
        await trusted(cluster, secret["ca.crt"]!);
        await asking(cluster);
      },
    );

    await t.step("valid objects of every kind are taken", async () => {
      await cluster.apply(
        pool("gold", "10.81.0.0/24"),
        l2Advertisement("lan", { ipAddressPools: ["gold"] }),
        custom("Community", "aliases", { communities: [{ name: "no-export", value: "65535:65281" }] }),
        custom("BFDProfile", "fast", { receiveInterval: 50 }),
        peer("tor", { bfdProfile: "fast" }),
        custom("BGPAdvertisement", "adv", {
          ipAddressPools: ["gold"],
          communities: ["no-export"],
          peers: ["tor"],
        }),
      );
    });

    const refused: Readonly<Record<string, readonly [unknown, RegExp]>> = {
      "IPAddressPool": [
        pool("silver", "10.81.0.128/25"),
        /"ipaddresspoolvalidationwebhook\.metallb\.io" denied the request: .*IPAddressPool\/metallb-system\/silver: spec\.addresses.*overlaps with already defined CIDR/,
      ],
      "L2Advertisement": [
        l2Advertisement("twice", { ipAddressPools: ["gold", "gold"] }),
        /"l2advertisementvalidationwebhook\.metallb\.io" denied the request: L2Advertisement\/metallb-system\/twice: spec\.ipAddressPools/,
      ],
      "Community": [
        custom("Community", "again", { communities: [{ name: "no-export", value: "1:2" }] }),
        /"communityvalidationwebhook\.metallb\.io" denied the request: .*duplicate definition of community "no-export"/,
      ],
      "BGPPeer": [
        peer("other", { peerAddress: "192.0.2.256" }),
        /"bgppeersvalidationwebhook\.metallb\.io" denied the request: BGPPeer\/metallb-system\/other: spec\.peerAddress: invalid BGPPeer address/,
      ],
      "BGPPeer that clashes with another": [
        peer("other", {}),
        /denied the request: BGPPeer\/metallb-system\/tor: spec\.peerAddress: peer 192\.0\.2\.1 already exists/,
      ],
      "BGPPeer of the old version": [
        peer("other", { peerAddress: "192.0.2.256" }, "v1beta1"),
        /"bgppeersvalidationwebhook\.metallb\.io" denied the request: BGPPeer\/metallb-system\/other: spec\.peerAddress/,
      ],
      "BGPAdvertisement": [
        custom("BGPAdvertisement", "wide", { ipAddressPools: ["gold"], aggregationLength: 8 }),
        /"bgpadvertisementvalidationwebhook\.metallb\.io" denied the request: .*invalid aggregation length 8: prefix 24/,
      ],
      "BFDProfile outside of the namespace": [
        custom("BFDProfile", "away", {}, "v1beta1", SHOP),
        /"bfdprofilevalidationwebhook\.metallb\.io" denied the request: .*resource must be created in metallb-system namespace/,
      ],
      "IPAddressPool outside of the namespace": [
        custom("IPAddressPool", "away", { addresses: ["10.82.0.0/24"] }, "v1beta1", SHOP),
        /resource must be created in metallb-system namespace/,
      ],
    };
    for (const [what, [object, message]] of Object.entries(refused)) {
      await t.step(`refused: ${what}`, () => assertRefused(cluster, object, message));
    }

    await t.step("of an object that is changed the new form is judged, in place of the old", async () => {
      await cluster.apply(pool("gold", "10.81.0.0/25"));
      await assertRefused(cluster, pool("gold", "10.80.0.0/25"), /overlaps with already defined CIDR/);
      await cluster.apply(pool("gold", "10.81.0.0/24"));
    });

    await t.step("a BFDProfile is deleted only when no BGPPeer names it", async () => {
      const remove = () => cluster.kubectl(["delete", "bfdprofile", "fast", "-n", SYSTEM]);
      await assert.rejects(remove(), /denied the request: failed to delete BFDProfile/);
      await cluster.apply(peer("tor", {}));
      await remove();
    });

    await t.step("disableMP is warned of", async () => {
      const object = peer("mp", { peerAddress: "192.0.2.7", disableMP: true });
      // kubectl prints warnings on standard error, which only a failure shows.
      const message = await objection(cluster, object, "--warnings-as-errors");
      assert.match(message ?? "no warning", /disableMP is deprecated/);
    });

    await t.step("a BGPPeer is stored and read in both versions", async () => {
      const nodeSelectors = [{ matchLabels: { rack: "1" } }];
      await cluster.apply(
        peer(
          "old",
          { peerAddress: "192.0.2.8", holdTime: "180s", keepaliveTime: "1s", nodeSelectors },
          "v1beta1",
        ),
        peer("old-bare", { peerAddress: "192.0.2.9" }, "v1beta1"),
        peer("new", { peerAddress: "192.0.2.10", vrf: "red", passwordSecret: { name: "key" } }),
      );
      const specOf = async (version: string, name: string) => {
        const { spec } = await cluster.get<{ readonly spec: Record<string, unknown> }>(
          `bgppeers.${version}.metallb.io`,
          `${SYSTEM}/${name}`,
        );
        return spec;
      };
      const shared = { myASN: 64512, peerASN: 64513 };
      const defaults = { peerPort: 179, disableMP: false, dualStackAddressFamily: false };
      const timers = { holdTime: "180s", keepaliveTime: "1s" };
      const none = { holdTime: "0s", keepaliveTime: "0s" };
      const old = { ...shared, ...timers, peerAddress: "192.0.2.8" };
      assert.deepEqual(await specOf("v1beta2", "old"), { ...old, ...defaults, nodeSelectors });
      assert.deepEqual(await specOf("v1beta1", "old"), {
        ...old,
        peerPort: 179,
        nodeSelectors: [{ matchLabels: { rack: "1" }, matchExpressions: [] }],
      });
      assert.partialDeepStrictEqual(await specOf("v1beta2", "old-bare"), none);
      const read = await specOf("v1beta1", "new");
      assert.deepEqual(read, { ...shared, ...none, peerAddress: "192.0.2.10", peerPort: 179 });
      assert.partialDeepStrictEqual(await specOf("v1beta2", "new"), { vrf: "red" });
      const names = await cluster.kubectl(["get", "bgppeers.v1beta1.metallb.io", "-n", SYSTEM, "-o", "name"]);
      assert.equal(names.trim().split("\n").length, 6);
    });

    await t.step("the log holds no key and no password", () => {
      const log = JSON.stringify(controller.log.all);
      assert.doesNotMatch(log, /PRIVATE KEY|BEGIN CERT/);
    });
  },
);

clusterTest(
  "webhooks: their certificate outlives restarts, is mended, and is taken from files on request",
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const stage = await open(stack);
    const { cluster } = stage;
    let first: Readonly<Record<string, string>> = {};

    await t.step("a controller that starts anew goes on with the certificate", async () => {
      await using controller = stage.controller();
      await serving(controller);
      first = await kept(cluster);
      await controller.stop();
      await using next = stage.controller();
      await serving(next);
      await asking(cluster);
      assert.deepEqual(await kept(cluster), first);
      assert.equal(
        next.log.all.find(({ msg }) => msg === "certificate of the webhooks to be made"),
        undefined,
      );
    });

    await using controller = stage.controller();
    await serving(controller);

    await t.step("a configuration that is made anew is told the authority at once", async () => {
      const [configuration] = WEBHOOK_OBJECTS.filter(({ kind }) => kind === "ValidatingWebhookConfiguration");
      await cluster.kubectl(["delete", "validatingwebhookconfiguration", "metallb-webhook-configuration"]);
      await cluster.apply(configuration);
      await trusted(cluster, first["ca.crt"]!);
      await asking(cluster);
    });

    const replaced: Readonly<Record<string, () => Promise<Readonly<Record<string, string | null>>>>> = {
      "an expired certificate": async () => formatKept(await expiredSince(HOUR_MS)),
      "one that will expire within 90 days": async () => formatKept(await expiredSince(-24 * HOUR_MS)),
      "garbage": () => Promise.resolve({ "ca.crt": btoa("no certificate"), "tls.key": btoa("no key") }),
      "a Secret without anything": () =>
        Promise.resolve({ "ca.crt": null, "ca.key": null, "tls.crt": null, "tls.key": null }),
    };
    for (const [what, contents] of Object.entries(replaced)) {
      await t.step(`replaced: ${what}`, async () => {
        const before = await contents();
        await keep(cluster, before as Record<string, string>);
        const secret = await until("another certificate", async () => {
          const now = await kept(cluster);
          return now["tls.crt"] !== undefined && btoa(now["tls.crt"]) !== before["tls.crt"] &&
              (before["tls.key"] == null || btoa(now["tls.key"] ?? "") !== before["tls.key"])
            ? now
            : null;
        }, PATIENCE_MS);
        await trusted(cluster, secret["ca.crt"]!);
        await asking(cluster);
      });
    }

    await t.step("a Secret that is deleted is made anew", async () => {
      await cluster.kubectl(["delete", "secret", SECRET, "-n", SYSTEM]);
      const secret = await until("the Secret", () => kept(cluster).catch(() => null), PATIENCE_MS);
      await trusted(cluster, secret["ca.crt"]!);
      await asking(cluster);
    });
    await controller.stop();

    await t.step("disabled: nobody listens, nothing is kept, changes are taken", async () => {
      const before = await kept(cluster);
      await using disabled = stage.controller(undefined, 0, "--webhook-mode=disabled");
      await disabled.waitForLog("controller started", {}, PATIENCE_MS);
      assert.equal(await askWebhook(HERE, "/convert", {}), null);
      assert.equal(await objection(cluster, INVALID), null);
      await cluster.kubectl(["delete", "ipaddresspool", "invalid", "-n", SYSTEM]);
      assert.deepEqual(await kept(cluster), before);
      await disabled.stop();
    });

    await t.step("onlywebhook: changes are judged, and no Service gets an address", async () => {
      await cluster.apply(pool("gold", "10.81.0.0/24"), service("web"));
      await using only = stage.controller(undefined, 0, "--webhook-mode=onlywebhook");
      await serving(only);
      await asking(cluster);
      assert.equal(only.log.all.find(({ msg }) => /standing by|controller started/.test(msg)), undefined);
      const { status } = await cluster.get<{ readonly status: unknown }>("service", `${SHOP}/web`);
      assert.deepEqual(status, { loadBalancer: {} });
      await only.stop();
    });

    await t.step(
      "with --disable-cert-rotation the files are served, and the Secret is left alone",
      async () => {
        const before = await kept(cluster);
        const own = await expiredSince(-24 * HOUR_MS);
        const folder = `${stage.lab.folder}/serving-certs`;
        await Deno.mkdir(folder);
        await Deno.writeTextFile(`${folder}/tls.crt`, own.serving.certificate);
        await Deno.writeTextFile(`${folder}/tls.key`, own.serving.privateKey);
        await using controller = stage.controller(
          undefined,
          0,
          "--disable-cert-rotation",
          "--cert-dir",
          folder,
        );
        await serving(controller);
        const caBundle = btoa(own.authority.certificate);
        const { webhooks } = await cluster.get<
          { readonly webhooks: readonly { readonly clientConfig: object }[] }
        >(
          "validatingwebhookconfiguration",
          "metallb-webhook-configuration",
        );
        const patch = {
          webhooks: webhooks.map((one) => ({ ...one, clientConfig: { ...one.clientConfig, caBundle } })),
        };
        const conversion = { spec: { conversion: { webhook: { clientConfig: { caBundle } } } } };
        const merge = (resource: string, name: string, body: unknown) =>
          cluster.kubectl(["patch", resource, name, "--type=merge", "-p", JSON.stringify(body)]);
        await merge("validatingwebhookconfiguration", "metallb-webhook-configuration", patch);
        await merge("crd", "bgppeers.metallb.io", conversion);
        await asking(cluster);
        assert.deepEqual(await kept(cluster), before);
        assert.deepEqual(await authorities(cluster), [own.authority.certificate]);
        await controller.stop();
      },
    );
  },
);

clusterTest(
  "webhooks: two replicas show one certificate, and the one that stands by answers too",
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const stage = await open(stack, 2);
    const { cluster } = stage;
    const addresses = stage.lab.nodes.map(({ number }) => `10.79.0.${number}`);
    const replicas = stage.lab.nodes.map((node) => stage.controllerOn(node));
    await Promise.all(replicas.map(serving));

    const same = () =>
      until("one certificate", async () => {
        const shown = await Promise.all(addresses.map((address) => askWebhook(address, "/convert", {})));
        const [one, other] = shown.map((it) => it?.fingerprint);
        return one !== undefined && one === other ? one : null;
      }, PATIENCE_MS);

    let first = "";
    await t.step("started together on an empty Secret, both show what stands in it", async () => {
      first = await same();
      const secret = await kept(cluster);
      const { X509Certificate } = await import("node:crypto");
      assert.equal(new X509Certificate(secret["tls.crt"]!).fingerprint256, first);
      await trusted(cluster, secret["ca.crt"]!);
    });

    await t.step("only one acts, and each of them judges", async () => {
      await until("one that acts", () => {
        const acting = replicas.filter(({ log }) => log.all.some(({ msg }) => msg === "controller started"));
        return acting.length === 1 ? true : null;
      }, PATIENCE_MS);
      for (const address of addresses) {
        const shown = await askWebhook(
          address,
          "/validate-metallb-io-v1beta1-ipaddresspool",
          creationReview(INVALID),
        );
        assert.match(shown?.body ?? "", /"allowed":false/);
        await cluster.apply(webhookEndpoints(address));
        await asking(cluster);
      }
    });

    await t.step("both change over when it is replaced", async () => {
      await keep(cluster, formatKept(await expiredSince(HOUR_MS)));
      await until("another certificate", async () => await same() !== first ? true : null, PATIENCE_MS);
      await asking(cluster);
    });
  },
);
