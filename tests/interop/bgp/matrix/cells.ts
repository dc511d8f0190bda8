/**
 * The interop matrix: which router, how it is reached, what the session has.
 *
 * Shape: data; every combination is a cell, less those that a router cannot do, each with the reason.
 * Not here: what is done with a cell (column.ts).
 *
 * @module
 */
import type { Router } from "../../../lab/routers/router.ts";

export type Reach = "IPv4" | "IPv6" | "unnumbered";
export type Feature = "plain" | "same AS" | "MD5" | "GTSM" | "BFD" | "graceful restart";

export interface Cell {
  readonly reach: Reach;
  readonly feature: Feature;
}

const REACHES: readonly Reach[] = ["IPv4", "IPv6", "unnumbered"];
const FEATURES: readonly Feature[] = ["plain", "same AS", "MD5", "GTSM", "BFD", "graceful restart"];

/** What a router cannot do; without `reach`, however it is reached. */
interface Inability {
  readonly kind: Router["kind"];
  readonly reach?: Reach;
  readonly feature: Feature;
  readonly reason: string;
}

export const INABILITIES: readonly Inability[] = [
  { kind: "GoBGP", feature: "BFD", reason: "GoBGP 3.10 has no BFD" },
  {
    kind: "GoBGP",
    reach: "unnumbered",
    feature: "MD5",
    reason: "GoBGP 3.10 gives its kernel no key for a link-local address (TCPMD5Unexpected counts every SYN)",
  },
];

/** The cells of a router. */
export function cellsOf(kind: Router["kind"]): readonly Cell[] {
  return REACHES.flatMap((reach) => FEATURES.map((feature) => ({ reach, feature })))
    .filter((cell) => inabilityOf(kind, cell) === null);
}

/** Why a router cannot do a cell; null when it can. */
export function inabilityOf(kind: Router["kind"], { reach, feature }: Cell): string | null {
  const found = INABILITIES.find((one) =>
    one.kind === kind && one.feature === feature && (one.reach === undefined || one.reach === reach)
  );
  return found?.reason ?? null;
}
