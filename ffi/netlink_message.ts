/**
 * rtnetlink messages: requests to dump, and the links and addresses the kernel tells about.
 *
 * Source: rtnetlink(7), netlink(7), linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h; RFC 3549 section 2. Host byte order,
 * which is little-endian wherever Ingot runs.
 * Shape: bytes of one datagram in, events out; pure. Never throws: a message that does not fit is counted and skipped.
 * Not here: the socket (netlink.ts).
 *
 * @module
 */
import { type Ip, ipFromBytes } from "../protocols/net/ip.ts";
import { type Mac, macFromBytes } from "../protocols/net/mac.ts";

/** One network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** Null when the interface has no Ethernet address. */
  readonly mac: Mac | null;
  /** Set up by the administrator (IFF_UP). */
  readonly up: boolean;
  /** Able to carry packets: IFF_RUNNING (RFC 2863 operational state up or unknown) and IFF_LOWER_UP (carrier). */
  readonly running: boolean;
  readonly broadcast: boolean;
  readonly loopback: boolean;
  readonly noArp: boolean;
  /** Index of the bridge, bond or VRF this interface is a port of. */
  readonly master: number | null;
}

/** One address on an interface. */
export interface LinkAddress {
  /** The interface's index. */
  readonly index: number;
  readonly ip: Ip;
  readonly prefixLength: number;
  /** Valid on this link only: 169.254.0.0/16, fe80::/10. */
  readonly scopeLink: boolean;
  /** Duplicate address detection has not ended (RFC 4862 section 5.4). */
  readonly tentative: boolean;
  /** IFA_F_*, all of them. */
  readonly flags: number;
}

/** What the kernel says has changed. */
export type RouteEvent =
  | { readonly type: "LinkSet"; readonly link: Link }
  | { readonly type: "LinkGone"; readonly index: number }
  | { readonly type: "AddressSet"; readonly address: LinkAddress }
  | { readonly type: "AddressGone"; readonly address: LinkAddress }
  /** Notifications were lost: dump again. */
  | { readonly type: "Overrun" };

/** The content of one datagram. */
export interface RouteMessages {
  readonly events: readonly RouteEvent[];
  /** The last message of a dump was in it (NLMSG_DONE). */
  readonly done: boolean;
  /** What was dumped has changed meanwhile, so the dump is inconsistent (NLM_F_DUMP_INTR). */
  readonly interrupted: boolean;
  /** errno of a refused request (NLMSG_ERROR); null when none was refused. */
  readonly errno: number | null;
  /** Messages that did not fit their own lengths. */
  readonly malformed: number;
}

export const RTM_GETLINK = 18;
export const RTM_GETADDR = 22;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSG_OVERRUN = 4;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;

/** struct nlmsghdr: nlmsg_len @0, nlmsg_type @4, nlmsg_flags @6, nlmsg_seq @8, nlmsg_pid @12. */
const NLMSGHDR_OCTETS = 16;
/** struct ifinfomsg: ifi_family @0, ifi_type @2, ifi_index @4, ifi_flags @8, ifi_change @12. */
const IFINFOMSG_OCTETS = 16;
/** struct ifaddrmsg: ifa_family @0, ifa_prefixlen @1, ifa_flags @2, ifa_scope @3, ifa_index @4. */
const IFADDRMSG_OCTETS = 8;
/** struct rtattr: rta_len @0, rta_type @2. */
const RTATTR_OCTETS = 4;
/** The two upper bits of rta_type are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
const NLA_TYPE_MASK = 0x3fff;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MASTER = 10;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;

const IFF_UP = 0x1;
const IFF_BROADCAST = 0x2;
const IFF_LOOPBACK = 0x8;
const IFF_RUNNING = 0x40;
const IFF_NOARP = 0x80;
const IFF_LOWER_UP = 0x10000;
const IFA_F_TENTATIVE = 0x40;
const RT_SCOPE_LINK = 253;
const ARPHRD_ETHER = 1;
const ADDRESS_OCTETS: Readonly<Record<number, number>> = { 2: 4, 10: 16 };

/** A request for all links (RTM_GETLINK) or all addresses (RTM_GETADDR). */
export function encodeDumpRequest(type: number, sequence: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(NLMSGHDR_OCTETS + IFINFOMSG_OCTETS));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  view.setUint32(8, sequence, true);
  return bytes;
}

/** Reads every message of one datagram. */
export function decodeRouteMessages(bytes: Uint8Array): RouteMessages {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: RouteEvent[] = [];
  let [done, interrupted, malformed] = [false, false, 0];
  let errno: number | null = null;
  for (let at = 0; at < bytes.length;) {
    const octets = at + NLMSGHDR_OCTETS <= bytes.length ? view.getUint32(at, true) : 0;
    if (octets < NLMSGHDR_OCTETS || at + octets > bytes.length) {
      malformed++;
      break;
    }
    const type = view.getUint16(at + 4, true);
    if ((view.getUint16(at + 6, true) & NLM_F_DUMP_INTR) !== 0) interrupted = true;
    const body = bytes.subarray(at + NLMSGHDR_OCTETS, at + octets);
    if (type === NLMSG_DONE) done = true;
    else if (type === NLMSG_OVERRUN) events.push({ type: "Overrun" });
    else if (type === NLMSG_ERROR) errno = decodeErrno(body) ?? errno;
    else {
      const event = decodeEvent(type, body);
      if (event === "malformed") malformed++;
      else if (event !== "foreign") events.push(event);
    }
    at += align(octets);
  }
  return { events, done, interrupted, errno, malformed };
}

/** struct nlmsgerr: the error, negated; zero is an acknowledgement. */
function decodeErrno(body: Uint8Array): number | null {
  if (body.length < 4) return null;
  const error = new DataView(body.buffer, body.byteOffset).getInt32(0, true);
  return error === 0 ? null : -error;
}

function decodeEvent(type: number, body: Uint8Array): RouteEvent | "foreign" | "malformed" {
  if (type === RTM_NEWLINK || type === RTM_DELLINK) return decodeLink(type === RTM_NEWLINK, body);
  if (type === RTM_NEWADDR || type === RTM_DELADDR) return decodeAddress(type === RTM_NEWADDR, body);
  return "foreign";
}

function decodeLink(isSet: boolean, body: Uint8Array): RouteEvent | "foreign" | "malformed" {
  if (body.length < IFINFOMSG_OCTETS) return "malformed";
  // AF_BRIDGE and AF_INET6 messages speak of the same link in another role: RTM_DELLINK with AF_BRIDGE means that a
  // port has left its bridge, not that it is gone.
  if (body[0] !== 0) return "foreign";
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const index = view.getInt32(4, true);
  if (!isSet) return { type: "LinkGone", index };
  const flags = view.getUint32(8, true);
  const attributes = decodeAttributes(body, IFINFOMSG_OCTETS);
  const name = attributes?.get(IFLA_IFNAME);
  if (attributes === null || name === undefined) return "malformed";
  const mac = attributes.get(IFLA_ADDRESS);
  const isEthernet = view.getUint16(2, true) === ARPHRD_ETHER && mac?.length === 6;
  const link: Link = {
    index,
    name: decodeText(name),
    mac: isEthernet ? macFromBytes(mac) : null,
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0 && (flags & IFF_LOWER_UP) !== 0,
    broadcast: (flags & IFF_BROADCAST) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    noArp: (flags & IFF_NOARP) !== 0,
    master: decodeUint32(attributes.get(IFLA_MASTER)),
  };
  return { type: "LinkSet", link };
}

function decodeAddress(isSet: boolean, body: Uint8Array): RouteEvent | "foreign" | "malformed" {
  if (body.length < IFADDRMSG_OCTETS) return "malformed";
  const octets = ADDRESS_OCTETS[body[0]!];
  if (octets === undefined) return "foreign";
  const attributes = decodeAttributes(body, IFADDRMSG_OCTETS);
  // IFA_ADDRESS is the peer's on a point-to-point link, where IFA_LOCAL is ours; IPv6 sends IFA_LOCAL only then.
  const ip = attributes?.get(IFA_LOCAL) ?? attributes?.get(IFA_ADDRESS);
  if (attributes === null || ip === undefined || ip.length !== octets) return "malformed";
  // The flags in the header are the lower eight bits of IFA_FLAGS.
  const flags = decodeUint32(attributes.get(IFA_FLAGS)) ?? body[2]!;
  const address: LinkAddress = {
    index: new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(4, true),
    ip: ipFromBytes(ip),
    prefixLength: body[1]!,
    scopeLink: body[3] === RT_SCOPE_LINK,
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    flags,
  };
  return { type: isSet ? "AddressSet" : "AddressGone", address };
}

/** The attributes from `offset` on, by type; null when one does not fit. */
function decodeAttributes(body: Uint8Array, offset: number): Map<number, Uint8Array> | null {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const attributes = new Map<number, Uint8Array>();
  for (let at = offset; at < body.length;) {
    const octets = at + RTATTR_OCTETS <= body.length ? view.getUint16(at, true) : 0;
    if (octets < RTATTR_OCTETS || at + octets > body.length) return null;
    attributes.set(
      view.getUint16(at + 2, true) & NLA_TYPE_MASK,
      body.subarray(at + RTATTR_OCTETS, at + octets),
    );
    at += align(octets);
  }
  return attributes;
}

function decodeText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function decodeUint32(bytes: Uint8Array | undefined): number | null {
  if (bytes === undefined || bytes.length !== 4) return null;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

/** NLMSG_ALIGN and RTA_ALIGN: the next multiple of four. */
function align(octets: number): number {
  return Math.ceil(octets / 4) * 4;
}
