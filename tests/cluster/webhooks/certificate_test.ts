/**
 * The life of the webhooks' certificate in a real cluster, and what --webhook-mode changes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { formatKept } from "../../../agent/runtime/webhooks/kept_certificate.ts";
import { SYSTEM } from "../../lab/apiserver/cluster.ts";
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { until } from "../../stage/until.ts";
import { pool, service, SHOP } from "../services.ts";
import { PATIENCE_MS } from "../stage.ts";
import { authorities, expiredSince, HOUR_MS, keep, kept, trusted } from "./certificate.ts";
import {
  asking,
  askWebhook,
  HERE,
  INVALID,
  objection,
  openWebhookStage,
  SECRET,
  serving,
  WEBHOOK_OBJECTS,
} from "./stage.ts";

clusterTest(
  "webhooks: their certificate outlives restarts, is mended, and is taken from files on request",
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const stage = await openWebhookStage(stack);
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
