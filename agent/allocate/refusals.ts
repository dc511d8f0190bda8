/**
 * The longer sentences that say why an address cannot be had: what was asked, what stands in the way, what to do next.
 *
 * Shape: facts in, text out. Lists are cut short, so that a message stays readable and seldom changes.
 * Not here: the decision itself (address_table.ts, pool_choice.ts).
 *
 * @module
 */
import type { Config, Pool } from "../config/config.ts";
import { poolAdmits, poolOwning } from "../config/pool_membership.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { PoolSpace } from "./pool_space.ts";
import type { Claim, Families } from "./request.ts";

/** How many names a message lists before it says "and N more". */
const MOST_NAMES = 3;
const MOST_POOLS = 8;

/** For addresses that are in no pool, or not in one and the same. */
export function notInOnePoolMessage(ips: readonly Ip[], config: Config): string {
  const homeless = ips.filter((ip) => poolOwning(config, [ip]) === null);
  if (homeless.length === 0) {
    return `${ips.join(" and ")} are in different pools; both addresses of a Service come from one pool`;
  }
  const avoiding = homeless.some((ip) => ip.endsWith(".0") || ip.endsWith(".255"))
    ? " (avoidBuggyIPs takes addresses that end in .0 or .255 out of a pool)"
    : "";
  return `${homeless.join(" and ")} is in none of the pools ${
    listed([...config.pools.keys()])
  }${avoiding}; ` +
    `ask for an address of a pool, or add it to one`;
}

/** For an address whose holders do not let this claim join. */
export function inUseMessage(ip: Ip, claim: Claim, holders: readonly Claim[]): string {
  const names = listed(holders.map((holder) => holder.key).sort());
  const keys = holders[0]?.sharing;
  const hint = claim.sharing === "" || keys === ""
    ? "to share it, give all of them the same metallb.io/allow-shared-ip annotation and different ports"
    : "to share it, all of them need the same metallb.io/allow-shared-ip value and, under externalTrafficPolicy " +
      "Local, the same selector";
  return `${ip} is held by ${names}; ${hint}`;
}

/** For an address that could be shared if a port were not taken. */
export function portInUseMessage(ip: Ip, port: string, holder: string): string {
  return `Port ${port} of ${ip} is held by ${holder}; use another port, or another address`;
}

/** For a pool without a suitable address: which families it lacks. */
export function exhaustedMessage(space: PoolSpace, families: Families, claim: Claim): string {
  return `Pool "${space.pool.name}" ${shortageOf(space, families, claim)}; enlarge it, or free an address`;
}

/** For a Service that no pool can serve: what each pool lacks. */
export function nothingAvailableMessage(
  spaces: readonly PoolSpace[],
  families: Families,
  claim: Claim,
): string {
  const causes = spaces.slice(0, MOST_POOLS).map((space) =>
    `pool "${space.pool.name}" ${obstacleIn(space.pool, claim) ?? shortageOf(space, families, claim)}`
  );
  if (spaces.length > MOST_POOLS) causes.push(`and ${spaces.length - MOST_POOLS} more pools likewise`);
  return `No pool has an address for this Service: ${causes.join("; ")}`;
}

function obstacleIn(pool: Pool, claim: Claim): string | null {
  if (!poolAdmits(pool, claim.service)) return "does not admit it (serviceAllocation)";
  return pool.autoAssign ? null : "is only used on request (autoAssign: false)";
}

/** Both families are named only for a dual-stack Service. */
function shortageOf(space: PoolSpace, families: Families, claim: Claim): string {
  const wanted = families === "dual" || families === "unknown" ? ["ipv4", "ipv6"] as const : [families];
  const shortages = wanted.flatMap((family) => {
    const name = family === "ipv4" ? "IPv4" : "IPv6";
    if (!space.has(family)) return [`has no ${name} addresses`];
    if (space.candidate(family, claim) !== null) return [];
    return [`has no free ${name} address (all ${space.inUse[family]} are in use)`];
  });
  return shortages.length === 0 ? "has no address it could give" : shortages.join(" and ");
}

function listed(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(", ");
  return `${names.slice(0, MOST_NAMES).join(", ")} and ${names.length - MOST_NAMES} more`;
}
