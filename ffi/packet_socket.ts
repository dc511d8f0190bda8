/**
 * A raw Ethernet socket for one EtherType on one interface.
 *
 * Source: packet(7).
 * Shape: whole frames in and out, nothing blocks. Received frames are views of one buffer, valid until the next call.
 * Bound to one EtherType, never ETH_P_ALL: a tap for all protocols also sees everything the host sends, so the kernel
 * clones every outgoing packet for it, on the very node that carries the traffic. A tap for one EtherType stands in
 * the receive path of that type alone, costs other traffic nothing, and never sees what this host sends.
 * An interface that is a port of a bridge or a bond hands its frames on before this tap: open the bridge or bond instead.
 * Not here: frames filtered in the kernel and counted (pcap.ts).
 *
 * @module
 */
import { ERRNO, lastErrno, SystemError } from "./errno.ts";
import { AF_PACKET, allocate, encodeSockaddrLl } from "./layout.ts";
import { libc } from "./libc.ts";
import { interfaceIndex, openDescriptor, orClose, SOCK_RAW, Socket } from "./socket.ts";

/** What to open; `ethertype` 0 receives nothing and only sends. */
export interface PacketSocketOptions {
  readonly interface: string;
  readonly ethertype: number;
  /** Octets kept of each frame; longer ones are cut. */
  readonly snapshotOctets: number;
}

/** An owned AF_PACKET socket. */
export class PacketSocket extends Socket {
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #bufferOctets: bigint;
  /** Views of the buffer by length, so that a frame costs no allocation. */
  readonly #frames: Uint8Array<ArrayBuffer>[] = [];

  constructor(fd: number, name: string, snapshotOctets: number) {
    super(fd, name);
    this.#buffer = allocate(snapshotOctets);
    this.#bufferOctets = BigInt(snapshotOctets);
  }

  /** The next frame, a view that the next call overwrites; null when none is waiting. ENETDOWN is told once per fall. */
  next(): Uint8Array<ArrayBuffer> | null {
    const count = libc().recv(this.fd, this.#buffer, this.#bufferOctets, 0);
    if (count >= 0) return this.#frames[count] ??= this.#buffer.subarray(0, count);
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) return null;
    throw new SystemError(`receive from ${this.name}`, errno);
  }

  /** Sends one whole frame, link-layer header included; ENOBUFS when the interface's queue is full. */
  inject(frame: Uint8Array): void {
    if (this.send(frame) === null) throw new SystemError(`send on ${this.name}`, ERRNO.ENOBUFS);
  }
}

/** Opens a packet socket; throws EPERM without CAP_NET_RAW and ENODEV without such an interface. */
export function openPacketSocket(options: PacketSocketOptions): PacketSocket {
  const name = `packet socket on ${options.interface}`;
  // Protocol 0: nothing is queued from other interfaces before bind(2) names ours.
  const socket = new PacketSocket(openDescriptor(AF_PACKET, SOCK_RAW, 0, name), name, options.snapshotOctets);
  return orClose(socket, () => {
    socket.bind(encodeSockaddrLl(options.ethertype, interfaceIndex(options.interface, `open ${name}`)));
  });
}
