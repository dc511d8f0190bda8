/**
 * The times of a BGPPeer: hold, keepalive, connect, send hold.
 *
 * Source: RFC 4271 sections 4.2 (hold time: zero, or three seconds and more) and 10; MetalLB's parseTimers
 * (internal/config) and the CEL rules of its CustomResourceDefinition for connectTime; RFC 9687 (send hold time: MetalLB
 * has none).
 * Shape: durations as text in, whole seconds out.
 *
 * @module
 */
import { parseDurationMs } from "../../../k8s/duration.ts";
import type { BGPPeer, BGPPeerSpec } from "../../../k8s/types/metallb.ts";
import type { Peer } from "../config.ts";
import type { Refuse } from "../error_list.ts";

/** How long a session lasts to which nothing can be sent, "5m". */
export const SEND_HOLD_TIME_ANNOTATION = "ingot.dev/send-hold-time";

/** MetalLB's, where a peer names none. */
const DEFAULT_HOLD_SECONDS = 90;

/** Hold time is sixteen bits in OPEN, and the CustomResourceDefinition bounds connectTime alike. */
const MOST_SECONDS = 0xffff;

type Timers = Pick<
  Peer,
  "holdTimeSeconds" | "keepaliveTimeSeconds" | "connectTimeSeconds" | "sendHoldTimeSeconds"
>;

/** Parses all of them. */
export function parseTimers(object: BGPPeer, refuse: Refuse): Timers {
  const times = parseHoldAndKeepalive(object.spec, refuse);
  return {
    ...times,
    connectTimeSeconds: parseConnectTime(object.spec.connectTime, refuse),
    sendHoldTimeSeconds: parseSendHoldTime(object, times.holdTimeSeconds, refuse),
  };
}

/** One of hold and keepalive time gives the other, three to one. */
function parseHoldAndKeepalive(
  spec: BGPPeerSpec,
  refuse: Refuse,
): Pick<Timers, "holdTimeSeconds" | "keepaliveTimeSeconds"> {
  const hold = durationOf(spec.holdTime, "spec.holdTime", refuse);
  const keepalive = durationOf(spec.keepaliveTime, "spec.keepaliveTime", refuse);
  if (hold === null && keepalive === null) {
    return { holdTimeSeconds: null, keepaliveTimeSeconds: null };
  }
  const holdMs = hold ?? keepalive! * 3;
  const keepaliveMs = keepalive ?? holdMs / 3;
  const holdTimeSeconds = Math.trunc(holdMs / 1_000);
  if ((holdTimeSeconds !== 0 && holdTimeSeconds < 3) || holdTimeSeconds > MOST_SECONDS) {
    refuse(
      hold === null ? "spec.keepaliveTime" : "spec.holdTime",
      `invalid hold time ${holdMs / 1_000}s: must be 0 or from 3s to ${MOST_SECONDS}s`,
    );
  } else if (keepaliveMs > holdMs || keepaliveMs < 0) {
    refuse(
      "spec.keepaliveTime",
      `invalid keepalive time ${keepaliveMs / 1_000}s: must not be longer than the hold time, ${
        holdMs / 1_000
      }s`,
    );
  }
  return { holdTimeSeconds, keepaliveTimeSeconds: secondsOf(keepaliveMs) };
}

/** METALLB: there what is below a second becomes 0, which would turn keepalives off; here it becomes a second. */
function secondsOf(keepaliveMs: number): number {
  return keepaliveMs <= 0 ? 0 : Math.max(1, Math.trunc(keepaliveMs / 1_000));
}

function parseConnectTime(text: string | undefined, refuse: Refuse): number | null {
  const ms = durationOf(text, "spec.connectTime", refuse);
  if (ms === null) return null;
  if (ms % 1_000 !== 0 || ms < 1_000 || ms > MOST_SECONDS * 1_000) {
    refuse(
      "spec.connectTime",
      `invalid connect time "${text}": must be a whole number of seconds from 1s to ${MOST_SECONDS}s`,
    );
  }
  return ms / 1_000;
}

/** Up to a third of the hold time passes with nothing to send: what is no longer than it ends sessions that work. */
function parseSendHoldTime(
  { metadata }: BGPPeer,
  holdTimeSeconds: number | null,
  refuse: Refuse,
): number | null {
  const field = `metadata.annotations[${SEND_HOLD_TIME_ANNOTATION}]`;
  const text = metadata.annotations?.[SEND_HOLD_TIME_ANNOTATION];
  const ms = durationOf(text, field, refuse);
  if (ms === null) return null;
  const hold = holdTimeSeconds ?? DEFAULT_HOLD_SECONDS;
  if (ms <= hold * 1_000) {
    refuse(field, `invalid send hold time "${text}": must be longer than the hold time, ${hold}s`);
  }
  return ms / 1_000;
}

function durationOf(text: string | undefined, field: string, refuse: Refuse): number | null {
  if (text === undefined) return null;
  const ms = parseDurationMs(text);
  if (ms === null) refuse(field, `"${text}" is not a duration: write one such as "90s" or "1m30s"`);
  return ms;
}
