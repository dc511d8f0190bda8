import assert from "node:assert/strict";
import type { Ip } from "../../protocols/net/ip.ts";
import { advert, node, pool, service, slice } from "../../tests/parity/sketch.ts";
import type { L2Advert } from "../config/config.ts";
import { clusterViewOf } from "./cluster_view.ts";
import { decideLayer2, type Layer2Decision, type Layer2Question, reasonOnNode } from "./layer2.ts";

const NODES = ["iris1", "iris2"];
const EVERYWHERE = advert(NODES);

function decide(
  adverts: readonly L2Advert[],
  changes: Partial<Layer2Question> = {},
): Layer2Decision {
  return decideLayer2({
    service: service(),
    slices: [slice("web", ["iris1", true])],
    pool: pool("pool", "10.20.30.0/24", ...adverts),
    ip: "10.20.30.1" as Ip,
    view: clusterViewOf(new Map(NODES.map((it) => [it, node(it)])), null, false),
    ...changes,
  });
}

/** The reason and what the message must speak of. */
function assertNobody(decision: Layer2Decision, reason: string, message: RegExp): void {
  assert.equal(decision.announcer, null);
  assert.equal(decision.reason, reason);
  if (decision.reason !== null) assert.match(decision.message, message);
}

Deno.test("decideLayer2() elects one of the candidates", () => {
  const decision = decide([EVERYWHERE]);
  assert.ok(decision.reason === null);
  assert.equal(decision.announcer, "iris2");
  assert.deepEqual(decision.adverts, [EVERYWHERE]);
});

Deno.test("decideLayer2() asks for endpoints before anything else", () => {
  for (const slices of [[], [slice("web")], [slice("web", ["iris1", false])]]) {
    const decision = decide([], { slices });
    assertNobody(decision, "noActiveEndpoints", /spec.selector/);
    assert.equal(reasonOnNode(decision, "iris1"), "notOwner");
  }
});

Deno.test("decideLayer2() names what is wrong when no advertisement applies", () => {
  assertNobody(decide([]), "noMatchingAdvertisement", /No L2Advertisement uses IPAddressPool "pool"/);
  assertNobody(
    decide([advert(NODES, { name: "ad", selects: [{ app: "x" }] })]),
    "noMatchingAdvertisement",
    /serviceSelectors of L2Advertisement "ad"/,
  );
  assertNobody(decide([advert([], { name: "ad" })]), "noMatchingAdvertisement", /nodeSelectors of .*"ad"/);
  assertNobody(
    decide([advert([], { name: "ad" })], { view: clusterViewOf(new Map(), null, false) }),
    "noMatchingAdvertisement",
    /^There is no Node; add one/,
  );
});

Deno.test("decideLayer2() refuses a sharing annotation of any value beside serviceSelectors", () => {
  const selective = advert(NODES, { name: "ad", selects: [{ app: "x" }] });
  for (const prefix of ["metallb.io", "metallb.universe.tf"]) {
    const shared = service({ labels: { app: "x" }, annotations: { [`${prefix}/allow-shared-ip`]: "" } });
    const decision = decide([EVERYWHERE, selective], { service: shared });
    assertNobody(decision, "sharedIPWithServiceSelector", /"ad"/);
    assert.equal(reasonOnNode(decision, "iris1"), "sharedIPWithServiceSelector");
    assert.equal(decide([EVERYWHERE], { service: shared }).reason, null);
  }
});

Deno.test("decideLayer2() says of each advertised node why it cannot announce", () => {
  const nodes = ["a", "b", "c", "d", "e", "f", "g"].map((name) =>
    node(
      name,
      name === "b" ? { "node.kubernetes.io/exclude-from-external-load-balancers": "" } : {},
      name === "a",
    )
  );
  const known = new Map(nodes.map((it) => [it.metadata.name, it]));
  const decision = decide([advert([...known.keys()])], {
    service: service({ local: true }),
    view: clusterViewOf(known, new Set(["a", "b", "d"]), false),
    slices: [slice("web", [null, true])],
  });
  assertNobody(decision, "noEligibleNode", /a: its condition NetworkUnavailable is True/);
  assertNobody(decision, "noEligibleNode", /b: it is labelled exclude/);
  assertNobody(decision, "noEligibleNode", /c: its speaker is not alive/);
  assertNobody(decision, "noEligibleNode", /d: it has no ready endpoint/);
  assertNobody(decision, "noEligibleNode", /and 2 more/);
  assert.equal(reasonOnNode(decision, "a"), "notOwner");
  assert.equal(reasonOnNode(decision, "elsewhere"), "noMatchingAdvertisement");
});

Deno.test("decideLayer2() adds the preferences of all advertisements that select the Service", () => {
  const prefers = (name: string, weight: number, selects: readonly { app: string }[] = []): L2Advert =>
    advert(NODES, { preference: { [name]: weight }, selects });
  assert.equal(decide([EVERYWHERE, prefers("iris1", 1)]).announcer, "iris1");
  assert.equal(
    decide([prefers("iris1", 60), prefers("iris1", 50), prefers("iris2", 100)]).announcer,
    "iris1",
  );
  assert.equal(decide([prefers("iris1", 60), prefers("iris2", 60)]).announcer, "iris2");
  assert.equal(decide([EVERYWHERE, prefers("iris1", 100, [{ app: "x" }])]).announcer, "iris2");
});
