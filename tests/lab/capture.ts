/**
 * Captures the ARP and Neighbor Discovery frames an interface sends and receives, for assertions.
 *
 * Source: native/capture.c, whose events these are.
 * Shape: opened on a namespace's interface, promiscuous; frames in the order seen.
 *
 * @module
 */
import type { Namespace } from "./namespace.ts";
import { nativeExecutable } from "./program/native.ts";
import type { Program } from "./program/program.ts";
import { Recording } from "./program/recording.ts";

interface Frame {
  readonly atMs: number;
  readonly direction: "in" | "out";
  readonly ethernetSource: string;
  readonly ethernetDestination: string;
}

/** RFC 826. */
export interface ArpFrame extends Frame {
  readonly type: "arp";
  /** 1 request, 2 reply. */
  readonly operation: number;
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac: string;
  readonly targetIp: string;
}

/** RFC 4861 section 4. Flags and target are as in a Neighbor Advertisement; absent options are null. */
export interface NdpFrame extends Frame {
  readonly type: "ndp";
  readonly message:
    | "RouterSolicitation"
    | "RouterAdvertisement"
    | "NeighborSolicitation"
    | "NeighborAdvertisement"
    | "Redirect";
  readonly hopLimit: number;
  readonly source: string;
  readonly destination: string;
  readonly target: string | null;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly sourceMac: string | null;
  readonly targetMac: string | null;
}

export type CaptureEvent = ArpFrame | NdpFrame | { readonly type: "ready" | "end"; readonly atMs: number };

/** A running capture. Disposing it ends it. */
export class Capture implements AsyncDisposable {
  readonly events: Recording<CaptureEvent> = new Recording();
  readonly #program: Program;

  private constructor(namespace: Namespace, argv: readonly string[]) {
    this.#program = namespace.spawn(argv, {
      onLine: (line) => this.events.push(JSON.parse(line) as CaptureEvent),
    });
    this.#program.ending.then(({ stderr }) =>
      this.events.close(`The capture ended${stderr && `: ${stderr}`}`)
    );
  }

  /** Captures on an interface; what is sent after this returns is seen. */
  static async open(namespace: Namespace, interfaceName: string): Promise<Capture> {
    const capture = new Capture(namespace, [await nativeExecutable(), "capture", interfaceName]);
    await capture.events.waitFor("the capture to start", ({ type }) => type === "ready");
    return capture;
  }

  /** The ARP frames so far. */
  arp(): ArpFrame[] {
    return this.events.all.filter((event) => event.type === "arp");
  }

  /** The Neighbor Discovery messages so far. */
  ndp(): NdpFrame[] {
    return this.events.all.filter((event) => event.type === "ndp");
  }

  /** The first ARP frame that matches, now or within the time. */
  waitForArp(what: string, match: (frame: ArpFrame) => boolean, withinMs = 5_000): Promise<ArpFrame> {
    return this.events.waitFor(
      what,
      (event): event is ArpFrame => event.type === "arp" && match(event),
      { withinMs },
    );
  }

  /** The first Neighbor Discovery message that matches, now or within the time. */
  waitForNdp(what: string, match: (frame: NdpFrame) => boolean, withinMs = 5_000): Promise<NdpFrame> {
    return this.events.waitFor(
      what,
      (event): event is NdpFrame => event.type === "ndp" && match(event),
      { withinMs },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
  }
}
