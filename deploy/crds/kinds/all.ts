/**
 * Every kind of metallb.io.
 *
 * @module
 */
import type { Kind } from "../kind.ts";
import { BFD_PROFILES } from "./bfd_profile.ts";
import { BGP_ADVERTISEMENTS } from "./bgp_advertisement.ts";
import { BGP_PEERS } from "./bgp_peer.ts";
import { COMMUNITIES } from "./community.ts";
import { IP_ADDRESS_POOLS } from "./ip_address_pool.ts";
import { L2_ADVERTISEMENTS } from "./l2_advertisement.ts";
import { CONFIGURATION_STATES, SERVICE_BGP_STATUSES, SERVICE_L2_STATUSES } from "./statuses.ts";

export const KINDS: readonly Kind[] = [
  BFD_PROFILES,
  BGP_ADVERTISEMENTS,
  BGP_PEERS,
  COMMUNITIES,
  CONFIGURATION_STATES,
  IP_ADDRESS_POOLS,
  L2_ADVERTISEMENTS,
  SERVICE_BGP_STATUSES,
  SERVICE_L2_STATUSES,
];
