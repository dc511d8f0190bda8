/**
 * Runs MetalLB's tabled allocation behaviours; every row of the two tables has one case or one reason.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ALLOCATED_FROM_POOL } from "../../agent/allocate/request.ts";
import { ALLOCATOR_CASES, DECIDED_AGAINST, DEFAULT_POOLS } from "./allocation_allocator_cases.ts";
import { type Case, type Expected, SERVICE_CASES, type Step } from "./allocation_cases.ts";
import { configOf, Stage } from "./allocation_stage.ts";

const CASES: readonly Case[] = [...SERVICE_CASES, ...ALLOCATOR_CASES];

for (const { row, title, pools, steps } of CASES) {
  Deno.test(`${row}: ${title}`, () => {
    const stage = new Stage();
    if (pools !== null) stage.config = configOf(pools ?? DEFAULT_POOLS);
    for (const [at, step] of steps.entries()) runStep(stage, step, `step ${at + 1}`);
  });
}

Deno.test("every row of the tables, C1 to C63 and A1 to A36, has exactly one case or one reason", () => {
  const rows = [...CASES.map(({ row }) => row), ...Object.keys(DECIDED_AGAINST)].sort();
  const numbers = (letter: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${letter}${at + 1}`);
  assert.deepEqual(rows, [...numbers("C", 63), ...numbers("A", 36)].sort());
});

function runStep(stage: Stage, step: Step, where: string): void {
  if (step.pools !== undefined) stage.config = step.pools === null ? null : configOf(step.pools);
  for (const [path, sketch] of Object.entries(step.apply ?? {})) stage.apply(path, sketch);
  for (const path of step.remove ?? []) stage.remove(path);
  if (step.restartFor !== undefined) stage.restart(step.restartFor);
  const decisions = new Map(stage.run().map((decision) => [decision.key, decision]));
  for (const [path, expected] of Object.entries(step.expect ?? {})) {
    const key = path.includes("/") ? path : `default/${path}`;
    const now = stage.allocation.decisions.get(key);
    const service = stage.services.get(key);
    const actual: Required<Expected> = {
      ips: stage.published(path),
      pool: service?.metadata.annotations?.[ALLOCATED_FROM_POOL] ?? null,
      reason: now?.reason ?? null,
      events: decisions.get(key)?.events.map(({ reason }) => reason) ?? [],
      isUnwritten: (decisions.get(key)?.write ?? null) === null,
    };
    for (const name of Object.keys(expected) as (keyof Expected)[]) {
      assert.deepEqual(actual[name], expected[name], `${where}, ${path}, ${name} (${now?.message})`);
    }
  }
  if (step.counters === undefined) return;
  const counters = stage.allocation.counters();
  for (const [pool, expected] of Object.entries(step.counters)) {
    const { assignedIPv4, availableIPv4, assignedIPv6, availableIPv6 } = counters.get(pool)!;
    assert.deepEqual(
      [assignedIPv4, availableIPv4, assignedIPv6, availableIPv6],
      expected,
      `${where}, ${pool}`,
    );
  }
  if (Object.keys(step.counters).length === 0) assert.equal(counters.size, 0, where);
}
