/**
 * OPEN messages.
 *
 * @module
 */
import type { Ip } from "../../net/ip.ts";
import type { Capability } from "./capability.ts";

/** The first message of a session, RFC 4271 4.2. The version is 4. */
export interface OpenMessage {
  readonly type: "Open";
  /** The four-octet number when the speaker has one (RFC 6793); otherwise the two-octet field. */
  readonly asn: number;
  /** 0, or 3 and more. */
  readonly holdTimeSeconds: number;
  /** Any but 0.0.0.0, RFC 6286. */
  readonly bgpIdentifier: Ip;
  /** In the order given, duplicates included. */
  readonly capabilities: readonly Capability[];
}
