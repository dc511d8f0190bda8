/**
 * A BFDProfile in the protocol's terms.
 *
 * Source: MetalLB's BFDProfile, which is FRR's; echo both ways with one interval, as there.
 * Shape: pure. Milliseconds in, microseconds out.
 *
 * @module
 */
import type { SessionConfig } from "../../../protocols/bfd/config.ts";
import type { PeerSettings } from "../messages.ts";

/** The configuration of the session; echo is for IPv4 over a single hop. */
export function sessionConfigOf(
  profile: NonNullable<PeerSettings["bfd"]>,
  localDiscriminator: number,
  path: { readonly multihop: boolean; readonly isIpv4: boolean },
): SessionConfig {
  const echoUs = profile.echoMode && path.isIpv4 && !path.multihop ? 1000 * profile.echoIntervalMs : null;
  return {
    localDiscriminator,
    desiredMinTxUs: 1000 * profile.transmitIntervalMs,
    requiredMinRxUs: 1000 * profile.receiveIntervalMs,
    detectMult: profile.detectMultiplier,
    passive: profile.passiveMode,
    echoIntervalUs: echoUs,
    requiredMinEchoRxUs: echoUs ?? 0,
    // The session ends with this process, and so does the BGP session.
    controlPlaneIndependent: false,
    multihop: path.multihop,
    minimumTtl: profile.minimumTtl,
  };
}
