/**
 * BFDProfile objects: how a path to a peer is watched.
 *
 * Source: MetalLB's bfdProfileFromCR (internal/config); what is absent gets the defaults of FRR's bfdd, as it does there.
 * Shape: objects in order of name in, profiles by name out. Milliseconds.
 * Not here: the protocol (protocols/bfd).
 *
 * @module
 */
import type { BFDProfile } from "../../../k8s/types/metallb.ts";
import type { BfdProfile, Peer, Pool } from "../config.ts";
import type { ErrorList, Refuse } from "../error_list.ts";

type Bounds = readonly [least: number, most: number];

const INTERVAL_MS: Bounds = [10, 60_000];
const MULTIPLIER: Bounds = [2, 255];
const TTL: Bounds = [1, 254];

/** Parses all profiles. */
export function parseBfdProfiles(
  objects: readonly BFDProfile[],
  errors: ErrorList,
): ReadonlyMap<string, BfdProfile> {
  const profiles = new Map<string, BfdProfile>();
  for (const object of objects) {
    const { name } = object.metadata;
    const refuse = errors.of("BFDProfile", object);
    if (name === "") refuse("metadata.name", "missing BFD profile name");
    if (profiles.has(name)) refuse("metadata.name", `found duplicate BFD profile name "${name}": rename one`);
    const spec = object.spec ?? {};
    const within = (field: keyof typeof spec & string, bounds: Bounds, fallback: number): number =>
      numberWithin(spec[field], `spec.${field}`, bounds, fallback, refuse);
    profiles.set(name, {
      name,
      receiveIntervalMs: within("receiveInterval", INTERVAL_MS, 300),
      transmitIntervalMs: within("transmitInterval", INTERVAL_MS, 300),
      detectMultiplier: within("detectMultiplier", MULTIPLIER, 3),
      echoIntervalMs: within("echoInterval", INTERVAL_MS, 50),
      echoMode: spec.echoMode ?? false,
      passiveMode: spec.passiveMode ?? false,
      minimumTtl: within("minimumTtl", TTL, 254),
    });
  }
  return profiles;
}

/** Refuses a peer whose profile has echoMode and that is told of a pool with IPv6: echo is for IPv4 alone. */
export function refuseEchoWithIpv6(
  pools: readonly Pick<Pool, "name" | "prefixes" | "bgpAdvertisements">[],
  peers: readonly { readonly peer: Peer; readonly refuse: Refuse }[],
): void {
  const withIpv6 = pools.filter((pool) => pool.prefixes.some((prefix) => prefix.includes(":")));
  for (const { peer, refuse } of peers) {
    if (peer.bfd?.echoMode !== true) continue;
    const told = withIpv6.find((pool) =>
      pool.bgpAdvertisements.some((advert) => advert.peers === null || advert.peers.has(peer.name))
    );
    if (told === undefined) continue;
    refuse(
      "spec.bfdProfile",
      `pool "${told.name}" has IPv6 addresses, which BFD profile "${peer.bfd.name}" with echoMode cannot go with: ` +
        "use a profile without echoMode, or advertise the pool to other peers only",
    );
  }
}

function numberWithin(
  value: unknown,
  field: string,
  [least, most]: Bounds,
  fallback: number,
  refuse: Refuse,
): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value === "number" && value >= least && value <= most) return value;
  refuse(field, `invalid value ${String(value)}: must be between ${least} and ${most}`);
  return fallback;
}
