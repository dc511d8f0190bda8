/**
 * A live path is never left: 3 x 50 ms holds while the configuration churns.
 *
 * Source: RFC 5880 section 6.8.4.
 * Shape: FRR watches us, and BIRD as a control; the kernels at both ends count how often nothing came for a detection time.
 * Fifteen seconds, or as many as INGOT_BFD_SOAK_SECONDS says: 600 for the full proof.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../../lab/manifests.ts";
import type { Host } from "../../../lab/network/host.ts";
import type { Frr } from "../../../lab/routers/frr.ts";
import { routerTest } from "../../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { bfdIs, established } from "../stage/routed.ts";

const SECONDS = Number(Deno.env.get("INGOT_BFD_SOAK_SECONDS") ?? "15");
const BFD = { intervalMs: 50, multiplier: 3 };
const DETECTION_MS = BFD.intervalMs * BFD.multiplier;
/** The kernel's sets forget by its ticks, up to two of 10 ms late: what we take for silence is none to them then. */
const TICKS_MS = 20;
const BIRD_ASN = 65_001;

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

routerTest("BFD: 3 x 50 ms holds while the configuration churns", async () => {
  await using stage = await BgpStage.open();
  const [host, other] = [await stage.lab.addClient("frr"), await stage.lab.addClient("bird")];
  const ours = stage.node.ipv4;
  const frr = await stage.frr(host, {
    asn: THEIR_ASN,
    neighbours: [
      { peer: { address: ours }, asn: OUR_ASN, bfd: BFD },
      { peer: { address: other.ipv4 }, asn: BIRD_ASN, bfd: BFD },
    ],
  });
  const control = { peer: { address: host.ipv4 }, asn: THEIR_ASN, bfd: BFD };
  await stage.router("BIRD", other, { asn: BIRD_ASN, neighbours: [control] });
  const intervals = { receiveInterval: BFD.intervalMs, transmitInterval: BFD.intervalMs };
  await stage.write("bfd", bfdProfile("quick", { ...intervals, detectMultiplier: BFD.multiplier }));
  await stage.writePeer("frr", { peerAddress: host.ipv4, bfdProfile: "quick" });
  await stage.writeService("web", [WEB.ipv4]);
  const speaker = stage.speaker();
  for (const neighbour of [ours, other.ipv4]) {
    await established(frr, neighbour);
    await bfdIs(
      frr,
      neighbour,
      ({ state, transmitIntervalMs }) => state === "Up" && transmitIntervalMs === BFD.intervalMs,
    );
  }
  // FRR may have ended the first over its own change of BFD (see matrix/column.ts).
  await established(frr, ours);
  await countSilences(host, [ours, other.ipv4], DETECTION_MS);
  await countSilences(stage.node, [host.ipv4], DETECTION_MS - TICKS_MS);
  const from = speaker.log.all.length;
  const downsBefore = { ours: await downsOf(frr, ours), control: await downsOf(frr, other.ipv4) };
  const deadline = performance.now() + SECONDS * 1_000;
  for (let i = 0; performance.now() < deadline; i++) {
    const addresses = Array.from({ length: 200 }, (_, k) => `198.51.100.${(i + k) % 250 + 2}`);
    await stage.writeService("churn", addresses);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const downs = await downsOf(frr, ours) - downsBefore.ours;
  const controlDowns = await downsOf(frr, other.ipv4) - downsBefore.control;
  const [silences, controlSilences] = await silencesAt(host);
  const [frrSilences] = await silencesAt(stage.node);
  const verdicts = speaker.log.all.slice(from).filter(({ msg, reason }) =>
    msg === "BFD session down" && reason === "detection-time-expired"
  );
  const counts = { downs, controlDowns, silences, controlSilences, frrSilences, verdicts };
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
  assert.ok(wasLeft || downs === 0 || controlDowns > 0, `FRR lost us, BIRD never: ${JSON.stringify(counts)}`);
});
