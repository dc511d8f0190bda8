/**
 * The tables of the demonstration of BGP, as text.
 *
 * @module
 */
import { formatRequest } from "../tables.ts";
import { formatColumns } from "../screen.ts";
import type { FollowedRouter } from "./followed_router.ts";

/** One thing that was done, and when each router's kernel had followed. */
export interface Event {
  readonly what: string;
  readonly atMs: number;
  /** In the order of the routers. */
  readonly tookMs: readonly number[];
}

/** Where each router sends, now. */
export function formatRoutersNow(address: string, routers: readonly FollowedRouter[]): string[] {
  return formatColumns([
    ["ROUTER", "ROUTE", "NEXT HOPS IN ITS KERNEL", "REQUESTS ANSWERED BY", "FAILED", "LAST REQUEST"],
    ...routers.map((one) => {
      const { answered, failed } = one.tally(one.firstRouteAtMs);
      const shares = [...answered].sort().map(([node, count]) => `${node} ${count}`);
      return [
        one.router.kind,
        `${address}/32`,
        one.nodes.join(", ") || "none",
        shares.join(", ") || "nobody",
        String(failed),
        one.request === null ? "" : formatRequest(one.request),
      ];
    }),
  ]);
}

/** What was measured, and how. */
export function formatRoutedSummary(routers: readonly FollowedRouter[], events: readonly Event[]): string[] {
  const rows = events.map(({ what, atMs, tookMs }, i) => [
    what,
    ...routers.flatMap((router, column) => {
      const since = Math.max(atMs, router.firstRouteAtMs);
      const { failed } = router.tally(since, events[i + 1]?.atMs);
      return [`${tookMs[column]!.toFixed(0)} ms`, String(failed)];
    }),
  ]);
  return [
    "",
    "From the event to the kernel of each router, and its client's requests (50 a second) that failed before the next:",
    "",
    ...formatColumns([["EVENT", ...routers.flatMap(({ router }) => [router.kind, "FAILED"])], ...rows]),
    "",
  ];
}
