/**
 * The webhooks of two replicas: one certificate, and both of them answer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { formatKept } from "../../../agent/runtime/webhooks/kept_certificate.ts";
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { until } from "../../stage/until.ts";
import { PATIENCE_MS } from "../stage.ts";
import { expiredSince, HOUR_MS, keep, kept, trusted } from "./certificate.ts";
import {
  asking,
  askWebhook,
  creationReview,
  INVALID,
  openWebhookStage,
  serving,
  webhookEndpoints,
} from "./stage.ts";

clusterTest(
  "webhooks: two replicas show one certificate, and the one that stands by answers too",
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const stage = await openWebhookStage(stack, 2);
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
