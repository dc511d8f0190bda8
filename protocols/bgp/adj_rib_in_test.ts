import assert from "node:assert/strict";
import type { Ip } from "../net/ip.ts";
import type { Prefix } from "../net/prefix.ts";
import { countUpdate, type ImportRules, NOTHING_RECEIVED, type RouteDrop } from "./adj_rib_in.ts";
import type { PathAttributes } from "./wire/attribute.ts";
import type { UpdateMessage } from "./wire/update.ts";

const rules: ImportRules = {
  localAsn: 65001,
  bgpIdentifier: "10.0.0.1" as Ip,
  localAddresses: ["192.0.2.1" as Ip],
  firstAsn: null,
};
const EMPTY: UpdateMessage = {
  type: "Update",
  withdrawn: [],
  announced: [],
  attributes: {},
  endOfRib: null,
  verdict: null,
  faults: [],
  ignoredFamilies: [],
  ignoredPrefixes: [],
};

function announcing(attributes: PathAttributes, nextHop: string = "192.0.2.2"): UpdateMessage {
  const prefixes = ["10.1.0.0/24", "10.2.0.0/24"] as Prefix[];
  const hop = { address: nextHop as Ip, linkLocal: null };
  return { ...EMPTY, attributes, announced: [{ family: "ipv4-unicast", nextHop: hop, prefixes }] };
}

Deno.test("countUpdate() counts prefixes and keeps none", () => {
  const withdrawn = [{ family: "ipv4-unicast", prefixes: ["10.3.0.0/24" as Prefix] }] as const;
  const counts = countUpdate(NOTHING_RECEIVED, { ...announcing({ asPath: [65002] }), withdrawn }, rules);
  assert.deepEqual(counts, {
    ...NOTHING_RECEIVED,
    updates: 1,
    announced: 2,
    withdrawn: 1,
    held: 2,
  });
});

Deno.test("countUpdate() drops what RFC 4271 forbids to use, by its first reason", () => {
  const rows: readonly (readonly [UpdateMessage, Partial<ImportRules>, RouteDrop | null])[] = [
    [announcing({ asPath: [65002, 65001] }), {}, "as-loop"],
    [announcing({ asPath: [], originatorId: "10.0.0.1" as Ip }), {}, "originator-loop"],
    [announcing({ asPath: [65002] }, "192.0.2.1"), {}, "own-next-hop"],
    [announcing({ asPath: [65009] }), { firstAsn: 65002 }, "not-first-as"],
    [announcing({ asPath: [] }), { firstAsn: 65002 }, "not-first-as"],
    [announcing({ asPath: [65002, 65009] }), { firstAsn: 65002 }, null],
  ];
  for (const [update, more, drop] of rows) {
    const counts = countUpdate(NOTHING_RECEIVED, update, { ...rules, ...more });
    assert.equal(counts.held, drop === null || drop === "not-first-as" ? 2 : 0);
    if (drop !== null) assert.equal(counts.dropped[drop], 2, drop);
  }
});

Deno.test("countUpdate() counts malformed routes apart from withdrawn ones", () => {
  const withdrawn = [{ family: "ipv4-unicast", prefixes: ["10.3.0.0/24" as Prefix] }] as const;
  const update: UpdateMessage = { ...EMPTY, withdrawn, verdict: "treat-as-withdraw" };
  const counts = countUpdate(NOTHING_RECEIVED, update, rules);
  assert.deepEqual([counts.withdrawn, counts.dropped["treat-as-withdraw"]], [0, 1]);
});

Deno.test("countUpdate() notes each family's End-of-RIB once", () => {
  let counts = NOTHING_RECEIVED;
  for (const endOfRib of ["ipv6-unicast", "ipv4-unicast", "ipv6-unicast"] as const) {
    counts = countUpdate(counts, { ...EMPTY, endOfRib }, rules);
  }
  assert.deepEqual(counts.complete, ["ipv6-unicast", "ipv4-unicast"]);
});

Deno.test("countUpdate() never holds fewer than none, whatever is withdrawn", () => {
  const withdrawn = [
    { family: "ipv4-unicast", prefixes: ["10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24"] as Prefix[] },
  ] as const;
  let counts = countUpdate(NOTHING_RECEIVED, { ...EMPTY, withdrawn }, rules);
  assert.equal(counts.held, 0);
  counts = countUpdate(counts, announcing({ asPath: [65002] }), rules);
  assert.equal(counts.held, 2);
  counts = countUpdate(counts, { ...EMPTY, withdrawn, verdict: "treat-as-withdraw" }, rules);
  assert.equal(counts.held, 0);
});
