/**
 * Each input of the differential matrix, sent to a running speaker: the NOTIFICATION it is answered with, or a session
 * that goes on and the number of prefixes the speaker counts.
 *
 * Source: tests/vectors/bgp/verdicts.json, which says what each must come to, and session_verdicts.ts.
 * Shape: one peer a row, each at an address of its own, all at once: a peer that was refused waits before it is tried
 * again, and no row waits for another.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Namespace } from "../../../lab/namespace.ts";
import { labTest } from "../../../lab/suite.ts";
import { metricsText } from "../../../stage/metrics.ts";
import { until } from "../../../stage/until.ts";
import verdicts from "../../../vectors/bgp/verdicts.json" with { type: "json" };
import { inNamespace } from "../../ffi/inside.ts";
import { BgpStage, WEB } from "../stage/bgp_stage.ts";
import { message, type Received, ScriptedPeer, TYPE } from "./scripted_peer.ts";
import { goodOpen, OUR_IDENTIFIER, type Phase, SESSION_VERDICTS } from "./session_verdicts.ts";

const CABLE = "script0";
const HEALTH_PORT = 7472;
const PATIENCE_MS = 30_000;
/** How an UPDATE ends that announces the Service: 198.51.100.1/32. */
const WEB_NLRI = "20c6336401";
const KEEPALIVE = message(TYPE.keepalive, "");
const REFRESH = message(TYPE.routeRefresh, "0001 00 01");

interface Row {
  readonly input: string;
  readonly phase: Phase;
  readonly octets: string;
  readonly required: string;
  /** What the peer offers, and what we do. */
  readonly offer: "both" | "IPv4";
  readonly singleFamily: boolean;
}

/** We always offer extended messages, and whoever hears that offer may send them (RFC 8654 4). */
const NOT_OURS = "length 4097 without extended messages";

const ROWS: readonly Row[] = [
  ...verdicts.filter(({ input }) => input !== NOT_OURS).map(({ input, octets, required, options }): Row => {
    const whole = octets.join("").replaceAll(" ", "");
    const isOpen = whole.slice(36, 38) === "01";
    const offer = "families" in options ? "IPv4" : "both";
    const phase = isOpen ? "instead of OPEN" : "Established";
    return { input, phase, octets: whole, required, offer, singleFamily: false };
  }),
  ...SESSION_VERDICTS.map((row): Row => ({ singleFamily: false, ...row, offer: "both" })),
];

/** Row i is the peer at this address. */
function addressOf(row: number): string {
  return `10.79.0.${100 + row}`;
}

function formatNotification({ body }: Received): string {
  return `N ${body[0]}/${body[1]} [${body.slice(2).toHex()}]`;
}

function isKeepalive({ type }: Received): boolean {
  return type === TYPE.keepalive;
}

/** Whether we announce our route with this. */
function isRoute({ type, body }: Received): boolean {
  return type === TYPE.update && body.toHex().endsWith(WEB_NLRI);
}

/** Plays one row; says what it came to. */
async function play(peer: ScriptedPeer, { phase, octets, offer }: Row): Promise<string> {
  const answer = async (isWanted: (message: Received) => boolean): Promise<string | null> => {
    for (;;) {
      const received = await peer.receive();
      if (received === null) return "closed";
      if (received.type === TYPE.notification) return formatNotification(received);
      if (isWanted(received)) return null;
    }
  };
  if (phase === "instead of OPEN") {
    await peer.send(octets);
    const refusal = await answer(isKeepalive);
    if (refusal !== null) return refusal;
    await peer.send(KEEPALIVE);
    return await answer(isRoute) ?? "up";
  }
  await peer.send(goodOpen(offer));
  const early = await answer(isKeepalive);
  if (early !== null) return `before the input: ${early}`;
  if (phase === "instead of KEEPALIVE") {
    await peer.send(octets);
    return await answer(() => false) ?? "up";
  }
  await peer.send(KEEPALIVE);
  await answer(isRoute);
  // Whoever still sends the route when it is asked for again has not ended the session.
  await peer.send(octets + REFRESH);
  return await answer(isRoute) ?? "up";
}

/** Takes one connection for each row and plays it; what comes again is closed. */
class Script implements AsyncDisposable {
  readonly outcomes: readonly PromiseWithResolvers<string>[] = ROWS.map(() => Promise.withResolvers());
  readonly #listener: Deno.TcpListener;
  readonly #peers: (ScriptedPeer | undefined)[] = [];
  readonly #accepting: Promise<void>;

  constructor(namespace: Namespace) {
    this.#listener = inNamespace(namespace.name, () => Deno.listen({ hostname: "0.0.0.0", port: 179 }));
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const peer of this.#peers) peer?.close();
    await Promise.allSettled(this.outcomes.map(({ promise }) => promise));
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const row = Number(connection.localAddr.hostname.split(".")[3]) - 100;
      if (ROWS[row] === undefined || this.#peers[row] !== undefined) {
        connection.close();
        continue;
      }
      const peer = this.#peers[row] = new ScriptedPeer(connection);
      play(peer, ROWS[row]).then(this.outcomes[row]!.resolve, this.outcomes[row]!.reject);
    }
  }
}

/** What a row came to, as far as it can be told from outside. */
function isAsRequired(outcome: string, required: string): boolean {
  if (required.startsWith("N")) return outcome === required || outcome.startsWith(`${required} [`);
  return required === "closed" ? outcome === "closed" : outcome === "up";
}

labTest(`${ROWS.length} malformed and odd inputs come to what RFC 7606 and its kin ask`, async (test) => {
  await using stage = await BgpStage.open();
  const host = await stage.lab.addClient("script");
  await stage.connect({ host: stage.node, interface: "to-script" }, { host, interface: CABLE });
  await stage.node.namespace.ip(`addr add ${OUR_IDENTIFIER}/24 dev to-script`);
  await host.namespace.ip(...ROWS.map((_, row) => `addr add ${addressOf(row)}/24 dev ${CABLE}`));
  for (const [row, { singleFamily }] of ROWS.entries()) {
    await stage.writePeer(`row${row}`, {
      myASN: 65_002,
      peerASN: 65_001,
      peerAddress: addressOf(row),
      routerID: OUR_IDENTIFIER,
      dualStackAddressFamily: !singleFamily,
    });
  }
  await stage.writeService("web", [WEB.ipv4]);
  await using script = new Script(host.namespace);
  stage.speaker(stage.node, { args: ["--health-probe-port", String(HEALTH_PORT)] });
  for (const [row, { input, required }] of ROWS.entries()) {
    await test.step(`${input}: ${required}`, async () => {
      let outcome: string | null = null;
      script.outcomes[row]!.promise.then((came) => outcome = came);
      await until(`an answer to ${input}`, () => outcome, PATIENCE_MS);
      assert.ok(isAsRequired(outcome!, required), `${outcome} instead of ${required}`);
    });
  }
  const metrics = await metricsText(stage.node.namespace, HEALTH_PORT);
  for (const [row, { input, required }] of ROWS.entries()) {
    if (!/^(keep|gone)/.test(required)) continue;
    await test.step(`${input}: the speaker counts it as ${required.slice(0, 4)}`, () => {
      const line = metrics.split("\n").find((one) =>
        one.startsWith("metallb_bgp_received_prefixes_total{") && one.includes(`"${addressOf(row)}:179"`)
      );
      const prefixes = Number(line?.split(" ").at(-1) ?? 0);
      assert.equal(prefixes > 0, required.startsWith("keep"), line ?? "no such metric");
    });
  }
});
