/**
 * Which addresses a Service that has none is given: the ones it names, some of the pool it names, or any.
 *
 * Source: MetalLB's allocator: allocateIPs, AllocateFromPool, Allocate, selectIPsForFamilyAndPolicy.
 * Shape: a request and the table in; on success the table holds the addresses and null comes out, else a refusal.
 * Not here: whether the Service may keep what it has (converge.ts), which address of a pool is free (pool_space.ts).
 *
 * @module
 */
import { automaticPools } from "../config/pool_membership.ts";
import type { Pool } from "../config/config.ts";
import { type Family, familyOf, type Ip } from "../../protocols/net/ip.ts";
import type { AddressTable } from "./address_table.ts";
import type { Refusal } from "./decision.ts";
import type { PoolSpace } from "./pool_space.ts";
import { exhaustedMessage, nothingAvailableMessage } from "./refusals.ts";
import { familiesOf, type Request } from "./request.ts";

/** Gives the Service addresses; see the module comment. */
export function allocate(request: Request, table: AddressTable): Refusal | null {
  const asked = request.addresses;
  if (!asked.ok) return { reason: "invalidRequest", message: asked.message };
  if (request.families === "unknown") {
    const message =
      "The cluster IPs are neither one address nor one IPv4 and one IPv6; correct spec.clusterIPs";
    return { reason: "invalidClusterIPs", message };
  }
  if (asked.ips.length > 0) return allocateRequested(request, asked.ips, table);
  if (request.families === "dual" && request.policy === "SingleStack") {
    const message =
      "The Service has cluster IPs of both families, but its ipFamilyPolicy is SingleStack; make them agree";
    return { reason: "policyMismatch", message };
  }
  return request.pool === null ? allocateFromAny(request, table) : allocateFrom(request.pool, request, table);
}

/** Adds an address of the missing family, from the pool of the one the Service holds. */
export function allocateSecond(
  request: Request,
  ip: Ip,
  space: PoolSpace,
  table: AddressTable,
): Refusal | null {
  const missing: Family = familyOf(ip) === "ipv4" ? "ipv6" : "ipv4";
  const second = space.candidate(missing, request.claim);
  if (second !== null) return table.assign(request.claim, [ip, second]);
  return { reason: "poolExhausted", message: exhaustedMessage(space, missing, request.claim) };
}

function allocateRequested(request: Request, ips: readonly Ip[], table: AddressTable): Refusal | null {
  if (familiesOf(ips) !== request.families) {
    const message = `${ips.join(", ")} is asked for, but the cluster IPs are ${wordsOf(request)}; ` +
      `ask for addresses of the same families as the cluster IPs`;
    return { reason: "familyMismatch", message };
  }
  if (request.pool !== null) {
    const space = table.spaceOf(request.pool);
    if (space === null) return unknownPool(request.pool, table);
    if (table.spaceOwning(ips) !== space) {
      const message = `${
        ips.join(" and ")
      } is not in pool "${request.pool}", which is asked for as well; drop one request`;
      return { reason: "addressNotInPool", message };
    }
  }
  return table.assign(request.claim, ips);
}

function wordsOf({ families }: Request): string {
  return families === "dual" ? "one IPv4 and one IPv6" : families === "ipv4" ? "IPv4" : "IPv6";
}

function allocateFrom(pool: string, request: Request, table: AddressTable): Refusal | null {
  const space = table.spaceOf(pool);
  if (space === null) return unknownPool(pool, table);
  const ips = select(request, space);
  if (ips !== null) return table.assign(request.claim, ips);
  return { reason: "poolExhausted", message: exhaustedMessage(space, request.families, request.claim) };
}

function unknownPool(pool: string, table: AddressTable): Refusal {
  const known = [...table.config.pools.keys()].slice(0, 8).join(", ");
  return { reason: "unknownPool", message: `There is no pool "${pool}"; the pools are ${known}` };
}

/** What one pool can give this Service under its policy; IPv4 always comes before IPv6. */
function select({ claim, families, policy }: Request, space: PoolSpace): Ip[] | null {
  const ipv4 = families === "ipv6" ? null : space.candidate("ipv4", claim);
  const ipv6 = families === "ipv4" ? null : space.candidate("ipv6", claim);
  const ips = [ipv4, ipv6].filter((ip) => ip !== null);
  if (families === "dual" && policy === "PreferDualStack") {
    return ips.length === 0 ? null : ips;
  }
  return ips.length === (families === "dual" ? 2 : 1) ? ips : null;
}

function allocateFromAny(request: Request, table: AddressTable): Refusal | null {
  const { pinned, unpinned } = automaticPools(table.config, request.claim.service);
  const ips = chooseAmong(pinned, request, table) ?? chooseAmong(unpinned, request, table);
  if (ips !== null) return table.assign(request.claim, ips);
  const { claim, families } = request;
  return { reason: "noAvailableAddress", message: nothingAvailableMessage(table.spaces(), families, claim) };
}

/** The first pool that offers everything; for PreferDualStack else the first of the primary family, else of the other. */
function chooseAmong(pools: readonly Pool[], request: Request, table: AddressTable): Ip[] | null {
  let primary: Ip | null = null;
  let secondary: Ip | null = null;
  for (const { name } of pools) {
    const space = table.spaceOf(name);
    const ips = space === null ? null : select(request, space);
    if (ips === null) continue;
    if (request.families !== "dual" || ips.length === 2) return ips;
    for (const ip of ips) {
      if (familyOf(ip) === request.primaryFamily) primary ??= ip;
      else secondary ??= ip;
    }
  }
  const single = primary ?? secondary;
  return single === null ? null : [single];
}
