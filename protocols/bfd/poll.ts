/**
 * Changing timers while a session is Up: what is advertised, what is in force, and the Poll Sequence between the two.
 *
 * Source: RFC 5880 sections 6.5 (Poll Sequence) and 6.8.3 (timer manipulation).
 * Shape: plain values; each function takes one and returns the next, the same object when nothing changed.
 * Before changing this file read RFC 5880 6.8.3 to its last paragraph: two changes may not share one Final.
 * Not here: the P and F bits of a packet (session.ts), which values are wanted (session.ts).
 *
 * @module
 */

/**
 * Where the Poll Sequence is. Due: the next packet opens it. Active: every packet has P, until one with F comes.
 * Settling: that F has come, and the next sequence waits for a packet without F, else a late F would answer it too.
 */
export type PollPhase = "Idle" | "Due" | "Active" | "Settling";

/** The two intervals an end may choose, in microseconds. */
export interface Intervals {
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
}

/** bfd.DesiredMinTxInterval and bfd.RequiredMinRxInterval as advertised, and what our own timers use meanwhile. */
export interface LocalIntervals extends Intervals {
  /** Never slower than the neighbor was told: an increase waits for the Final. */
  readonly transmitUs: number;
  /** Never faster than the neighbor was told: a decrease waits for the Final. */
  readonly receiveUs: number;
  readonly poll: PollPhase;
}

/** Intervals in force at once, as while a session is not Up. */
export function openIntervals(wanted: Intervals): LocalIntervals {
  const { desiredMinTxUs, requiredMinRxUs } = wanted;
  return {
    desiredMinTxUs,
    requiredMinRxUs,
    transmitUs: desiredMinTxUs,
    receiveUs: requiredMinRxUs,
    poll: "Idle",
  };
}

/**
 * Starts the way to the wanted intervals, or leaves it for later while a Poll Sequence is on. Changes that want the
 * same direction at once, or both, travel in one packet.
 */
export function changeIntervals(intervals: LocalIntervals, wanted: Intervals): LocalIntervals {
  const { desiredMinTxUs, requiredMinRxUs } = wanted;
  if (intervals.poll === "Active" || intervals.poll === "Settling") return intervals;
  if (intervals.desiredMinTxUs === desiredMinTxUs && intervals.requiredMinRxUs === requiredMinRxUs) {
    return intervals;
  }
  return {
    desiredMinTxUs,
    requiredMinRxUs,
    transmitUs: Math.min(intervals.transmitUs, desiredMinTxUs),
    receiveUs: Math.max(intervals.receiveUs, requiredMinRxUs),
    poll: "Due",
  };
}

/** A packet that may carry P is sent. */
export function pollSent(intervals: LocalIntervals): LocalIntervals {
  return intervals.poll === "Due" ? { ...intervals, poll: "Active" } : intervals;
}

/** A packet was received; after an F the caller asks {@linkcode changeIntervals} again whenever it likes. */
export function pollAnswered(intervals: LocalIntervals, final: boolean): LocalIntervals {
  if (final && intervals.poll === "Active") return { ...openIntervals(intervals), poll: "Settling" };
  if (!final && intervals.poll === "Settling") return { ...intervals, poll: "Idle" };
  return intervals;
}

/** Whether periodic packets carry the P bit. */
export function isPolling(intervals: LocalIntervals): boolean {
  return intervals.poll === "Due" || intervals.poll === "Active";
}
