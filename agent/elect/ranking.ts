/**
 * Which of several nodes is to answer for an address: every node picks the same one without a word.
 *
 * Source: MetalLB's layer 2 election: the highest preference, among equals the least SHA-256 of "node#address". The
 * Service is not part of the hash, so Services that share an address meet on one node.
 * Shape: names in, a name out. Hashes are nearly all it costs, so only those are asked for that decide, and they are kept,
 * eight octets each, because a cluster view asks for every pair again.
 * Not here: which nodes are candidates at all (layer2.ts).
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Ip } from "../../protocols/net/ip.ts";

/** Picks the announcer of an address; a node without a score has score 0. Null when there is no candidate. */
export function pickNode(
  candidates: Iterable<string>,
  ip: Ip,
  scores: ReadonlyMap<string, number>,
): string | null {
  const best = scores.size === 0 ? candidates : preferred(candidates, scores);
  let picked: string | null = null;
  let least = 0;
  for (const node of best) {
    const bits = leadingHashBits(node, ip);
    if (picked === null || bits < least || (bits === least && isFirst(node, picked, ip))) {
      [picked, least] = [node, bits];
    }
  }
  return picked;
}

/** The candidates with the highest score. */
function preferred(candidates: Iterable<string>, scores: ReadonlyMap<string, number>): readonly string[] {
  let best: string[] = [];
  let highest = -Infinity;
  for (const node of candidates) {
    const score = scores.get(node) ?? 0;
    if (score > highest) [best, highest] = [[], score];
    if (score === highest) best.push(node);
  }
  return best;
}

/** Of two nodes, whether the whole hash puts this one first. */
function isFirst(node: string, than: string, ip: Ip): boolean {
  return electionHash(node, ip) < electionHash(than, ip);
}

/** SHA-256 of "node#address" in hexadecimal, whose order is the byte order. */
export function electionHash(node: string, ip: Ip): string {
  return createHash("sha256").update(`${node}#${ip}`).digest("hex");
}

/** As many hexadecimal digits as a number holds exactly (52 of 53 bits). */
const LEADING_DIGITS = 13;

/** LIMIT: 2^21 kept hashes are 16 MiB: 20,000 addresses in a cluster of 100 nodes. */
const KEPT_HASHES = 2 ** 21;

const columns = new Map<string, number>();
const rows = new Map<Ip, Float64Array>();
let kept = 0;

/** The first bits of the hash as a number; asked once, computed once, until too many are kept. */
function leadingHashBits(node: string, ip: Ip): number {
  if (kept > KEPT_HASHES) forget();
  let column = columns.get(node);
  if (column === undefined) columns.set(node, column = columns.size);
  let row = rows.get(ip);
  if (row === undefined || row.length <= column) row = widen(ip, row);
  let bits = row[column];
  if (bits === undefined || Number.isNaN(bits)) {
    bits = Number.parseInt(electionHash(node, ip).slice(0, LEADING_DIGITS), 16);
    row[column] = bits;
  }
  return bits;
}

/** A row with a place for every node seen so far, its hashes kept. */
function widen(ip: Ip, row: Float64Array | undefined): Float64Array {
  const wider = new Float64Array(Math.ceil(columns.size / 8) * 8).fill(NaN);
  if (row !== undefined) wider.set(row);
  kept += wider.length - (row?.length ?? 0);
  rows.set(ip, wider);
  return wider;
}

function forget(): void {
  columns.clear();
  rows.clear();
  kept = 0;
}
