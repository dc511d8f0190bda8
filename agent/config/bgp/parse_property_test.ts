import assert from "node:assert/strict";
import fc from "fast-check";
import type { LabelSelector } from "../../../k8s/types/meta.ts";
import { SecretValue } from "../../../k8s/types/secret_value.ts";
import {
  bfdObject,
  bgpObject,
  communityObject,
  nodeObject,
  type ObjectLists,
  objectsOf,
  peerObject,
  poolObject,
  secretObject,
} from "../config_fixture.ts";
import type { Parsed } from "../config.ts";
import { parseConfig } from "../parse.ts";
import type { ConfigScope } from "../scope.ts";

/** Anything the schema lets pass, most of it nearly right, so that both outcomes are common. */
const mostly = <T>(right: readonly T[], anything: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 19, arbitrary: fc.constantFrom(...right) }, anything);
const word = fc.string({ maxLength: 6 });
const selectors: fc.Arbitrary<LabelSelector[]> = fc.array(
  mostly<LabelSelector>(
    [{}, { matchLabels: { rack: "1" } }, { matchLabels: { rack: "2" } }],
    fc.record({
      matchExpressions: fc.array(fc.record({ key: word, operator: word }), { maxLength: 1 }),
    }),
  ),
  { maxLength: 1 },
);
const duration = mostly(["0s", "3s", "90s", "1m30s"], word);
const asn = fc.constantFrom(65_000, 65_001, 4_200_000_000);

const peer = fc.tuple(
  fc.constantFrom("a", "b", "c"),
  fc.record({
    myASN: asn,
    peerASN: asn,
    peerAddress: mostly(["10.0.0.1", "10.0.0.2", "fc00::1"], word),
    vrf: fc.constantFrom("", "red"),
    sourceAddress: mostly(["10.0.0.9"], word),
    peerPort: fc.integer({ min: 0, max: 16_384 }),
    holdTime: duration,
    connectTime: mostly(["1s", "2m"], word),
    routerID: mostly(["1.1.1.1"], word),
    nodeSelectors: selectors,
    bfdProfile: mostly(["fast", "echo", ""], word),
    passwordSecret: mostly([{ name: "s" }, {}], fc.record({ name: word })),
    ebgpMultiHop: fc.boolean(),
    dualStackAddressFamily: fc.boolean(),
  }, { requiredKeys: [] }),
  fc.boolean(),
).map(([name, spec, hasPassword]) =>
  peerObject(name, { ...spec, ...(hasPassword ? { password: SecretValue.ofText("hunter2") } : {}) })
);
const advert = fc.tuple(
  fc.constantFrom("x", "y"),
  fc.record({
    aggregationLength: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(28, 32) }, fc.integer()),
    aggregationLengthV6: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(128) }, fc.integer()),
    localPref: fc.constantFrom(0, 100),
    communities: fc.array(mostly(["alias", "1:2", "large:1:2:3"], word), { maxLength: 2 }),
    peers: fc.array(mostly(["a", "b"], word), { maxLength: 1 }),
    nodeSelectors: selectors,
    serviceSelectors: selectors,
  }, { requiredKeys: [] }),
).map(([name, spec]) => bgpObject(name, spec));

const unique = { selector: (it: { metadata: { name: string } }) => it.metadata.name };
const lists: fc.Arbitrary<ObjectLists> = fc.record({
  bgpPeers: fc.uniqueArray(peer, { ...unique, maxLength: 2 }),
  bgpAdvertisements: fc.uniqueArray(advert, { ...unique, maxLength: 2 }),
  pools: fc.constant([poolObject("v4", ["10.1.0.0/28"]), poolObject("v6", ["fc00:1::/124"])]),
  nodes: fc.constant([nodeObject("n1", { rack: "1" }), nodeObject("n2", { rack: "2" })]),
  bfdProfiles: fc.constant([bfdObject("fast"), bfdObject("echo", { echoMode: true })]),
  communities: fc.constant([communityObject("c", [["alias", "1:2"]])]),
  secrets: fc.constant([secretObject("s", { password: "hunter2" })]),
});
const scope = fc.constantFrom<ConfigScope[]>("everything", "allocation", { node: "n1" }, { node: "nobody" });

/** All of it as text, its order included. */
function textOf(parsed: Parsed): string {
  return JSON.stringify(
    parsed,
    (_, value) => value instanceof Map || value instanceof Set ? [...value] : value,
  );
}

Deno.test("parseConfig() turns any BGP objects into a configuration or into errors that name one, in any order", () => {
  let accepted = 0;
  fc.assert(
    fc.property(lists, scope, (lists, scope) => {
      const parsed = parseConfig(objectsOf(lists), scope);
      const { bgpPeers = [], bgpAdvertisements = [] } = lists;
      const reversed = { bgpPeers: bgpPeers.toReversed(), bgpAdvertisements: bgpAdvertisements.toReversed() };
      assert.equal(textOf(parseConfig(objectsOf({ ...lists, ...reversed }), scope)), textOf(parsed));
      assert.ok(!textOf(parsed).includes("hunter2"));
      if (parsed.ok) return void accepted++;
      const names = new Set(
        [...bgpPeers, ...bgpAdvertisements].map((it) => `${it.kind}/metallb-system/${it.metadata.name}`),
      );
      assert.ok(
        parsed.errors.length > 0 && parsed.errors.every((it) => names.has(it.object) && it.message !== ""),
      );
    }),
    { numRuns: 400, seed: 3 },
  );
  assert.ok(accepted > 100 && accepted < 380, `${accepted} of 400 accepted: the property says too little`);
});

Deno.test("parseConfig() refuses for a node nothing that it accepts for everything", () => {
  fc.assert(fc.property(lists, fc.constantFrom("n1", "n2"), (lists, node) => {
    const objects = objectsOf(lists);
    if (parseConfig(objects).ok) assert.ok(parseConfig(objects, { node }).ok);
  }));
});
