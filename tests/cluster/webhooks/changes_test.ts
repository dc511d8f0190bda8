/**
 * The webhooks on a real API server: changes taken and refused, BGPPeers of both versions.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Cluster, SYSTEM } from "../../lab/apiserver/cluster.ts";
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { l2Advertisement, pool, SHOP } from "../services.ts";
import { kept, trusted } from "./certificate.ts";
import { asking, objection, openWebhookStage, serving } from "./stage.ts";

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

async function assertRefused(cluster: Cluster, object: unknown, message: RegExp): Promise<void> {
  assert.match(await objection(cluster, object) ?? "taken", message);
}

clusterTest(
  "webhooks: what changes are taken and which are refused, and both versions of BGPPeers",
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const stage = await openWebhookStage(stack);
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
