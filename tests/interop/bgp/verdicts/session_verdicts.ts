/**
 * Inputs whose verdict depends on the session: what was said before, who is who, what was offered.
 *
 * Source: RFC 4271 sections 6.2 and 8.2.2, RFC 6608, RFC 6286, RFC 4760 section 8, RFC 5492 section 3.
 * Shape: data, in the form of tests/vectors/bgp/verdicts.json. We are AS 65002, the peer AS 65001.
 *
 * @module
 */
import { message, TYPE } from "./scripted_peer.ts";

/** What the other side has heard of us when the octets come. */
export type Phase = "instead of OPEN" | "instead of KEEPALIVE" | "Established";

/** One input. */
export interface SessionVerdict {
  readonly input: string;
  readonly phase: Phase;
  readonly octets: string;
  /** "up", or the NOTIFICATION that answers, its data left out where the RFC leaves it to us. */
  readonly required: string;
  /** Our session carries IPv4 alone. */
  readonly singleFamily?: boolean;
}

export const OUR_IDENTIFIER = "10.79.0.1";
const OUR_IDENTIFIER_HEX = "0a4f0001";
const THEIR_IDENTIFIER_HEX = "c0000201";

const MULTIPROTOCOL_IPV4 = "0104 0001 0001";
const MULTIPROTOCOL_IPV6 = "0104 0002 0001";
const ROUTE_REFRESH = "0200";
const FOUR_OCTETS_65001 = "4104 0000fde9";

interface OpenSketch {
  readonly asn?: string;
  readonly identifier?: string;
  readonly capabilities: readonly string[];
}

function open({ asn = "fde9", identifier = THEIR_IDENTIFIER_HEX, capabilities }: OpenSketch): string {
  const list = capabilities.join("").replaceAll(" ", "");
  const octets = (count: number) => count.toString(16).padStart(2, "0");
  const parameter = `02${octets(list.length / 2)}${list}`;
  return message(TYPE.open, `04 ${asn} 005a ${identifier} ${octets(parameter.length / 2)} ${parameter}`);
}

/** An OPEN nothing is wrong with. */
export function goodOpen(families: "both" | "IPv4" = "both"): string {
  const both = families === "both" ? [MULTIPROTOCOL_IPV6] : [];
  return open({ capabilities: [MULTIPROTOCOL_IPV4, ...both, ROUTE_REFRESH, FOUR_OCTETS_65001] });
}

/** ORIGIN IGP, AS_PATH, NEXT_HOP, then 203.0.113.0/24. */
function update(asPath: string, nextHop: string): string {
  const attributes = `40 01 01 00 ${asPath} 40 03 04 ${nextHop}`.replaceAll(" ", "");
  const length = (attributes.length / 2).toString(16).padStart(4, "0");
  return message(TYPE.update, `0000 ${length} ${attributes} 18 cb0071`);
}

const PLAIN_PATH = "40 02 06 0201 0000fde9";
const GOOD_UPDATE = update(PLAIN_PATH, THEIR_IDENTIFIER_HEX);

/** An UPDATE of 4097 octets, most of them an attribute nobody knows. */
const UNKNOWN_OCTETS = 4046;
const LARGE_UPDATE = update(
  `${PLAIN_PATH} d0 c8 ${UNKNOWN_OCTETS.toString(16).padStart(4, "0")} ${"00".repeat(UNKNOWN_OCTETS)}`,
  THEIR_IDENTIFIER_HEX,
);

export const SESSION_VERDICTS: readonly SessionVerdict[] = [
  {
    input: "OPEN wrong AS",
    phase: "instead of OPEN",
    octets: open({ asn: "fdf1", capabilities: [MULTIPROTOCOL_IPV4, "4104 0000fdf1"] }),
    required: "N 2/2",
  },
  {
    input: "OPEN BGP identifier equal to ours, from another AS",
    phase: "instead of OPEN",
    octets: open({
      identifier: OUR_IDENTIFIER_HEX,
      capabilities: [MULTIPROTOCOL_IPV4, ROUTE_REFRESH, FOUR_OCTETS_65001],
    }),
    required: "up",
  },
  {
    input: "OPEN only IPv6, to a session of IPv4",
    phase: "instead of OPEN",
    octets: open({ capabilities: [MULTIPROTOCOL_IPV6, FOUR_OCTETS_65001] }),
    required: "N 2/7 [010400010001]",
    singleFamily: true,
  },
  { input: "UPDATE in OpenSent", phase: "instead of OPEN", octets: GOOD_UPDATE, required: "N 5/1" },
  {
    input: "KEEPALIVE in OpenSent",
    phase: "instead of OPEN",
    octets: message(TYPE.keepalive, ""),
    required: "N 5/1",
  },
  {
    input: "NOTIFICATION in OpenSent",
    phase: "instead of OPEN",
    octets: message(TYPE.notification, "0602"),
    required: "closed",
  },
  { input: "UPDATE in OpenConfirm", phase: "instead of KEEPALIVE", octets: GOOD_UPDATE, required: "N 5/2" },
  { input: "OPEN in OpenConfirm", phase: "instead of KEEPALIVE", octets: goodOpen(), required: "N 5/2" },
  {
    input: "length 4097, which we offered to take",
    phase: "Established",
    octets: LARGE_UPDATE,
    required: "up",
  },
  { input: "OPEN in Established", phase: "Established", octets: goodOpen(), required: "N 5/3" },
  {
    input: "AS_PATH holds our AS",
    phase: "Established",
    octets: update("40 02 0a 0202 0000fde9 0000fdea", THEIR_IDENTIFIER_HEX),
    required: "up",
  },
  {
    input: "NEXT_HOP is our own address",
    phase: "Established",
    octets: update(PLAIN_PATH, OUR_IDENTIFIER_HEX),
    required: "up",
  },
];
