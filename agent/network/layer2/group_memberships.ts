/**
 * Memberships of the solicited-node groups of announced IPv6 addresses, so that switches deliver solicitations to us.
 *
 * Source: RFC 4861 section 7.2.1 (a node joins the group of each of its addresses), RFC 3810 (MLDv2, which the kernel speaks
 * for a joined socket). Addresses equal in their last 24 bits share a group, hence the count.
 * Shape: join and leave by address and interface index; sockets are opened as the kernel's limit per socket demands.
 * Not here: which addresses, on which interfaces (layer2.ts).
 *
 * @module
 */
import { SystemError } from "../../../ffi/errno.ts";
import { openUdpSocket, type UdpSocket } from "../../../ffi/udp_socket.ts";
import { solicitedNodeGroup } from "../../../protocols/ndp/group.ts";
import { type Ip, UNSPECIFIED } from "../../../protocols/net/ip.ts";

interface Membership {
  readonly socket: UdpSocket;
  readonly group: Ip;
  addresses: number;
}

/** See the module comment. */
export class GroupMemberships implements Disposable {
  readonly #sockets: UdpSocket[] = [];
  /** By "<interface index>/<group>". */
  readonly #memberships = new Map<string, Membership>();

  /** Joins the address's group on that interface; throws a SystemError when the kernel refuses. */
  join(ip: Ip, interfaceIndex: number): void {
    const group = solicitedNodeGroup(ip);
    const key = `${interfaceIndex}/${group}`;
    const known = this.#memberships.get(key);
    if (known !== undefined) known.addresses++;
    else this.#memberships.set(key, { socket: this.#joinOnAny(group, interfaceIndex), group, addresses: 1 });
  }

  /** Leaves it with the last address that shares it. */
  leave(ip: Ip, interfaceIndex: number): void {
    const key = `${interfaceIndex}/${solicitedNodeGroup(ip)}`;
    const known = this.#memberships.get(key);
    if (known === undefined || --known.addresses > 0) return;
    this.#memberships.delete(key);
    known.socket.leaveGroup(known.group, interfaceIndex);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }

  /** One socket holds as many memberships as its option memory allows (net.core.optmem_max). */
  #joinOnAny(group: Ip, interfaceIndex: number): UdpSocket {
    for (const socket of this.#sockets) {
      if (joined(socket, group, interfaceIndex)) return socket;
    }
    const socket = openUdpSocket({ local: { ip: UNSPECIFIED.ipv6, port: 0 }, maximumOctets: 1 });
    this.#sockets.push(socket);
    socket.joinGroup(group, interfaceIndex);
    return socket;
  }
}

/** False when this socket is full. */
function joined(socket: UdpSocket, group: Ip, interfaceIndex: number): boolean {
  try {
    socket.joinGroup(group, interfaceIndex);
    return true;
  } catch (error) {
    if (error instanceof SystemError && (error.code === "ENOBUFS" || error.code === "ENOMEM")) return false;
    throw error;
  }
}
