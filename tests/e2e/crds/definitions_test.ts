/**
 * The CustomResourceDefinitions, put to a real API server: what they take, complete, drop, refuse, warn of and print.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import shipped from "../../../deploy/crds/crds.yaml" with { type: "text" };
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { type Answer, ApiServer } from "../deploy/api_server.ts";
import * as cases from "./cases.ts";

const NAMESPACE = "metallb-system";
const DEFINITIONS = parseAllDocuments(shipped).map((document) => document.toJS());

function pathOf([plural, , version]: cases.Resource, name = ""): string {
  return `/apis/metallb.io/${version}/namespaces/${NAMESPACE}/${plural}${name && `/${name}`}`;
}

function create(api: ApiServer, of: cases.Resource, body: unknown, name?: string): Promise<Answer> {
  const metadata = name === undefined ? { generateName: "case-" } : { name };
  const [, kind, version] = of;
  return api.ask("POST", pathOf(of), {
    apiVersion: `metallb.io/${version}`,
    kind,
    metadata,
    ...(body as object),
  });
}

function refused(answer: Answer, why: RegExp): void {
  assert.equal(answer.status, 422, JSON.stringify(answer.body));
  assert.match(answer.body.message, why);
}

/** The object without what the API server adds. */
function written({ body: { apiVersion: _, kind: __, metadata: ___, ...rest } }: Answer): unknown {
  return rest;
}

/** Applies as one of several writers do (server-side apply). */
async function applyAs(api: ApiServer, manager: string, object: unknown, ...flags: string[]): Promise<void> {
  const args = ["apply", "--server-side", `--field-manager=${manager}`, ...flags, "-f", "-"];
  await api.kubectl(args, JSON.stringify(object));
}

clusterTest("the API server takes the definitions, and through them what MetalLB's take", async (test) => {
  await using api = await ApiServer.open();
  await api.define(DEFINITIONS);
  await api.kubectl(["create", "namespace", NAMESPACE]);

  await test.step("every definition is structural and served", async () => {
    const { items } = JSON.parse(await api.kubectl(["get", "crd", "-o", "json"]));
    assert.equal(items.length, 9);
    for (const { metadata, spec, status } of items) {
      const conditions = Object.fromEntries(
        status.conditions.map((one: { type: string; status: string }) => [one.type, one.status]),
      );
      assert.equal(conditions.Established, "True", metadata.name);
      assert.equal(conditions.NonStructuralSchema, undefined, metadata.name);
      assert.deepEqual([spec.scope, spec.names.shortNames, spec.names.categories], [
        "Namespaced",
        undefined,
        undefined,
      ]);
    }
  });

  await test.step("without the webhook, only the old version of BGPPeer is out of reach", async () => {
    assert.equal((await create(api, cases.PEERS, { spec: { myASN: 1 } }, "early")).status, 201);
    assert.equal((await api.ask("GET", pathOf(cases.PEERS))).status, 200);
    const answer = await create(api, cases.OLD_PEERS, {
      spec: { myASN: 1, peerASN: 1, peerAddress: "192.0.2.1" },
    });
    assert.equal(answer.status, 500);
    assert.match(answer.body.message, /conversion webhook/);
    const conversion = { spec: { conversion: { strategy: "None", webhook: null } } };
    const crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/bgppeers.metallb.io";
    assert.equal((await api.ask("PATCH", crd, conversion)).status, 200);
    // The API server takes up a changed definition a moment later.
    const deadline = performance.now() + 10_000;
    while ((await api.ask("GET", pathOf(cases.OLD_PEERS))).status !== 200) {
      assert.ok(performance.now() < deadline, "Conversion stays as it was");
    }
  });

  const bounds = cases.boundCases();
  for (const { title, of, body, stored } of [...cases.ACCEPTED, ...bounds.accepted]) {
    await test.step(`takes ${title}`, async () => {
      const answer = await create(api, of, body);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      const expected = stored ?? body;
      if (stored !== undefined || cases.ACCEPTED.some((one) => one.title === title)) {
        const { body: seen } = await api.ask("GET", pathOf(of, answer.body.metadata.name));
        assert.deepEqual(written({ ...answer, body: seen }), expected);
      }
    });
  }

  for (const { title, of, body, why } of [...cases.REFUSED, ...bounds.refused]) {
    await test.step(`refuses ${title}`, async () => refused(await create(api, of, body), why));
  }

  for (const { title, of, before, after, why } of cases.CHANGES) {
    await test.step(`${why === null ? "allows" : "refuses"} a change: ${title}`, async () => {
      const { body } = await create(api, of, before);
      const answer = await api.ask("PATCH", pathOf(of, body.metadata.name), after);
      if (why === null) assert.equal(answer.status, 200, JSON.stringify(answer.body));
      else refused(answer, why);
    });
  }

  for (const { title, of, before, after, why } of cases.STATUS_CHANGES) {
    await test.step(`${why === null ? "takes" : "refuses"} as a status of ${of[1]}: ${title}`, async () => {
      const { body } = await create(api, of, of === cases.POOLS ? { spec: { addresses: [] } } : {});
      const path = `${pathOf(of, body.metadata.name)}/status`;
      const first = await api.ask("PATCH", path, before);
      assert.equal(first.status, 200, JSON.stringify(first.body));
      const answer = await api.ask("PATCH", path, after);
      if (why === null) assert.equal(answer.status, 200, JSON.stringify(answer.body));
      else refused(answer, why);
    });
  }

  await test.step("the status is written by itself alone, and no other way", async () => {
    const status = { assignedIPv4: 1, assignedIPv6: 2, availableIPv4: 3, availableIPv6: 4 };
    const { body } = await create(api, cases.POOLS, { spec: { addresses: [] }, status });
    assert.equal(body.status, undefined);
    const path = pathOf(cases.POOLS, body.metadata.name);
    const answer = await api.ask("PATCH", `${path}/status`, { spec: { addresses: ["x"] }, status });
    assert.deepEqual(answer.body.status, status);
    assert.deepEqual(answer.body.spec.addresses, []);
    assert.equal(answer.body.metadata.generation, 1);
  });

  await test.step("conditions of several writers stand side by side", async () => {
    await create(api, cases.STATES, {}, "controller");
    for (const manager of ["poolReconciler", "configReconciler"]) {
      await applyAs(api, manager, {
        apiVersion: "metallb.io/v1beta1",
        kind: "ConfigurationState",
        metadata: { name: "controller", namespace: NAMESPACE },
        status: {
          conditions: [{
            type: `${manager}Valid`,
            status: "True",
            reason: "Reconciled",
            message: "",
            lastTransitionTime: "2026-01-01T00:00:00Z",
          }],
        },
      }, "--subresource=status");
    }
    const { body } = await api.ask("GET", pathOf(cases.STATES, "controller"));
    const types = body.status.conditions.map((one: { type: string }) => one.type).sort();
    assert.deepEqual(types, ["configReconcilerValid", "poolReconcilerValid"]);
  });

  await test.step("a reference to a Secret and a selector are replaced as wholes", async () => {
    const peer = (spec: unknown) => ({
      apiVersion: "metallb.io/v1beta2",
      kind: "BGPPeer",
      metadata: { name: "atomic", namespace: NAMESPACE },
      spec,
    });
    const selector = (matchLabels: unknown) => ({ nodeSelectors: [{ matchLabels }] });
    await applyAs(
      api,
      "one",
      peer({ myASN: 1, passwordSecret: { name: "a", namespace: "b" }, ...selector({ a: "1" }) }),
    );
    await applyAs(
      api,
      "two",
      peer({ myASN: 1, passwordSecret: { name: "c" }, ...selector({ b: "2" }) }),
      "--force-conflicts",
    );
    const { body } = await api.ask("GET", pathOf(cases.PEERS, "atomic"));
    assert.deepEqual(body.spec.passwordSecret, { name: "c" });
    assert.deepEqual(body.spec.nodeSelectors, [{ matchLabels: { b: "2" } }]);
  });

  await test.step("the old version of BGPPeer is deprecated, and nothing else is", async () => {
    const [warning] = (await api.ask("GET", pathOf(cases.OLD_PEERS))).warnings;
    assert.match(warning ?? "", /deprecated.*metallb\.io\/v1beta2/);
    assert.deepEqual((await api.ask("GET", pathOf(cases.PEERS))).warnings, []);
    assert.deepEqual((await api.ask("GET", pathOf(cases.POOLS))).warnings, []);
  });

  await test.step("an unknown field is warned of when that is asked for", async () => {
    const body = { spec: { addresses: [], adresses: [] } };
    const object = {
      apiVersion: "metallb.io/v1beta1",
      kind: "IPAddressPool",
      metadata: { name: "typo" },
      ...body,
    };
    const answer = await api.ask("POST", `${pathOf(cases.POOLS)}?fieldValidation=Strict`, object);
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /unknown field "spec.adresses"/);
  });

  await test.step("kubectl prints MetalLB's columns and explains the fields", async () => {
    const header = async (resource: string, ...more: string[]) => {
      const [line] = (await api.kubectl(["get", `${resource}.metallb.io`, "-n", NAMESPACE, ...more])).split(
        "\n",
      );
      return line!.split(/ {2,}/).filter(Boolean);
    };
    const selectors = "IPADDRESSPOOL SELECTORS";
    const expected = {
      ipaddresspools: ["NAME", "AUTO ASSIGN", "AVOID BUGGY IPS", "ADDRESSES"],
      bgppeers: ["NAME", "ADDRESS", "ASN", "BFD PROFILE", "MULTI HOPS"],
      bfdprofiles: ["NAME", "PASSIVE MODE", "TRANSMIT INTERVAL", "RECEIVE INTERVAL", "MULTIPLIER"],
      bgpadvertisements: ["NAME", "IPADDRESSPOOLS", selectors, "PEERS"],
      l2advertisements: ["NAME", "IPADDRESSPOOLS", selectors, "INTERFACES"],
      communities: ["NAME", "AGE"],
      servicel2statuses: ["NAME", "ALLOCATED NODE", "SERVICE NAME", "SERVICE NAMESPACE"],
      servicebgpstatuses: ["NAME", "NODE", "SERVICE NAME", "SERVICE NAMESPACE"],
      configurationstates: ["NAME", "RESULT", "ERRORSUMMARY", "AGE"],
    };
    for (const [resource, columns] of Object.entries(expected)) {
      assert.deepEqual((await header(resource)).map((column) => column.trim()), columns);
    }
    for (const resource of ["bgpadvertisements", "l2advertisements"]) {
      assert.equal((await header(resource, "-o", "wide")).at(-1), "NODE SELECTORS");
    }
    await create(api, cases.POOLS, { spec: { addresses: ["192.0.2.0/24"] } }, "printed");
    const line = await api.kubectl(["get", "ipaddresspool", "printed", "-n", NAMESPACE, "--no-headers"]);
    assert.match(line, /^printed +true +false +\["192\.0\.2\.0\/24"\]\s*$/);
    assert.match(await api.kubectl(["explain", "ipaddresspools.spec.autoAssign"]), /without asking for it/);
  });
});
