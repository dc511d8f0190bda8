/**
 * The three times of a BGPPeer: hold, keepalive, connect.
 *
 * Source: RFC 4271 sections 4.2 (hold time: zero, or three seconds and more) and 10; MetalLB's parseTimers
 * (internal/config) and the CEL rules of its CustomResourceDefinition for connectTime.
 * Shape: durations as text in, whole seconds out.
 *
 * @module
 */
import { parseDurationMs } from "../../../k8s/duration.ts";
import type { BGPPeerSpec } from "../../../k8s/types/metallb.ts";
import type { Peer } from "../config.ts";
import type { Refuse } from "../error_list.ts";

/** Hold time is sixteen bits in OPEN, and the CustomResourceDefinition bounds connectTime alike. */
const MOST_SECONDS = 0xffff;

/** Parses them; one of hold and keepalive time gives the other, three to one. */
export function parseTimers(
  spec: BGPPeerSpec,
  refuse: Refuse,
): Pick<Peer, "holdTimeSeconds" | "keepaliveTimeSeconds" | "connectTimeSeconds"> {
  const connectTimeSeconds = parseConnectTime(spec.connectTime, refuse);
  const hold = durationOf(spec.holdTime, "spec.holdTime", refuse);
  const keepalive = durationOf(spec.keepaliveTime, "spec.keepaliveTime", refuse);
  if (hold === null && keepalive === null) {
    return { holdTimeSeconds: null, keepaliveTimeSeconds: null, connectTimeSeconds };
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
  return { holdTimeSeconds, keepaliveTimeSeconds: secondsOf(keepaliveMs), connectTimeSeconds };
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

function durationOf(text: string | undefined, field: string, refuse: Refuse): number | null {
  if (text === undefined) return null;
  const ms = parseDurationMs(text);
  if (ms === null) refuse(field, `"${text}" is not a duration: write one such as "90s" or "1m30s"`);
  return ms;
}
