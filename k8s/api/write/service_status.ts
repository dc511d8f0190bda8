/**
 * Writing onto a Service what the controller decided: addresses and annotation in one patch, or not at all.
 *
 * Source: MetalLB writes both through services/status, where the API server takes metadata too, so that no right to change
 * Services is needed; RFC 7396 (merge patch); Kubernetes API conventions, "Concurrency control and consistency".
 * Shape: the patch names the revision of the object that was decided on; the API server refuses it when that is not the
 * newest. Then, if the change was to nothing that is read, it is sent again; otherwise the decision is outdated and
 * its maker, who hears of the same change, decides anew. What came of a write the watch tells, like any change.
 * Not here: which writes run at the same time (agent/runtime/status_writer.ts).
 *
 * @module
 */
import { type ClusterObjects, OutdatedDecision, type ServiceStatusWrite } from "../../source.ts";
import { ApiError } from "../api_error.ts";
import type { ApiClient } from "../client.ts";
import { pathOfObject } from "../kinds.ts";
import type { Store } from "../follow/store.ts";

/** How long the watch may take to bring the revision that a write of ours conflicted with. */
const NEWS_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;
/** LIMIT: somebody may be changing the same Service without end. */
const TRIES = 5;

/** Writes; `decidedOn` is what the decision was made from. Rejects with what to do. */
export async function writeServiceStatus(
  client: ApiClient,
  store: Store,
  decidedOn: ClusterObjects | null,
  write: ServiceStatusWrite,
): Promise<void> {
  const { key } = write;
  const basis = decidedOn?.services.get(key);
  const fail = (why: string, cause?: unknown): Error => new Error(messageOf(key, why), { cause });
  if (basis === undefined) throw new OutdatedDecision(messageOf(key, "it is not known: decide again"));
  for (let tries = 1; tries <= TRIES; tries++) {
    if (store.get(key) !== basis) {
      throw new OutdatedDecision(messageOf(key, "it has changed since the decision: decide again"));
    }
    const revision = store.revisionOf(key)!;
    try {
      return await client.patchUnread("merge", pathOf(key), patchOf(write, revision));
    } catch (error) {
      if (!(error instanceof ApiError)) throw fail((error as Error).message, error);
      if (error.code === 404) throw fail("it is gone", error);
      if (error.code === 403) throw fail(`${error.message}; grant the verb patch on services/status`, error);
      if (!error.isConflict) throw fail(error.message, error);
    }
    await newRevision(store, key, revision);
  }
  throw new OutdatedDecision(messageOf(key, "others change it all the time: decide again"));
}

function messageOf(key: string, why: string): string {
  return `Cannot write the status of Service ${key}: ${why}`;
}

function pathOf(key: string): string {
  return `${pathOfObject("v1", "services", key)}/status`;
}

/** The patch; as it names a revision it changes that one or none. */
export function patchOf(write: ServiceStatusWrite, revision: string): unknown {
  const { ingress, annotations } = write;
  return {
    metadata: { resourceVersion: revision, annotations },
    status: { loadBalancer: { ingress: ingress.length === 0 ? null : ingress } },
  };
}

/** Waits until the watch has brought a newer revision, or for as long as it may take. */
async function newRevision(store: Store, key: string, than: string): Promise<void> {
  const until = performance.now() + NEWS_WITHIN_MS;
  while (store.revisionOf(key) === than && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
