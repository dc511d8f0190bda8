/**
 * Requests of a client that never stops asking through kube-proxy, and that they were answered.
 *
 * Not here: who asks (lab/prober.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { HttpRequest, Prober } from "../lab/prober.ts";

/** How often such a client asks, and how long it waits: a busy machine may drop a SYN, which is sent again a second later. */
export const ASKING = { intervalMs: 20, timeoutMs: 2_500 };

/**
 * Fails when a request since that instant failed; one alone may where `mayBeLost` says so: its connection was open when the
 * address moved.
 */
export function assertAnswered(
  prober: Prober,
  sinceMs: number,
  mayBeLost: (request: HttpRequest) => boolean = () => false,
): void {
  const requests = prober.events.all.filter((event): event is HttpRequest =>
    event.type === "request" && event.atMs > sinceMs
  );
  assert.ok(requests.some(({ error }) => error === null), "the client asked");
  const failed = requests.filter((request, i) =>
    request.error !== null && !(mayBeLost(request) && requests[i + 1]?.error === null)
  );
  assert.deepEqual(failed, []);
}
