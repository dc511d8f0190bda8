import assert from "node:assert/strict";
import { ApiError } from "../../../k8s/api/api_error.ts";
import type { PoolCounters } from "../../allocate/address_table.ts";
import { PoolStatuses, type PoolStatusesOptions } from "./pool_statuses.ts";

const LARGEST = 2n ** 63n - 1n;

function counters(assignedIPv4: bigint, availableIPv6 = LARGEST): PoolCounters {
  return { assignedIPv4, assignedIPv6: 0n, availableIPv4: 9n, availableIPv6 };
}

/** A keeper whose requests are kept as text, and what it reported. */
function keeper(answer: (attempt: number) => void = () => {}, standing: readonly unknown[] = []): {
  readonly statuses: PoolStatuses;
  readonly requests: string[];
  readonly faults: string[];
  readonly asked: (count: number) => Promise<void>;
} {
  const requests: string[] = [];
  const faults: string[] = [];
  let wake = (): void => {};
  const client = {
    get: () => Promise.resolve({ items: standing }),
    patch: (_type: unknown, path: string, body: unknown) => {
      requests.push(`${path} ${JSON.stringify(body)}`);
      wake();
      try {
        answer(requests.length);
        return Promise.resolve({});
      } catch (error) {
        return Promise.reject(error);
      }
    },
  } as unknown as PoolStatusesOptions["client"];
  const statuses = new PoolStatuses({
    client,
    namespace: "metallb-system",
    mayWrite: () => true,
    onFault: (error) => faults.push(error.message),
    gatherMs: 0,
  });
  const asked = async (count: number): Promise<void> => {
    while (requests.length < count) await new Promise<void>((resolve) => wake = resolve);
  };
  return { statuses, requests, faults, asked };
}

Deno.test("PoolStatuses writes 64-bit counters digit by digit, and what stands not again", async () => {
  const { statuses, requests, asked } = keeper();
  await using _closed = statuses;
  statuses.tell(new Map([["gold", counters(1n)]]));
  statuses.tell(new Map([["gold", counters(2n)]]));
  await asked(1);
  assert.deepEqual(requests, [
    "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/gold/status " +
    '{"status":{"assignedIPv4":2,"assignedIPv6":0,"availableIPv4":9,"availableIPv6":9223372036854775807}}',
  ]);
  statuses.tell(new Map([["gold", counters(2n)], ["iron", counters(0n)]]));
  await asked(2);
  assert.equal(requests.length, 2);
  assert.match(requests[1]!, /iron/);
});

Deno.test("PoolStatuses tells a fault and writes again; a pool that is gone is none", async () => {
  const { statuses, requests, faults, asked } = keeper((attempt) => {
    if (attempt === 1) throw new ApiError("PATCH gone", 404, "NotFound", "not found", null);
    if (attempt === 2) throw new Error("no way");
  });
  await using _closed = statuses;
  statuses.tell(new Map([["gone", counters(1n)], ["gold", counters(1n)]]));
  await asked(3);
  assert.deepEqual(faults, ["no way"]);
  assert.match(requests[2]!, /gold/);
});

Deno.test("PoolStatuses writes the other pools while the API server refuses one", async () => {
  const { statuses, requests, faults, asked } = keeper((attempt) => {
    if (attempt === 1) throw new ApiError("PATCH iron", 422, "Invalid", "spec is invalid", null);
  });
  await using _closed = statuses;
  statuses.tell(new Map([["iron", counters(1n)], ["gold", counters(1n)]]));
  await asked(3);
  assert.equal(faults.length, 1);
  assert.deepEqual(requests.map((it) => /(iron|gold)/.exec(it)?.[0]), ["iron", "gold", "iron"]);
});

Deno.test("PoolStatuses begins with what stands, unless its numbers have lost digits", async () => {
  const status = { assignedIPv4: 1, assignedIPv6: 0, availableIPv4: 9, availableIPv6: 7 };
  const { statuses, requests, asked } = keeper(() => {}, [
    { metadata: { name: "gold" }, status },
    { metadata: { name: "iron" }, status },
    { metadata: { name: "large" }, status: { ...status, availableIPv6: Number(LARGEST) } },
    { metadata: { name: "new" } },
  ]);
  await using _closed = statuses;
  const wanted = new Map([["gold", counters(1n, 7n)], ["iron", counters(2n, 7n)], ["large", counters(1n)]]);
  statuses.tell(new Map([...wanted, ["new", counters(0n)]]));
  await asked(3);
  assert.deepEqual(requests.map((it) => /(gold|iron|large|new)/.exec(it)?.[0]), ["iron", "large", "new"]);
});
