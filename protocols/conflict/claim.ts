/**
 * One address we answer for on one interface: finds out whether somebody else uses it too, and says so.
 *
 * Source: RFC 5227 sections 2.1 (probing) and 2.4 (ongoing detection, defence); for IPv6 the same with the messages of
 * RFC 4862 section 5.4. The machine is one: only the frames differ.
 * Shape: a machine (machine.ts). Evidence comes from the responders as ConflictSeen, with a MAC that is not this node's.
 * DEVIATION: RFC 5227 2.1 probes before it uses an address. We answer at once, for a takeover must not wait, and probe
 * meanwhile: Linux answers a probe for an address it holds, but says nothing to an announcement.
 * Not here: many claims at once (detector.ts), frames (arp/packet.ts, ndp/announcement.ts).
 *
 * @module
 */
import { after, type Context, type Deadlines, earliest, type Instant, type Step } from "../machine.ts";
import type { Mac } from "../net/mac.ts";

/** Times of a claim; RFC 5227 section 1.1 has the names in capitals. */
export interface ClaimConfig {
  /** From taking the address to the first probe. What is seen before may be the former owner's last word: no evidence. */
  readonly firstProbeMs: number;
  /** PROBE_NUM, PROBE_MIN and PROBE_MAX. */
  readonly probeCount: number;
  readonly probeMinMs: number;
  readonly probeMaxMs: number;
  /**
   * From evidence to report and defence. When another node takes the address over by plan, we hear its announcement
   * before we are told to let go; a defence then would take the traffic back.
   */
  readonly confirmMs: number;
  /** DEFEND_INTERVAL: at most one defence in that time. */
  readonly defendIntervalMs: number;
  /** The same MAC is not reported again within this time. */
  readonly reportIntervalMs: number;
  /** While there is a conflict the address is probed this often: its other owner may have nothing else to say. */
  readonly conflictProbeMs: number;
  /** The conflict has ended when nothing was seen of it for this long. */
  readonly conflictQuietMs: number;
}

export const DEFAULT_CLAIM: ClaimConfig = {
  firstProbeMs: 1000,
  probeCount: 3,
  probeMinMs: 1000,
  probeMaxMs: 2000,
  confirmMs: 1000,
  defendIntervalMs: 10_000,
  reportIntervalMs: 60_000,
  conflictProbeMs: 40_000,
  conflictQuietMs: 120_000,
};

export type ClaimTimer = "probe" | "confirmation" | "conflictEnd";

/** What we know of one address. */
export interface ClaimState {
  readonly takenAt: Instant;
  /** Probes of the opening round still to be sent. */
  readonly probesLeft: number;
  /** The last one seen with our address and not yet judged. */
  readonly suspect: Mac | null;
  /** Who was reported within the report interval, and when. */
  readonly reported: readonly ReportedMac[];
  readonly defendedAt: Instant | null;
  /** `conflictEnd` runs as long as there is a conflict. */
  readonly deadlines: Deadlines<ClaimTimer>;
}

/** A station that was reported. */
export interface ReportedMac {
  readonly mac: Mac;
  readonly at: Instant;
}

export type ClaimEvent =
  | { readonly type: "TimerExpired" }
  /** Another station used our address as its own. */
  | { readonly type: "ConflictSeen"; readonly mac: Mac };

export type ClaimEffect =
  /** Ask who has the address; `nonce` is an integer below 2^48 for the IPv6 form (RFC 7527). */
  | { readonly type: "SendProbe"; readonly nonce: number }
  /** Announce the address once. */
  | { readonly type: "SendDefence" }
  | { readonly type: "ReportConflict"; readonly mac: Mac }
  | { readonly type: "ConflictEnded" };

/** LIMIT: so many stations are reported in one report interval; one that changes its MAC in every packet is not. */
const REPORTED_MACS = 4;

const NONCE_VALUES = 2 ** 48;

/** The state right after the address was taken. */
export function openClaim(config: ClaimConfig, cx: Context): ClaimState {
  const probe = config.probeCount > 0 ? after(cx.now, config.firstProbeMs) : null;
  return {
    takenAt: cx.now,
    probesLeft: config.probeCount,
    suspect: null,
    reported: [],
    defendedAt: null,
    deadlines: { probe, confirmation: null, conflictEnd: null },
  };
}

/** Takes one event; TimerExpired serves every deadline that has passed. */
export function stepClaim(
  state: ClaimState,
  event: ClaimEvent,
  config: ClaimConfig,
  cx: Context,
): Step<ClaimState, ClaimEffect> {
  switch (event.type) {
    case "ConflictSeen":
      return { state: conflictSeen(state, event.mac, config, cx), effects: [] };
    case "TimerExpired":
      return timerExpired(state, config, cx);
    default:
      return event satisfies never;
  }
}

/** When to step with TimerExpired. */
export function claimDeadline(state: ClaimState): Instant | null {
  return earliest(state.deadlines.probe, state.deadlines.confirmation, state.deadlines.conflictEnd);
}

function conflictSeen(state: ClaimState, mac: Mac, config: ClaimConfig, cx: Context): ClaimState {
  if (cx.now < after(state.takenAt, config.firstProbeMs)) return state;
  return {
    ...state,
    suspect: mac,
    deadlines: {
      probe: state.deadlines.probe ?? after(cx.now, config.conflictProbeMs),
      confirmation: state.deadlines.confirmation ?? after(cx.now, config.confirmMs),
      conflictEnd: after(cx.now, config.conflictQuietMs),
    },
  };
}

/** Report and defence first, so that a conflict never ends before it was told of; then the next probe. */
function timerExpired(before: ClaimState, config: ClaimConfig, cx: Context): Step<ClaimState, ClaimEffect> {
  const effects: ClaimEffect[] = [];
  let state = before;
  for (const [timer, expire] of EXPIRIES) {
    const at = state.deadlines[timer];
    if (at !== null && at <= cx.now) state = expire(state, config, cx, effects);
  }
  return { state, effects };
}

type Expiry = (state: ClaimState, config: ClaimConfig, cx: Context, effects: ClaimEffect[]) => ClaimState;

const EXPIRIES: readonly (readonly [ClaimTimer, Expiry])[] = [
  ["confirmation", confirm],
  ["conflictEnd", endConflict],
  ["probe", probe],
];

/** The address is still ours, so this is no handover: report, and defend unless RFC 5227 2.4 (c) tells us to be quiet. */
function confirm(state: ClaimState, config: ClaimConfig, cx: Context, effects: ClaimEffect[]): ClaimState {
  const mac = state.suspect;
  let reported = state.reported.filter((report) => cx.now < after(report.at, config.reportIntervalMs));
  if (mac !== null && reported.length < REPORTED_MACS && !reported.some((report) => report.mac === mac)) {
    reported = [...reported, { mac, at: cx.now }];
    effects.push({ type: "ReportConflict", mac });
  }
  let defendedAt = state.defendedAt;
  if (defendedAt === null || cx.now >= after(defendedAt, config.defendIntervalMs)) {
    defendedAt = cx.now;
    effects.push({ type: "SendDefence" });
  }
  return {
    ...state,
    suspect: null,
    reported,
    defendedAt,
    deadlines: { ...state.deadlines, confirmation: null },
  };
}

function endConflict(
  state: ClaimState,
  _config: ClaimConfig,
  _cx: Context,
  effects: ClaimEffect[],
): ClaimState {
  effects.push({ type: "ConflictEnded" });
  const probe = state.probesLeft > 0 ? state.deadlines.probe : null;
  return { ...state, reported: [], deadlines: { ...state.deadlines, probe, conflictEnd: null } };
}

function probe(state: ClaimState, config: ClaimConfig, cx: Context, effects: ClaimEffect[]): ClaimState {
  effects.push({ type: "SendProbe", nonce: Math.floor(cx.rng() * NONCE_VALUES) });
  const probesLeft = Math.max(0, state.probesLeft - 1);
  return {
    ...state,
    probesLeft,
    deadlines: { ...state.deadlines, probe: nextProbeAt(state, probesLeft, config, cx) },
  };
}

/** RFC 5227 2.1.1: spaced at random; once the opening round is out, only a conflict is worth asking again. */
function nextProbeAt(
  state: ClaimState,
  probesLeft: number,
  config: ClaimConfig,
  cx: Context,
): Instant | null {
  if (probesLeft > 0) {
    return after(cx.now, config.probeMinMs + cx.rng() * (config.probeMaxMs - config.probeMinMs));
  }
  return state.deadlines.conflictEnd === null ? null : after(cx.now, config.conflictProbeMs);
}
