/**
 * The tables of the demonstration, as text.
 *
 * Shape: measurements in, aligned lines out. Milliseconds with one decimal.
 *
 * @module
 */
import type { Gap, HttpRequest } from "../prober.ts";
import type { Followed } from "./followed.ts";
import { formatColumns } from "./screen.ts";

/** What one planned change did to one address. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** When the manifest was changed, and when all had settled again. */
  readonly startMs: number;
  readonly endMs: number;
  /** From the changed manifest to the first answer by the new node. */
  readonly tookMs: number;
  /** What the datagrams felt meanwhile. */
  readonly gaps: readonly Gap[];
}

/** Everything measured on one address. */
export interface Measured {
  readonly followed: Followed;
  /** From the start of the speakers to the first answer. */
  readonly firstAnswerMs: number;
  readonly away: Move | null;
  readonly back: Move | null;
}

/** Who answers for what, now. */
export function formatNow(addresses: readonly Followed[]): string[] {
  return formatColumns([
    [
      "SERVICE",
      "ADDRESS",
      "NODE",
      "MAC SEEN BY THE CLIENT",
      "DATAGRAMS ANSWERED",
      "LAST GAP",
      "LAST REQUEST",
    ],
    ...addresses.map((one) => [
      one.service,
      one.address,
      one.node ?? "nobody",
      one.mac ?? "",
      String(one.udp.tally?.received ?? 0),
      String(lostOf(one.interruptions())),
      formatGap(one.interruptions().at(-1)),
      one.request === null ? "" : formatRequest(one.request),
    ]),
  ]);
}

/** One HTTP request and who answered it. */
export function formatRequest({ answerer, tookMs, error }: HttpRequest): string {
  return answerer === null ? `failed: ${error}` : `${answerer} in ${tookMs.toFixed(1)} ms`;
}

/** The numbers at the end, and what to think of them. */
export function formatSummary(measured: readonly Measured[]): string[] {
  return [
    "",
    "Measured by the client, one datagram a millisecond to each address:",
    "",
    ...formatColumns([
      [
        "ADDRESS",
        "FIRST ANSWER AFTER",
        "MOVED AWAY",
        "INTERRUPTION",
        "MOVED BACK",
        "INTERRUPTION",
        "LOST IN ALL",
      ],
      ...measured.map(({ followed, firstAnswerMs, away, back }) => [
        followed.address,
        `${firstAnswerMs.toFixed(0)} ms`,
        ...formatMove(away),
        ...formatMove(back),
        formatLost(followed),
      ]),
    ]),
    "",
    formatRivals(measured),
    ...formatDoubt(measured),
  ];
}

/** What was lost of the datagrams since the first answer. */
function formatLost(followed: Followed): string {
  const lost = lostOf(followed.interruptions());
  return `${lost} of ${lost + (followed.udp.tally?.received ?? 0)}`;
}

function lostOf(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { lost }) => sum + lost, 0);
}

/** Speakers do not wait for each other, so two may answer for a moment while an address moves; never otherwise. */
function formatRivals(measured: readonly Measured[]): string {
  let moving = 0, otherwise = 0;
  for (const { followed, away, back } of measured) {
    for (const { atMs } of followed.resolve.rivals()) {
      const isMoving = [away, back].some((move) =>
        move !== null && move.startMs <= atMs && atMs <= move.endMs
      );
      if (isMoving) moving++;
      else otherwise++;
    }
  }
  return `Two nodes answered one request: ${moving} times while an address moved, ${otherwise} times otherwise`;
}

/** Interruptions that say more about this machine than about the network. */
function formatDoubt(measured: readonly Measured[]): string[] {
  const gaps = measured.flatMap(({ away, back }) => [...away?.gaps ?? [], ...back?.gaps ?? []]);
  const doubtful = gaps.filter(({ proberLateMs, lengthMs }) => proberLateMs > lengthMs / 2).length;
  return doubtful === 0
    ? []
    : [`${doubtful} of ${gaps.length} interruptions were mostly the prober's own wait for a processor`];
}

function formatMove(move: Move | null): [string, string] {
  if (move === null) return ["stayed", ""];
  const longest = move.gaps.toSorted((a, b) => b.lengthMs - a.lengthMs)[0];
  return [
    `${move.from} to ${move.to} in ${move.tookMs.toFixed(0)} ms`,
    longest === undefined ? "none" : formatGap(longest),
  ];
}

function formatGap(gap: Gap | undefined): string {
  return gap === undefined ? "none" : `${gap.lengthMs.toFixed(1)} ms, ${gap.lost} lost`;
}
