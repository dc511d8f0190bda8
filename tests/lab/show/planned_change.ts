/**
 * The main part of a demonstration: speakers begin to answer, one node is taken out of load balancing and put back, and
 * what that does to every address is measured.
 *
 * Not here: what makes a node leave (a manifest, kubectl): the demonstration's own affair.
 *
 * @module
 */
import type { Lab } from "../lab.ts";
import type { LabNode } from "../network/host.ts";
import { epochMs } from "../prober.ts";
import type { Followed } from "./followed.ts";
import type { Screen } from "./screen.ts";
import { formatNow, formatRequest, type Measured, type Move } from "./tables.ts";

const REDRAW_MS = 100;
const REQUESTS_SHOWN_MS = 2_000;
/** How long each part is watched once everything has settled. */
const WATCH_MS = 5_000;
/** After the last address has moved: time for what the move causes to be seen. */
const SETTLE_MS = 500;

/** What is shown. */
export interface PlannedChange {
  readonly screen: Screen;
  readonly lab: Lab;
  readonly all: readonly Followed[];
  /** When the speakers were started. */
  readonly startedAtMs: number;
  /** Labels a node so that it announces nothing, or takes that back. */
  readonly exclude: (node: string, isExcluded: boolean) => Promise<void>;
}

/** The main part: the speakers begin to answer, one node is taken out and put back. */
export async function showPlannedChange(
  { screen, lab, all, startedAtMs, exclude }: PlannedChange,
): Promise<Measured[]> {
  const first = await Promise.all(
    all.map(async (one) => (await one.waitForFirst()).atMs - startedAtMs),
  );
  screen.say(
    `Every address is answered, the last ${Math.max(...first).toFixed(0)} ms after the speakers' start`,
  );
  await watch(screen, all);

  const leaving = busiestNode(lab, all);
  const affected = all.filter(({ mac }) => mac === leaving.mac);
  screen.say(`Taking ${leaving.name} out of load balancing, by a label on its Node`);
  const away = await move(
    affected,
    leaving.mac,
    "away",
    () => exclude(leaving.name, true),
  );
  screen.say(`Moved ${affected.map(({ address }) => address).join(", ")} away from ${leaving.name}`);
  await watch(screen, all);

  screen.say(`Putting ${leaving.name} back`);
  const back = await move(
    affected,
    leaving.mac,
    "back",
    () => exclude(leaving.name, false),
  );
  screen.say(`${leaving.name} has its addresses back`);
  await watch(screen, all);
  return all.map((followed, i) => ({
    followed,
    firstAnswerMs: first[i]!,
    away: away.get(followed) ?? null,
    back: back.get(followed) ?? null,
  }));
}

/** The node that answers for the most addresses. */
function busiestNode(lab: Lab, all: readonly Followed[]): LabNode {
  const countOf = ({ mac }: LabNode) => all.filter((one) => one.mac === mac).length;
  return lab.nodes.toSorted((a, b) => countOf(b) - countOf(a))[0]!;
}

/** Makes a change and measures what it does to the addresses it moves. */
async function move(
  affected: readonly Followed[],
  mac: string,
  direction: "away" | "back",
  make: () => Promise<void>,
): Promise<Map<Followed, Move>> {
  const before = affected.map(({ node }) => node ?? "nobody");
  const changedAt = epochMs();
  await make();
  const moves = await Promise.all(
    affected.map((one) => direction === "away" ? one.waitToLeave(mac) : one.waitToReturn(mac)),
  );
  await pause(SETTLE_MS);
  const settledAt = epochMs();
  return new Map(affected.map((one, i) => [one, {
    from: before[i]!,
    to: one.node ?? "nobody",
    startMs: changedAt,
    endMs: settledAt,
    tookMs: moves[i]!.atMs - changedAt,
    gaps: one.interruptions(changedAt),
  }]));
}

/** Lets everything run for a while; where no table is redrawn, shows requests as they are answered. */
async function watch(screen: Screen, all: readonly Followed[]): Promise<void> {
  for (let leftMs = WATCH_MS; leftMs > 0; leftMs -= REQUESTS_SHOWN_MS) {
    await pause(Math.min(leftMs, REQUESTS_SHOWN_MS));
    if (screen.isTerminal) continue;
    for (const { address, request } of all) {
      if (request !== null) {
        screen.say(
          `GET http://${address.includes(":") ? `[${address}]` : address}/  ${formatRequest(request)}`,
        );
      }
    }
  }
  if (!screen.isTerminal) screen.print(["", ...formatNow(all), ""]);
}

/** Redraws the table in place until the function it returns is called. */
export function keepDrawing(screen: Screen, all: readonly Followed[]): () => void {
  const timer = setInterval(() => screen.draw(["", ...formatNow(all)]), REDRAW_MS);
  return () => clearInterval(timer);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
