/**
 * Runs the configuration cases, and checks that no row of the table is forgotten.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { BgpAdvert, Config, L2Advert, Peer, Pool } from "../../agent/config/config.ts";
import { parseLists, serviceObject } from "../../agent/config/config_fixture.ts";
import { capacityOf } from "../../agent/config/pool_capacity.ts";
import { automaticPools } from "../../agent/config/pool_membership.ts";
import type { ObjectError } from "../../k8s/source.ts";
import { AGAINST } from "./config_bgp_cases.ts";
import type { AdvertView, BgpAdvertView, ConfigCase, PeerView, PoolView, Refusal } from "./config_case.ts";
import { CONFIG_CASES } from "./config_cases.ts";

for (const { row, what, objects, expected } of CONFIG_CASES) {
  Deno.test(`${row}: ${what}`, () => {
    const parsed = parseLists(objects);
    if ("refused" in expected) {
      assert.ok(!parsed.ok, "accepted");
      assertRefused(parsed.errors, expected.refused);
    } else {
      assert.ok(parsed.ok, JSON.stringify(parsed));
      assertConfig(parsed.config, expected);
    }
  });
}

Deno.test("every row of the parser and of the modes is tested, or decided against with the reason", () => {
  const rows = new Set([...CONFIG_CASES, ...AGAINST].map((it) => it.row));
  for (const [letter, count] of [["P", 56], ["M", 14]] as const) {
    const ofTable = [...rows].filter((row) => row.startsWith(letter)).sort();
    assert.deepEqual(ofTable, Array.from({ length: count }, (_, index) => `${letter}${index + 1}`).sort());
  }
  for (const row of ["A29", "A30", "A31", "A32"]) assert.ok(rows.has(row), row);
  for (const { against } of AGAINST) assert.ok(against.length > 20);
});

function assertRefused(errors: readonly ObjectError[], refused: readonly Refusal[]): void {
  assert.deepEqual(
    errors.map(({ object, field }) => [object, field]),
    refused.map(([object, field]) => [object, field]),
  );
  for (const [index, [, , message]] of refused.entries()) {
    assert.ok(errors[index]?.message.includes(message), errors[index]?.message ?? "no error");
  }
}

function assertConfig(config: Config, expected: Exclude<ConfigCase["expected"], { refused: unknown }>): void {
  for (const [name, wanted] of Object.entries(expected.pools)) {
    const pool = config.pools.get(name);
    assert.ok(pool, `no pool ${name}`);
    const { adverts, bgpAdverts, ...fields } = wanted;
    assertFields(viewOf(pool), fields);
    if (bgpAdverts !== undefined) {
      assert.equal(pool.bgpAdvertisements.length, bgpAdverts.length, "number of BGP advertisements");
      for (const [index, advert] of pool.bgpAdvertisements.entries()) {
        assertFields(bgpAdvertView(advert), bgpAdverts[index] ?? {});
      }
    }
    if (adverts === undefined) continue;
    assert.deepEqual(pool.l2Advertisements.length, adverts.length, "number of advertisements");
    for (const [index, advert] of pool.l2Advertisements.entries()) {
      assertFields(advertView(advert), adverts[index] ?? {});
    }
  }
  if (expected.communities !== undefined) {
    assert.deepEqual(Object.fromEntries(config.communities), expected.communities);
  }
  if (expected.peers !== undefined) {
    assert.deepEqual([...config.peers.keys()], Object.keys(expected.peers));
    for (const [name, peer] of config.peers) assertFields(peerView(peer), expected.peers[name] ?? {});
  }
  for (const [namespace, labels, names] of expected.pinned ?? []) {
    const { pinned } = automaticPools(config, serviceObject(namespace, labels));
    assert.deepEqual(pinned.map((pool) => pool.name), names);
  }
}

/** Compares only the fields that a case speaks of. */
function assertFields<T extends object>(actual: T, wanted: Partial<T>): void {
  for (const field of Object.keys(wanted) as (keyof T)[]) {
    assert.deepEqual(actual[field], wanted[field], String(field));
  }
}

function viewOf(pool: Pool): Omit<PoolView, "adverts" | "bgpAdverts"> {
  const { total, ipv4, ipv6 } = capacityOf(pool);
  const allocation = pool.serviceAllocation;
  return {
    prefixes: pool.prefixes,
    autoAssign: pool.autoAssign,
    priority: allocation?.priority ?? null,
    namespaces: allocation?.namespaces ? [...allocation.namespaces] : null,
    serviceSelectors: allocation?.serviceSelectors.map((it) => it.text) ?? null,
    capacity: [total, ipv4, ipv6],
  };
}

function advertView(advert: L2Advert): AdvertView {
  return {
    name: advert.name,
    nodes: [...advert.nodes],
    interfaces: advert.interfaces === null ? null : [...advert.interfaces],
    serviceSelectors: advert.serviceSelectors.map((it) => it.text),
    preference: advert.preference === null ? null : Object.fromEntries(advert.preference),
  };
}

function bgpAdvertView(advert: BgpAdvert): BgpAdvertView {
  const { name, aggregationLength, localPref, communities, peers, nodes, serviceSelectors } = advert;
  return {
    name,
    ...aggregationLength,
    localPref,
    communities,
    peers: peers === null ? null : [...peers],
    nodes: [...nodes],
    serviceSelectors: serviceSelectors.map((it) => it.text),
  };
}

function peerView({ nodes, bfd, password, ...rest }: Peer): PeerView {
  return { ...rest, nodes: [...nodes], bfd: bfd?.name ?? null, hasPassword: password !== null };
}
