/**
 * What a router's kernel does with a destination: the next hops of its forwarding table.
 *
 * Source: ip-route(8).
 *
 * @module
 */
import type { Namespace } from "../namespace.ts";

/** One way a packet may take. */
export interface NextHop {
  readonly via: string;
  readonly interface: string;
  readonly weight: number;
}

interface PrintedHop {
  readonly gateway?: string;
  readonly via?: { readonly host: string };
  readonly dev?: string;
  readonly weight?: number;
}

/** The next hops of exactly this prefix, sorted by address; none when the kernel has no such route. */
export async function kernelNextHops(namespace: Namespace, prefix: string): Promise<NextHop[]> {
  const family = prefix.includes(":") ? "-6" : "-4";
  const routes = await namespace.query(`${family} route show exact ${prefix}`) as (PrintedHop & {
    readonly nexthops?: readonly PrintedHop[];
  })[];
  return routes
    .flatMap((route) => route.nexthops ?? [route])
    .map((hop) => ({
      via: hop.gateway ?? hop.via?.host ?? "",
      interface: hop.dev ?? "",
      weight: hop.weight ?? 1,
    }))
    .sort((a, b) => a.via < b.via ? -1 : 1);
}
