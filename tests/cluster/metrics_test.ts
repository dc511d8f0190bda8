/**
 * Metrics of both roles on a real API server, with the rights that are shipped: who may read them, and what they say.
 *
 * Not here: which metrics there are (agent/report/metrics_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { SYSTEM } from "../lab/apiserver/cluster.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import { run } from "../lab/program/command.ts";
import { until } from "../stage/until.ts";
import { metricsReader, scrape, waitForLines } from "./scrape.ts";
import { endpoints, l2Advertisement, pool, service, SHOP } from "./services.ts";
import { ClusterStage, PATIENCE_MS } from "./stage.ts";

const PORT = 9120;
const CONTROLLER = `127.0.0.1:${PORT}`;

/** What openssl says of a handshake of this version. */
async function shake(address: string, version: "-tls1_2" | "-tls1_3"): Promise<string> {
  try {
    return await run(["openssl", "s_client", "-connect", address, version], "");
  } catch (error) {
    return String(error);
  }
}

/** Puts a certificate and its key into a folder, as a mounted Secret has them. */
async function issue(folder: string, name: string): Promise<void> {
  await run([
    ...[
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "1",
    ],
    ...["-subj", `/CN=${name}`, "-keyout", `${folder}/tls.key`, "-out", `${folder}/tls.crt`],
  ]);
}

clusterTest("metrics are for those whom the cluster lets read them, and tell what happens", async (t) => {
  await using stage = await ClusterStage.open({ nodes: 1 });
  const { cluster, lab } = stage;
  const [node] = lab.nodes;
  const speaker = `10.79.0.${node!.number}:${PORT}`;
  await cluster.apply(pool("gold", "10.77.0.200/30", "fd00:77::200/127"), l2Advertisement("lan"));
  const controllerRole = stage.controller(undefined, PORT);
  const speakerRole = stage.speaker(node!, undefined, "", PORT);
  await controllerRole.waitForLog("metrics served");
  await speakerRole.waitForLog("metrics served");
  const token = await metricsReader(cluster);

  for (const [name, address] of [["controller", CONTROLLER], ["speaker", speaker]] as const) {
    await t.step(
      `${name}: 401 without a token and with one nobody knows, 403 without the right, else all`,
      async () => {
        assert.equal((await scrape(address, null)).status, 401);
        assert.equal((await scrape(address, "made.up.token")).status, 401);
        const denied = await scrape(address, await cluster.tokenOf("speaker"));
        assert.equal(denied.status, 403);
        assert.match(denied.text, /system:serviceaccount:metallb-system:speaker may not GET \/metrics/);
        assert.equal((await scrape(address, token, "/other")).status, 404);
        const { status, contentType, text } = await scrape(address, token);
        assert.equal(status, 200);
        assert.match(contentType, /^text\/plain; version=0.0.4/);
        for (const metric of ["metallb_k8s_client_updates_total", "process_resident_memory_bytes"]) {
          assert.match(text, new RegExp(`^${metric} [0-9.e+]+$`, "m"));
        }
      },
    );
    await t.step(`${name}: TLS 1.3 is the least that is spoken`, async () => {
      assert.match(await shake(address, "-tls1_2"), /alert protocol version/);
    });
  }

  await t.step("a port that is taken ends the role that wants it, with what to do", async () => {
    const second = stage.controller(undefined, PORT);
    const { err } = await second.waitForLog("cannot go on", {}, PATIENCE_MS);
    assert.match(String(err), /:9120.*give --port a free port/);
    assert.equal((await second.program.ending).code, 1);
  });

  await t.step("--metrics-cert-dir: its certificate is shown, and the one that replaces it", async () => {
    const folder = `${lab.folder}/metrics-certificate`;
    await Deno.mkdir(folder);
    await issue(folder, "first.example");
    const other = stage.controller(undefined, PORT + 1, "--metrics-cert-dir", folder);
    await other.waitForLog("metrics served", {}, PATIENCE_MS);
    for (const name of ["first.example", "second.example"]) {
      await issue(folder, name);
      await until(`the certificate of ${name}`, async () => {
        return (await shake(`127.0.0.1:${PORT + 1}`, "-tls1_3")).includes(name) ? true : null;
      }, PATIENCE_MS);
    }
    await other.stop();
  });

  await t.step("the controller tells how full the pools are", async () => {
    await cluster.apply(service("web"), ...endpoints("web", lab.nodes));
    await waitForLines(
      CONTROLLER,
      token,
      PATIENCE_MS,
      'metallb_allocator_addresses_in_use_total{pool="gold"} 1',
      'metallb_allocator_addresses_total{pool="gold"} 6',
      'metallb_allocator_ipv4_addresses_in_use_total{pool="gold"} 1',
      'metallb_allocator_ipv4_addresses_total{pool="gold"} 4',
      'metallb_allocator_ipv6_addresses_in_use_total{pool="gold"} 0',
      'metallb_allocator_ipv6_addresses_total{pool="gold"} 2',
      "metallb_k8s_client_config_loaded_bool 1",
      "metallb_k8s_client_config_stale_bool 0",
      'ingot_services{outcome="allocated"} 1',
      "ingot_controller_acting 1",
    );
  });

  await t.step("the speaker tells what it announces and has sent", async () => {
    await waitForLines(
      speaker,
      token,
      PATIENCE_MS,
      `metallb_speaker_announced{service="${SHOP}/web",protocol="layer2",node="${
        node!.name
      }",ip="10.77.0.200"} 1`,
      "metallb_k8s_client_config_loaded_bool 1",
      'ingot_services{outcome="announced"} 1',
    );
    // An announcement counts as soon as it is decided, its first frame only once it is sent.
    await until("a gratuitous frame", async () => {
      const { text } = await scrape(speaker, token);
      return /^metallb_layer2_gratuitous_sent\{ip="10.77.0.200"\} [1-9]/m.test(text) || null;
    }, PATIENCE_MS);
  });

  await t.step("145: a configuration with an error is stale in both roles until it is mended", async () => {
    await cluster.apply(pool("wrong", "10.77.0.200/32"));
    for (const address of [CONTROLLER, speaker]) {
      await waitForLines(
        address,
        token,
        PATIENCE_MS,
        "metallb_k8s_client_config_stale_bool 1",
        "metallb_k8s_client_config_loaded_bool 1",
      );
    }
    await cluster.kubectl(["delete", "ipaddresspool", "-n", SYSTEM, "wrong"]);
    for (const address of [CONTROLLER, speaker]) {
      await waitForLines(address, token, PATIENCE_MS, "metallb_k8s_client_config_stale_bool 0");
    }
  });

  await t.step("A35: a pool that is gone is not shown any more", async () => {
    await cluster.kubectl(["delete", "service", "-n", SHOP, "web"]);
    await cluster.apply(pool("silver", "10.77.0.210/32"));
    await cluster.kubectl(["delete", "ipaddresspool", "-n", SYSTEM, "gold"]);
    const all = await until("the one pool there is", async () => {
      const { text } = await scrape(CONTROLLER, token);
      return text.includes('pool="gold"') ? null : text;
    }, PATIENCE_MS);
    assert.match(all, /^metallb_allocator_addresses_total\{pool="silver"\} 1$/m);
  });
});
