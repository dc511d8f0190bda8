/**
 * A peer that reads slowly, or not at all: what waits for it stays small, the last word is right, and silence is not for ever.
 *
 * Source: RFC 9687 (send hold timer); RFC 4271 section 9.2 (only the latest of a prefix is worth sending).
 * Shape: both kernels may keep but a few thousand octets, so that the speaker itself has to wait.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Ingot } from "../../../lab/ingot.ts";
import { labTest } from "../../../lab/suite.ts";
import { metricsText } from "../../../stage/metrics.ts";
import { inNamespace } from "../../ffi/inside.ts";
import { BgpStage } from "../stage/bgp_stage.ts";
import { message, type Received, ScriptedPeer, TYPE } from "../verdicts/scripted_peer.ts";
import { goodOpen } from "../verdicts/session_verdicts.ts";

const PREFIX_COUNT = 20_000;
/** A /32: its length, then the address. */
const PREFIX_OCTETS = 5;
const KEEPALIVE = message(TYPE.keepalive, "");
/** Least, first and most of a socket's buffer. */
const KERNEL_OCTETS = '"4096 16384 16384"';
const HOLD_SECONDS = 9;
const HEALTH_PORT = 7472;
const PATIENCE_MS = 60_000;
const FLAPS = 10;
/** One message of at most 4096 octets each time: about 1 kB a second. */
const PAUSE_MS = 4000;

/** A node and, at the far end of its one session, a script that has said OPEN. */
class SlowPeer implements AsyncDisposable {
  readonly stage: BgpStage;
  readonly speaker: Ingot;
  readonly peer: ScriptedPeer;
  /** KEEPALIVEs go out whatever the script does otherwise. */
  readonly #beat: ReturnType<typeof setInterval>;

  private constructor(stage: BgpStage, speaker: Ingot, peer: ScriptedPeer) {
    this.stage = stage;
    this.speaker = speaker;
    this.peer = peer;
    this.#beat = setInterval(() => void peer.send(KEEPALIVE), 1000 * HOLD_SECONDS / 3);
  }

  static async open(sendHoldTime: string): Promise<SlowPeer> {
    const stage = await BgpStage.open();
    const host = await stage.lab.addClient("slow");
    const buffers = { "net/ipv4/tcp_wmem": KERNEL_OCTETS, "net/ipv4/tcp_rmem": KERNEL_OCTETS };
    for (const { namespace } of [host, stage.node]) await namespace.sysctl(buffers);
    await stage.writePrefixes(PREFIX_COUNT);
    await stage.writePeer("slow", {
      myASN: 65_002,
      peerASN: 65_001,
      peerAddress: host.ipv4,
      holdTime: `${HOLD_SECONDS}s`,
    }, { "ingot.dev/send-hold-time": sendHoldTime });
    const listener = inNamespace(host.namespace.name, () => Deno.listen({ hostname: "0.0.0.0", port: 179 }));
    const speaker = stage.speaker(stage.node, { args: ["--health-probe-port", String(HEALTH_PORT)] });
    const peer = new ScriptedPeer(await listener.accept());
    listener.close();
    await peer.send(goodOpen() + KEEPALIVE);
    await speaker.waitForLog("BGP session up");
    return new SlowPeer(stage, speaker, peer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat);
    this.peer.close();
    await this.stage[Symbol.asyncDispose]();
  }
}

/** The IPv4 prefixes of an UPDATE: withdrawn, and announced. */
function prefixesOf({ body }: Received): readonly [readonly string[], readonly string[]] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const withdrawn = view.getUint16(0);
  const attributes = view.getUint16(2 + withdrawn);
  return [prefixesIn(body.subarray(2, 2 + withdrawn)), prefixesIn(body.subarray(4 + withdrawn + attributes))];
}

/** All are /32 here. */
function prefixesIn(octets: Uint8Array): readonly string[] {
  return Array.from(
    { length: octets.length / PREFIX_OCTETS },
    (_, i) => octets.subarray(PREFIX_OCTETS * i + 1, PREFIX_OCTETS * (i + 1)).join("."),
  );
}

labTest("A peer that reads nothing is left when the send hold timer expires, KEEPALIVEs or not", async () => {
  await using slow = await SlowPeer.open("10s");
  const { peer, speaker } = slow;
  const startMs = performance.now();
  const { detail } = await speaker.waitForLog("BGP session down", {}, PATIENCE_MS);
  assert.equal(detail, "sent Send Hold Timer Expired");
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs > 1000 * HOLD_SECONDS, `it was left after ${tookMs} ms`);
  let prefixes = 0;
  for (let next = await peer.receive(); next !== null; next = await peer.receive()) {
    if (next.type === TYPE.update) prefixes += prefixesOf(next)[1].length;
  }
  assert.ok(prefixes > 0 && prefixes < PREFIX_COUNT, `${prefixes} prefixes had been sent`);
});

labTest(
  "A peer that reads slowly while all routes flap keeps its session, and hears the last state",
  async () => {
    await using slow = await SlowPeer.open("8m");
    const { peer, speaker, stage } = slow;
    const table = new Set<string>();
    let octets = 0;
    let isFlapping = true;
    let deadlineMs = Infinity;
    // The first half is there, and nothing else.
    const isLast = () =>
      table.size === PREFIX_COUNT / 2 && table.has("100.64.39.15") && !table.has("100.64.39.16");
    const reading = (async () => {
      while (isFlapping || !isLast()) {
        assert.ok(performance.now() < deadlineMs, `${table.size} prefixes in the end`);
        const next = await peer.receive();
        assert.ok(next !== null && next.type !== TYPE.notification, `the session ended: ${next?.body}`);
        if (next.type !== TYPE.update) continue;
        octets += next.body.length;
        const [withdrawn, announced] = prefixesOf(next);
        for (const prefix of withdrawn) table.delete(prefix);
        for (const prefix of announced) table.add(prefix);
        if (isFlapping) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    })();
    for (let flap = 0; flap < FLAPS; flap++) {
      await stage.writePrefixes(flap % 2 === 0 ? 0 : PREFIX_COUNT);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await stage.writePrefixes(PREFIX_COUNT / 2);
    const metrics = await metricsText(stage.node.namespace, HEALTH_PORT);
    const pending = Number(/^metallb_bgp_pending_prefixes_total\{[^}]*\} (\d+)$/m.exec(metrics)?.[1]);
    assert.ok(pending > 0 && pending <= PREFIX_COUNT, `${pending} prefixes wait`);
    isFlapping = false;
    deadlineMs = performance.now() + PATIENCE_MS;
    await reading;
    assert.ok(
      octets < FLAPS * PREFIX_COUNT * PREFIX_OCTETS / 2,
      `${octets} octets tell more than the last state`,
    );
    assert.ok(!speaker.log.all.some(({ msg }) => msg === "BGP session down"));
  },
);
