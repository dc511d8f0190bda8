/**
 * Interfaces and addresses of this host: a full dump, and notifications of every change.
 *
 * Source: rtnetlink(7), netlink(7).
 * Shape: open the monitor first, dump afterwards, then apply notifications over the dump: each event carries the whole
 * new state of its link or address, so that hearing something twice, or a little old, ends in the right state.
 * Not here: the bytes (netlink_message.ts).
 *
 * @module
 */
import { check, ERRNO, lastErrno, SystemError } from "./errno.ts";
import {
  AF_NETLINK,
  allocate,
  encodeInt,
  encodeSockaddrNl,
  SOCKADDR_STORAGE_OCTETS,
  viewOf,
} from "./layout.ts";
import { libc } from "./libc.ts";
import {
  decodeRouteMessages,
  encodeDumpRequest,
  type Link,
  type LinkAddress,
  type RouteEvent,
  type RouteMessages,
  RTM_GETADDR,
  RTM_GETLINK,
} from "./netlink_message.ts";
import { openDescriptor, orClose, SOCK_RAW, Socket } from "./socket.ts";

/** Everything the kernel knows of links and addresses at one moment. */
export interface RouteDump {
  readonly links: readonly Link[];
  readonly addresses: readonly LinkAddress[];
}

const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 0x1;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV6_IFADDR = 0x100;

/** The kernel fills at most 32 KiB per datagram of a dump; notifications are far smaller. */
const DATAGRAM_OCTETS = 65_536;
/** Room for notifications, should the reader be late; the kernel gives as much of it as net.core.rmem_max allows. */
const NOTIFICATION_BUFFER_OCTETS = 1 << 20;
/** LIMIT: dumps of one kind before giving up on a consistent one; each retry means that something changed meanwhile. */
const DUMP_ATTEMPTS = 10;

const OVERRUN: readonly RouteEvent[] = [{ type: "Overrun" }];

/** An owned rtnetlink socket. */
export class RouteSocket extends Socket {
  readonly #buffer = allocate(DATAGRAM_OCTETS);
  readonly #sender = allocate(SOCKADDR_STORAGE_OCTETS);
  readonly #senderView = viewOf(this.#sender);

  /** The events of the next notification; null when none is waiting. After an Overrun event, dump again. */
  next(): readonly RouteEvent[] | null {
    let isOverrun = false;
    for (;;) {
      try {
        const messages = this.receiveMessages();
        if (!isOverrun) return messages === null ? null : messages.events;
        if (messages === null) return OVERRUN;
      } catch (error) {
        if (!(error instanceof SystemError && error.code === "ENOBUFS")) throw error;
        // Notifications were lost because earlier ones had not been read (netlink(7)), and the kernel goes on losing
        // them, in silence, until the queue is empty. What is in it is older than the dump that has to follow.
        isOverrun = true;
      }
    }
  }

  /** The next datagram from the kernel; null when none is waiting. */
  receiveMessages(): RouteMessages | null {
    for (;;) {
      const length = encodeInt(this.#sender.length);
      const count = libc().recvfrom(this.fd, this.#buffer, BigInt(DATAGRAM_OCTETS), 0, this.#sender, length);
      if (count < 0) {
        const errno = lastErrno();
        if (errno === ERRNO.EAGAIN) return null;
        if (errno !== ERRNO.EINTR) throw new SystemError(`receive from ${this.name}`, errno);
        continue;
      }
      // nl_pid 0 is the kernel; nobody else has anything to say here.
      if (this.#senderView.getUint32(4, true) !== 0) continue;
      return decodeRouteMessages(this.#buffer.subarray(0, count));
    }
  }
}

/** Opens a socket that is told about every change of a link or an address from now on. */
export function openRouteMonitor(): RouteSocket {
  const socket = openRouteSocket("rtnetlink monitor", RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  return orClose(socket, () => socket.setReceiveBuffer(NOTIFICATION_BUFFER_OCTETS));
}

/** All links and addresses of this network namespace. */
export function dumpRoutes(): RouteDump {
  using socket = openRouteSocket("rtnetlink socket", 0);
  const links: Link[] = [];
  for (const event of dump(socket, RTM_GETLINK)) {
    if (event.type === "LinkSet") links.push(event.link);
  }
  const addresses: LinkAddress[] = [];
  for (const event of dump(socket, RTM_GETADDR)) {
    if (event.type === "AddressSet") addresses.push(event.address);
  }
  return { links, addresses };
}

function dump(socket: RouteSocket, type: number): readonly RouteEvent[] {
  const operation = type === RTM_GETLINK ? "list interfaces" : "list addresses";
  for (let attempt = 1; attempt <= DUMP_ATTEMPTS; attempt++) {
    const request = encodeDumpRequest(type, attempt);
    check(libc().send(socket.fd, request, BigInt(request.length), 0), operation);
    const events = readDump(socket, operation);
    if (events !== null) return events;
  }
  throw new SystemError(operation, ERRNO.EAGAIN, `they changed during each of ${DUMP_ATTEMPTS} readings`);
}

/** Reads one dump to its end; null when it was inconsistent. */
function readDump(socket: RouteSocket, operation: string): readonly RouteEvent[] | null {
  const events: RouteEvent[] = [];
  let interrupted = false;
  for (;;) {
    // The kernel writes each part of a dump inside the call that asks for it, so there is always one to read.
    const messages = socket.receiveMessages();
    if (messages === null) throw new SystemError(operation, ERRNO.EIO, "the kernel ended the answer early");
    if (messages.errno !== null) throw new SystemError(operation, messages.errno);
    events.push(...messages.events);
    interrupted ||= messages.interrupted;
    if (messages.done) return interrupted ? null : events;
  }
}

function openRouteSocket(name: string, groups: number): RouteSocket {
  const socket = new RouteSocket(openDescriptor(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, name), name);
  return orClose(socket, () => socket.bind(encodeSockaddrNl(groups)));
}
