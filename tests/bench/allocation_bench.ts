/**
 * What allocation costs: many Services from nothing, one more among many, huge pools, pools with holes.
 *
 * Shape: run as a script it prints one line a figure; {@linkcode benchAllocation} returns them. Milliseconds are medians (p50) over
 * the runs named. Heap growth is what the table and the decisions keep, without the Services themselves.
 *
 * @module
 */
import type { Service } from "../../k8s/types/core.ts";
import {
  configOf,
  type PoolSketch,
  serviceOf,
  type ServiceSketch,
  Stage,
} from "../parity/allocation_stage.ts";

/** One measurement. */
export interface AllocationFigure {
  readonly name: string;
  readonly p50Ms: number;
  readonly perServiceUs: number | null;
  readonly heapMb: number | null;
}

/** Measures everything; takes some seconds. */
export function benchAllocation(): AllocationFigure[] {
  const [v4, v6]: ServiceSketch[] = [{}, { clusterIPs: ["fc00::1"] }];
  const full = { addresses: ["10.1.0.0/16"], avoidBuggyIPs: true };
  return [
    fromNothing("10,000 Services into a /16", 10_000, { addresses: ["10.1.0.0/16"] }, v4!, 5),
    fromNothing("65,536 Services into a /16", 65_536, { addresses: ["10.1.0.0/16"] }, v4!, 3),
    fromNothing("10,000 Services into a /8", 10_000, { addresses: ["10.0.0.0/8"] }, v4!, 5),
    fromNothing("10,000 Services into an IPv6 /64", 10_000, { addresses: ["fd00::/64"] }, v6!, 5),
    fromNothing("65,024 Services into a /16, avoidBuggyIPs, to the last address", 65_024, full, v4!, 3),
    fromNothing("10,000 Services with one sharing key and one port", 10_000, full, { share: "k" }, 3),
    oneMore(),
  ];
}

function fromNothing(
  name: string,
  count: number,
  pool: PoolSketch,
  sketch: ServiceSketch,
  runs: number,
): AllocationFigure {
  const services = servicesOf(count, sketch);
  const times: number[] = [];
  let heapMb: number | null = null;
  for (let run = 0; run < runs; run++) {
    const stage = stageWith(pool, services);
    const heapBefore = heapMbNow();
    const startedAt = performance.now();
    const decisions = stage.reconcile();
    times.push(performance.now() - startedAt);
    heapMb = heapMbNow() - heapBefore;
    const served = decisions.filter((decision) => decision.addresses.length > 0).length;
    if (served !== count) throw new Error(`${name}: ${served} of ${count} Services have an address`);
  }
  const p50Ms = median(times);
  return { name, p50Ms, perServiceUs: p50Ms * 1000 / count, heapMb };
}

function oneMore(): AllocationFigure {
  const stage = stageWith({ addresses: ["10.1.0.0/16"] }, servicesOf(10_000, {}));
  stage.run();
  const times: number[] = [];
  for (let run = 0; run < 50; run++) {
    stage.apply(`late/s${run}`, {});
    const startedAt = performance.now();
    const decisions = stage.reconcile();
    times.push(performance.now() - startedAt);
    stage.write(decisions);
    stage.reconcile();
  }
  return { name: "one more Service into 10,000", p50Ms: median(times), perServiceUs: null, heapMb: null };
}

function servicesOf(count: number, sketch: ServiceSketch): Map<string, Service> {
  const services = new Map<string, Service>();
  for (let at = 0; at < count; at++) {
    const key = `ns${at % 100}/s${at}`;
    services.set(key, serviceOf(key, sketch));
  }
  return services;
}

function stageWith(pool: PoolSketch, services: ReadonlyMap<string, Service>): Stage {
  const stage = new Stage();
  stage.config = configOf({ pool });
  stage.services = services;
  return stage;
}

/** Exact only where the garbage collector may be called (--v8-flags=--expose-gc). */
function heapMbNow(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return Deno.memoryUsage().heapUsed / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

if (import.meta.main) {
  for (const { name, p50Ms, perServiceUs, heapMb } of benchAllocation()) {
    const rest = [
      perServiceUs === null ? "" : `${perServiceUs.toFixed(1)} us each`,
      heapMb === null ? "" : `${heapMb.toFixed(1)} MB`,
    ];
    console.log([name.padEnd(66), `${p50Ms.toFixed(2)} ms`.padStart(12), ...rest].join("  "));
  }
}
