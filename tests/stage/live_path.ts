/**
 * A live path of BFD, 3 x 50 ms between a speaker and FRR, that is never to be left whatever else happens.
 *
 * Source: RFC 5880 section 6.8.4.
 * Shape: FRR watches the speaker, and BIRD as a control; the kernels at both ends count how often nothing came for a
 * detection time.
 * Not here: what else happens (interop/bgp/bfd/soak_test.ts, cluster/bfd_soak_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubernetesObject } from "../../k8s/types/meta.ts";
import type { Ingot } from "../lab/ingot.ts";
import type { Lab } from "../lab/lab.ts";
import { bfdProfile, bgpPeer } from "../lab/manifests.ts";
import type { Host, LabNode } from "../lab/network/host.ts";
import { Bird } from "../lab/routers/bird.ts";
import { Frr } from "../lab/routers/frr.ts";
import { bfdIs, established } from "./routed.ts";

const SECONDS = Number(Deno.env.get("INGOT_BFD_SOAK_SECONDS") ?? "15");
const BFD = { intervalMs: 50, multiplier: 3 };
const DETECTION_MS = BFD.intervalMs * BFD.multiplier;
/** The kernel's sets forget by its ticks, up to two of 10 ms late: what we take for silence is none to them then. */
const TICKS_MS = 20;
const OUR_ASN = 64_512;
const FRR_ASN = 65_000;
const BIRD_ASN = 65_001;

/** See the module comment. Disposing it ends the routers. */
export class LivePath implements AsyncDisposable {
  readonly #node: LabNode;
  readonly #host: Host;
  readonly #frr: Frr;
  readonly #control: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(node: LabNode, host: Host, frr: Frr, control: string, stack: AsyncDisposableStack) {
    this.#node = node;
    this.#host = host;
    this.#frr = frr;
    this.#control = control;
    this.#stack = stack;
  }

  /** Starts FRR and BIRD on hosts of their own. */
  static async open(lab: Lab, node: LabNode): Promise<LivePath> {
    await using opened = new AsyncDisposableStack();
    const [host, other] = [await lab.addClient("frr"), await lab.addClient("bird")];
    const neighbours = [
      { peer: { address: node.ipv4 }, asn: OUR_ASN, bfd: BFD },
      { peer: { address: other.ipv4 }, asn: BIRD_ASN, bfd: BFD },
    ];
    const frr = opened.use(await Frr.start(lab, host, { asn: FRR_ASN, neighbours }));
    const control = { peer: { address: host.ipv4 }, asn: FRR_ASN, bfd: BFD };
    opened.use(await Bird.start(lab, other, { asn: BIRD_ASN, neighbours: [control] }));
    return new LivePath(node, host, frr, other.ipv4, opened.move());
  }

  /** What makes a speaker take part: the profile and the peer. */
  get objects(): readonly KubernetesObject[] {
    const intervals = { receiveInterval: BFD.intervalMs, transmitInterval: BFD.intervalMs };
    return [
      bfdProfile("quick", { ...intervals, detectMultiplier: BFD.multiplier }),
      bgpPeer("frr", {
        myASN: OUR_ASN,
        peerASN: FRR_ASN,
        peerAddress: this.#host.ipv4,
        bfdProfile: "quick",
      }),
    ];
  }

  /**
   * Has `churn` repeated for fifteen seconds, or as many as INGOT_BFD_SOAK_SECONDS says (600 for the full proof), and fails
   * when the speaker let FRR or itself take the path for dead.
   */
  async assertHeld(speaker: Ingot, churn: (round: number) => Promise<void>): Promise<void> {
    const [frr, ours] = [this.#frr, this.#node.ipv4];
    for (const neighbour of [ours, this.#control]) {
      await established(frr, neighbour);
      await bfdIs(
        frr,
        neighbour,
        ({ state, transmitIntervalMs }) => state === "Up" && transmitIntervalMs === BFD.intervalMs,
      );
    }
    // FRR may have ended the first over its own change of BFD (see interop/bgp/matrix/column.ts).
    await established(frr, ours);
    await countSilences(this.#host, [ours, this.#control], DETECTION_MS);
    await countSilences(this.#node, [this.#host.ipv4], DETECTION_MS - TICKS_MS);
    const from = speaker.log.all.length;
    const downsBefore = { ours: await downsOf(frr, ours), control: await downsOf(frr, this.#control) };
    const deadline = performance.now() + SECONDS * 1_000;
    let rounds = 0;
    while (performance.now() < deadline) await churn(rounds++);
    const downs = await downsOf(frr, ours) - downsBefore.ours;
    const controlDowns = await downsOf(frr, this.#control) - downsBefore.control;
    const [silences, controlSilences] = await silencesAt(this.#host);
    const [frrSilences] = await silencesAt(this.#node);
    const verdicts = speaker.log.all.slice(from).filter(({ msg, reason }) =>
      msg === "BFD session down" && reason === "detection-time-expired"
    );
    const counts = { rounds, downs, controlDowns, silences, controlSilences, frrSilences, verdicts };
    // What a pass may hide: the machine's own pauses, which both sides and the control went through.
    console.log(`${SECONDS} s of BFD at ${BFD.multiplier} x ${BFD.intervalMs} ms: ${JSON.stringify(counts)}`);
    // Whatever the machine is doing: what has arrived is read before anything is concluded from its absence.
    assert.ok(
      verdicts.length <= frrSilences!,
      `FRR was taken for dead while its packets came: ${JSON.stringify(counts)}`,
    );
    // A session that FRR's silence ended, which the kernel has attested above, is Down: there we owe a packet a second (RFC
    // 5880 6.8.3), FRR goes down with it, and BIRD, by a few milliseconds, may not have missed anything.
    const wasLeft = verdicts.length > 0;
    // A machine that does not let anybody send for 150 ms says nothing of us: then BIRD falls silent as well.
    assert.ok(
      wasLeft || silences === 0 || controlSilences! > 0,
      `silent, and BIRD never: ${JSON.stringify(counts)}`,
    );
    // Nor does one on which FRR does not come to read: it takes what waits in its socket for lost, of BIRD too.
    assert.ok(
      wasLeft || downs === 0 || controlDowns > 0,
      `FRR lost us, BIRD never: ${JSON.stringify(counts)}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** How often FRR took its session with a neighbour for dead. */
async function downsOf(frr: Frr, neighbour: string): Promise<number> {
  const all = JSON.parse(await frr.command("bfdd", "show bfd peers counters json")) as readonly {
    readonly peer: string;
    readonly "session-down": number;
  }[];
  return all.find(({ peer }) => peer === neighbour)!["session-down"];
}

/** Has a host's kernel count, by sender, the BFD packets that come when none has for so long. */
async function countSilences({ namespace }: Host, senders: readonly string[], ms: number): Promise<void> {
  const lifetime = `timeout ${ms}ms`;
  await namespace.run(
    ["nft", "-f", "-"],
    [
      "table inet silence {",
      `set alive { type ipv4_addr; flags dynamic,timeout; ${lifetime}; }`,
      ...senders.map((_, i) => `counter of${i} {}`),
      "chain input { type filter hook input priority 0;",
      ...senders.map((ip, i) => `udp dport 3784 ip saddr ${ip} ip saddr != @alive counter name of${i}`),
      `udp dport 3784 update @alive { ip saddr ${lifetime} }`,
      "}",
      "}",
    ].join("\n"),
  );
}

/** What it has counted, in the order of the senders; the packet that came first is one. */
async function silencesAt({ namespace }: Host): Promise<number[]> {
  const printed = JSON.parse(
    await namespace.run(["nft", "-j", "list", "counters", "table", "inet", "silence"]),
  );
  const found = printed.nftables as {
    readonly counter?: { readonly name: string; readonly packets: number };
  }[];
  return found.flatMap(({ counter }) => counter ?? [])
    .sort((a, b) => a.name < b.name ? -1 : 1).map(({ packets }) => packets - 1);
}
