/**
 * What must be written onto a Service so that it says what it holds.
 *
 * Source: MetalLB writes one ingress entry per address and the annotation ip-allocated-from-pool, in one status update.
 * Shape: object and addresses in, a write out, or null when the object says so already. Pure.
 * Not here: carrying it out (agent/runtime/status_writer.ts).
 *
 * @module
 */
import type { ServiceStatusWrite } from "../../k8s/source.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { ALLOCATED_FROM_POOL } from "./request.ts";

/** See the module comment. */
export function statusWriteFor(
  key: ObjectKey,
  service: Service,
  ips: readonly Ip[],
  pool: string | null,
): ServiceStatusWrite | null {
  const published = service.status?.loadBalancer?.ingress ?? [];
  // METALLB: compared there field by field, so that the ipMode some API servers fill in makes every pass write.
  const saysAddresses = published.length === ips.length &&
    published.every(({ ip, hostname }, at) => ip === ips[at] && hostname === undefined);
  const saysPool = (service.metadata.annotations?.[ALLOCATED_FROM_POOL] ?? null) === pool;
  if (saysAddresses && saysPool) return null;
  return { key, ingress: ips.map((ip) => ({ ip })), annotations: { [ALLOCATED_FROM_POOL]: pool } };
}
