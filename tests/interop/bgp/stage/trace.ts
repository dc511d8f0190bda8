/**
 * What BGP and BFD put on an interface's wire, as tcpdump prints it.
 *
 * Shape: opened on a host; the packets so far, in order, with what assertions ask of them.
 *
 * @module
 */
import type { Host } from "../../../lab/network/host.ts";
import type { Program } from "../../../lab/program/program.ts";

/** One packet. */
export interface TracedPacket {
  readonly atMs: number;
  /** TOS of IPv4, traffic class of IPv6. */
  readonly trafficClass: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** Of the TCP or UDP payload. */
  readonly octets: number;
}

const FILTER = "tcp port 179 or udp port 3784";
// IPv6 has its header, addresses and payload on one line, IPv4 on two; a class of zero is left out.
const PACKET =
  /^(\d+\.\d+) IP6? \((?:(?:tos|class) (0x[0-9a-f]+))?[^\n]*?\)\s+([\da-f.:]+)\.(\d+) > ([\da-f.:]+)\.(\d+): [^\n]*?length:? (\d+)/gm;

/** See the module comment. Disposing it ends it. */
export class Trace implements AsyncDisposable {
  readonly #program: Program;
  #text = "";

  constructor({ namespace }: Host, interfaceName: string) {
    this.#program = namespace.spawn([
      "tcpdump",
      "-Z",
      "root",
      "-l",
      "-nn",
      "-v",
      "-tt",
      "-i",
      interfaceName,
      FILTER,
    ], {
      onLine: (line) => this.#text += `${line}\n`,
    });
  }

  /** Those sent from an address. */
  from(address: string): TracedPacket[] {
    const all = [...this.#text.matchAll(PACKET)].map(([, at, trafficClass, ...rest]): TracedPacket => ({
      atMs: 1000 * Number(at),
      trafficClass: Number(trafficClass ?? 0),
      source: rest[0]!,
      sourcePort: Number(rest[1]),
      destination: rest[2]!,
      destinationPort: Number(rest[3]),
      octets: Number(rest[4]),
    }));
    return all.filter(({ source }) => source === address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
  }
}
