/**
 * A kernel's neighbour table: what a host believes about who has an address on its LAN.
 *
 * Source: ip-neighbour(8), whose states are RFC 4861 section 7.3.2's.
 *
 * @module
 */
import type { Host } from "../lab/network/host.ts";
import { until } from "./until.ts";

/** One entry of the table. */
export interface Neighbour {
  /** Null as long as the address is not resolved. */
  readonly mac: string | null;
  readonly state: string;
}

/** What the host knows of an address on eth0; null when it has no entry. */
export async function neighbourOf(host: Host, ip: string): Promise<Neighbour | null> {
  const entries = await host.namespace.query(`neigh show ${ip} dev eth0`) as {
    readonly lladdr?: string;
    readonly state: readonly string[];
  }[];
  const [entry] = entries;
  return entry === undefined ? null : { mac: entry.lladdr ?? null, state: entry.state.join() };
}

/** Waits until the host believes that this MAC has the address. */
export function waitForNeighbour(host: Host, ip: string, mac: string, withinMs = 5_000): Promise<Neighbour> {
  return until(`${host.name} to have ${ip} at ${mac}`, async () => {
    const entry = await neighbourOf(host, ip);
    return entry?.mac === mac ? entry : null;
  }, withinMs);
}

/** Makes the host believe that this MAC has the address, as if it had just been confirmed. */
export async function setNeighbour(host: Host, ip: string, mac: string): Promise<void> {
  await host.namespace.ip(`neigh replace ${ip} lladdr ${mac} dev eth0 nud reachable`);
}

/** Makes the host ask the neighbour it knows, by unicast, whether it is still there (RFC 4861 7.3.3 PROBE). */
export async function probeNeighbour(host: Host, ip: string): Promise<void> {
  await host.namespace.ip(`neigh change ${ip} dev eth0 nud probe`);
}
