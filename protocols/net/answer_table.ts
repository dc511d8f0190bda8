/**
 * What a responder may ask about the addresses it answers for.
 *
 * Shape: the owner of the table (one per interface) implements it; the ARP and NDP responders read it per frame.
 * Not here: who fills it (agent/network).
 *
 * @module
 */
import type { Ip } from "./ip.ts";
import type { Mac } from "./mac.ts";

/** Whether an address is answered on this interface; the two refusals are drop reasons as they stand. */
export type Answer = "yes" | "not-announced" | "other-interface";

/** The table as seen from one interface. */
export interface AnswerTable {
  answersFor(ip: Ip): Answer;
  /** True for the MAC of any interface of this node: two of them on one segment hear each other. */
  isOwnMac(mac: Mac): boolean;
}
