/**
 * The sockets BFD packets come in by, opened when the first session needs one.
 *
 * Source: RFC 5881 section 4 (ports 3784 and 3785), RFC 5883 section 5 (port 4784).
 * Shape: one socket for each port, family and VRF; datagrams out, each with where it came from. They stay open: a router
 * that is told "port unreachable" may take it for more than it is.
 * Not here: what a datagram means (paths.ts).
 *
 * @module
 */
import { SystemError } from "../../../ffi/errno.ts";
import { NETWORK_CONTROL } from "../../../ffi/ip_options.ts";
import { type Datagram, openUdpSocket, type UdpSocket } from "../../../ffi/udp_socket.ts";
import { CONTROL_PORT, ECHO_PORT, MULTIHOP_CONTROL_PORT } from "../../../protocols/bfd/demux.ts";
import { ECHO_TTL } from "../../../protocols/bfd/echo.ts";
import type { Instant } from "../../../protocols/machine.ts";
import { type Family, UNSPECIFIED } from "../../../protocols/net/ip.ts";
import type { Loop } from "../loop.ts";

/** What comes in by a socket. */
export type Port = "control" | "multihop" | "echo";

/** One of the sockets; the same address in another VRF is another neighbor. */
export interface Receiver {
  readonly port: Port;
  readonly vrf: string | null;
  readonly socket: UdpSocket;
}

/** Takes datagrams; each is valid during the call. */
export type Receive = (datagram: Datagram, by: Receiver, now: Instant) => void;

const NUMBERS: Readonly<Record<Port, number>> = {
  control: CONTROL_PORT,
  multihop: MULTIHOP_CONTROL_PORT,
  echo: ECHO_PORT,
};

/** LIMIT: datagrams read of one socket in one turn. */
const DATAGRAMS_PER_TURN = 64;
const DATAGRAM_OCTETS = 256;

/** See the module comment. */
export class Receivers implements Disposable {
  readonly #loop: Loop;
  readonly #receive: Receive;
  readonly #receivers = new Map<string, Receiver>();

  constructor(loop: Loop, receive: Receive) {
    this.#loop = loop;
    this.#receive = receive;
  }

  /** The socket, opened if need be; throws a SystemError when it cannot be. */
  get(port: Port, family: Family, vrf: string | null): UdpSocket {
    const key = `${port} ${family} ${vrf ?? ""}`;
    const known = this.#receivers.get(key);
    if (known !== undefined) return known.socket;
    const socket = openUdpSocket({
      local: { ip: UNSPECIFIED[family], port: NUMBERS[port] },
      maximumOctets: DATAGRAM_OCTETS,
      ttl: ECHO_TTL,
      trafficClass: NETWORK_CONTROL,
      // One of each VRF shares the port with that of the default one.
      reuseAddress: true,
      ...vrf !== null && { interface: vrf },
    });
    const receiver = { port, vrf, socket };
    this.#receivers.set(key, receiver);
    this.#loop.watch(socket.fd, { onReadable: (now) => this.#drain(receiver, now) });
    return socket;
  }

  /** Reads what has arrived, before anybody concludes that nothing has. */
  drain(now: Instant): void {
    for (const receiver of this.#receivers.values()) this.#drain(receiver, now);
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#receivers.values()) {
      this.#loop.unwatch(socket.fd);
      socket.close();
    }
    this.#receivers.clear();
  }

  #drain(receiver: Receiver, now: Instant): void {
    try {
      for (let i = 0; i < DATAGRAMS_PER_TURN; i++) {
        const datagram = receiver.socket.receiveFrom();
        if (datagram === null) return;
        this.#receive(datagram, receiver, now);
      }
    } catch (error) {
      // What the network said of a packet we sent earlier: nothing is wrong with the socket.
      if (!(error instanceof SystemError)) throw error;
    }
  }
}
