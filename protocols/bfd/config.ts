/**
 * What the owner of a BFD session decides about it.
 *
 * Source: RFC 5880 section 6.8.1 (the variables under administrative control), RFC 5881, RFC 5883; the defaults of FRR,
 * whose behaviour MetalLB's BFDProfile documents.
 * Shape: plain values; intervals in microseconds, as on the wire. One value serves session.ts and demux.ts.
 * Not here: reading a BFDProfile (agent/config), addresses (demux.ts).
 *
 * @module
 */

/** The configuration of one session. */
export interface SessionConfig {
  /** bfd.LocalDiscr: 32 bits, not zero, unique on this node and best hard to guess; the owner keeps it for good. */
  readonly localDiscriminator: number;
  /** How often we want to send once the session is Up, and are willing to receive; at least 1. */
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
  /** bfd.DetectMult: 1 to 255; so many packets missed in a row and the other end calls us gone. */
  readonly detectMult: number;
  /** Wait for the neighbor to speak first (RFC 5880 6.1). Two passive ends never meet. */
  readonly passive: boolean;
  /**
   * How often to send echo packets when the neighbor loops them back; null leaves the echo function off. A fast echo
   * slows the control packets we ask for to one a second. Single hop only (RFC 5883 3).
   */
  readonly echoIntervalUs: number | null;
  /** The fastest echo packets of the neighbor we loop back; 0 says that we do not. */
  readonly requiredMinEchoRxUs: number;
  /** The C bit: true only when this session outlives a restart of the BGP speaker (RFC 5882 4.3). */
  readonly controlPlaneIndependent: boolean;
  /** Several hops to the neighbor (RFC 5883): another port, and {@linkcode minimumTtl} in place of 255. */
  readonly multihop: boolean;
  /** Multihop packets that arrive with a smaller TTL or hop limit are discarded; 1 to 255. */
  readonly minimumTtl: number;
}

/** A session with an empty profile: 300 ms, three times. The owner adds the discriminator. */
export const DEFAULT_SESSION: Omit<SessionConfig, "localDiscriminator"> = {
  desiredMinTxUs: 300_000,
  requiredMinRxUs: 300_000,
  detectMult: 3,
  passive: false,
  echoIntervalUs: null,
  requiredMinEchoRxUs: 0,
  controlPlaneIndependent: false,
  multihop: false,
  minimumTtl: 254,
};

/** Which changes a session takes while it stays Up; the others are another session. */
const IN_PLACE: Readonly<Record<keyof SessionConfig, boolean>> = {
  localDiscriminator: false,
  desiredMinTxUs: true,
  requiredMinRxUs: true,
  detectMult: true,
  passive: true,
  echoIntervalUs: true,
  requiredMinEchoRxUs: true,
  controlPlaneIndependent: true,
  multihop: false,
  minimumTtl: true,
};

/** Whether a session can go from one configuration to the other with ConfigChanged, or must be opened anew. */
export function canChangeInPlace(before: SessionConfig, after: SessionConfig): boolean {
  const keys = Object.keys(IN_PLACE) as (keyof SessionConfig)[];
  return keys.every((key) => IN_PLACE[key] || before[key] === after[key]);
}
