/**
 * What stays where it is while an object cannot be read: unknown is not absent.
 *
 * Source: the pool of an address, or the Service that holds it, may stand in what could not be read.
 * Shape: pure. A decision that would take a published address away waits; until it is carried out, nobody else is given that
 * address, or two Services would publish it.
 * Not here: what can be read (k8s/source.ts), the waiting (agent/controller.ts).
 *
 * @module
 */
import type { Service } from "../../k8s/types/core.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import type { Decision } from "./decision.ts";

/** True when the write leaves out an address that the Service's status holds. */
export function takesAway({ write }: Decision, service: Service | undefined): boolean {
  if (write === null || service === undefined) return false;
  const kept = new Set(write.ingress.map((one) => one.ip));
  return (service.status?.loadBalancer?.ingress ?? []).some((one) => !kept.has(one.ip));
}

/** The addresses to be given to nobody but whose status says them, by address: those of Services that cannot be read too. */
export function addressesToKeep(
  services: ReadonlyMap<ObjectKey, Service>,
  heldByUnreadable: ReadonlyMap<string, ObjectKey>,
): ReadonlyMap<string, ObjectKey> {
  const kept = new Map(heldByUnreadable);
  for (const [key, { status }] of services) {
    for (const { ip } of status?.loadBalancer?.ingress ?? []) if (ip !== undefined) kept.set(ip, key);
  }
  return kept;
}
