/**
 * What every BGP driver works with.
 *
 * @module
 */
import type { Rng } from "../../../protocols/machine.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import type { HostAddresses } from "../host_addresses.ts";
import type { Loop } from "../loop.ts";
import type { Report } from "../messages.ts";

export interface Around {
  readonly loop: Loop;
  readonly host: HostAddresses;
  readonly rng: Rng;
  readonly report: (report: Report) => void;
  /** The BGP Identifier of a node whose peers name none; the same for the life of the thread (RFC 4271 4.2). */
  readonly routerId: () => Ip;
}
