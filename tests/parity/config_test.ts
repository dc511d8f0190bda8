/**
 * Runs the configuration cases, and checks that no row of the table is forgotten.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Config, L2Advert, Pool } from "../../agent/config/config.ts";
import { parseLists, serviceObject } from "../../agent/config/config_fixture.ts";
import { capacityOf } from "../../agent/config/pool_capacity.ts";
import { automaticPools } from "../../agent/config/pool_membership.ts";
import type { ObjectError } from "../../k8s/source.ts";
import type { AdvertView, ConfigCase, PoolView, Refusal } from "./config_case.ts";
import { CONFIG_CASES, NOT_YET } from "./config_cases.ts";

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

Deno.test("every row of the parser is tested, or waits for BGP", () => {
  const tested = new Set(CONFIG_CASES.map((it) => it.row));
  const rows = [...tested, ...NOT_YET.filter((it) => it.rest !== true).map((it) => it.row)];
  const ofParser = rows.filter((row) => row.startsWith("P")).sort();
  assert.deepEqual(ofParser, Array.from({ length: 56 }, (_, index) => `P${index + 1}`).sort());
  for (const { row } of NOT_YET.filter((it) => it.rest === true)) assert.ok(tested.has(row), row);
  for (const row of ["A29", "A30", "A31", "A32"]) assert.ok(tested.has(row), row);
});

function assertRefused(errors: readonly ObjectError[], refused: readonly Refusal[]): void {
  assert.deepEqual(
    errors.map(({ object, field }) => [object, field]),
    refused.map(([object, field]) => [object, field]),
  );
  for (const [index, [, , message]] of refused.entries()) {
    assert.ok(errors[index]?.message.includes(message), errors[index]?.message);
  }
}

function assertConfig(config: Config, expected: Exclude<ConfigCase["expected"], { refused: unknown }>): void {
  for (const [name, wanted] of Object.entries(expected.pools)) {
    const pool = config.pools.get(name);
    assert.ok(pool, `no pool ${name}`);
    const { adverts, ...fields } = wanted;
    assertFields(viewOf(pool), fields);
    if (adverts === undefined) continue;
    assert.deepEqual(pool.l2Advertisements.length, adverts.length, "number of advertisements");
    for (const [index, advert] of pool.l2Advertisements.entries()) {
      assertFields(advertView(advert), adverts[index] ?? {});
    }
  }
  if (expected.communities !== undefined) {
    assert.deepEqual(Object.fromEntries(config.communities), expected.communities);
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

function viewOf(pool: Pool): Omit<PoolView, "adverts"> {
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
