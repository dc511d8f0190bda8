/**
 * What a speaker of ours answers to messages that are wrong, odd or out of place, octet by octet.
 *
 * Source: RFC 4271 sections 6.1, 6.2 and 8.2.2, RFC 5492, 6286, 6608, 6793, 7313, 7607, 8654, 9072. Every row was put to
 * FRR, BIRD and GoBGP as well; where they differ the RFC decides.
 * Not here: path attributes, whose verdicts are the codec's (protocols/bgp/wire).
 *
 * @module
 */
import assert from "node:assert/strict";
import { openPeer, peerFsmState, stepPeer } from "../../protocols/bgp/peer.ts";
import { DEFAULT_PEER, type PeerConfig } from "../../protocols/bgp/peer_config.ts";
import type { PeerEvent } from "../../protocols/bgp/peer_state.ts";
import { Framer } from "../../protocols/bgp/wire/framer.ts";
import { decodeMessage } from "../../protocols/bgp/wire/message.ts";
import type { WireOptions } from "../../protocols/bgp/wire/update.ts";
import type { Instant } from "../../protocols/machine.ts";
import { formatHex, parseHex } from "../../protocols/net/bytes.ts";
import type { Ip } from "../../protocols/net/ip.ts";

const config: PeerConfig = {
  ...DEFAULT_PEER,
  localAsn: 65000,
  remoteAsn: 65001,
  bgpIdentifier: "10.0.0.1" as Ip,
  families: ["ipv4-unicast"],
};

const MARKER = "ff".repeat(16);

/** A message of that type and body, in hexadecimal; the length may be a lie. */
function message(type: number, body: string, length: number = 19 + body.length / 2): string {
  return MARKER + hex(length, 4) + hex(type, 2) + body;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

interface OpenFields {
  readonly version?: number;
  readonly as?: number;
  readonly hold?: number;
  readonly id?: string;
  /** Optional parameters with their length octet. */
  readonly parameters?: string;
}

const MP_IPV4 = "010400010001";
const FOUR_OCTET_AS = "41040000fde9";

function capabilities(...values: readonly string[]): string {
  const all = values.join("");
  return hex(all.length / 2 + 2, 2) + "02" + hex(all.length / 2, 2) + all;
}

function open(fields: OpenFields = {}): string {
  const { version = 4, as = 65001, hold = 90, id = "0a000002" } = fields;
  const parameters = fields.parameters ?? capabilities(MP_IPV4, FOUR_OCTET_AS);
  return message(1, hex(version, 2) + hex(as, 4) + hex(hold, 4) + id + parameters);
}

const KEEPALIVE = message(4, "");
const EMPTY_UPDATE = message(2, "00000000");

/** Octets to a speaker that has dialled, one message a time: the NOTIFICATION it answers with, or "up", or a state. */
function verdict(octets: readonly string[], over: Partial<PeerConfig> = {}): string {
  const ours = { ...config, ...over };
  const cx = { now: 0 as Instant, rng: () => 0.5 };
  let state = openPeer(ours, false, cx);
  let said: string | null = null;
  let wire: WireOptions = {
    peerType: "external",
    fourOctetAsn: true,
    families: ["ipv4-unicast"],
    extendedNextHop: false,
    maxMessageOctets: 4096,
  };
  const framer = new Framer(4096);
  const step = (event: PeerEvent): void => {
    const next = stepPeer(state, event, ours, cx);
    state = next.state;
    for (const effect of next.effects) {
      if (effect.type === "SessionUp") wire = effect.negotiated.wire;
      if (effect.type === "Send" && effect.message.type === "Notification" && said === null) {
        const { code, subcode, data } = effect.message;
        said = `N ${code}/${subcode}${data.length > 0 ? ` [${formatHex(data)}]` : ""}`;
      }
      if (effect.type === "CloseConnection") said ??= "closed";
    }
  };
  step({ type: "Start" });
  step({ type: "ConnectionOpened", connection: 1 });
  for (const text of octets) {
    const { messages, error } = framer.write(parseHex(text)!);
    for (const framed of messages) {
      const result = decodeMessage(framed, wire);
      if (result.ok) step({ type: "MessageReceived", connection: 1, message: result.value });
      else step({ type: "MessageRefused", connection: 1, error: result.error });
    }
    if (error !== null) step({ type: "MessageRefused", connection: 1, error });
  }
  if (said !== null) return said;
  const name = peerFsmState(state);
  return name === "Established" ? "up" : name;
}

interface Row {
  readonly name: string;
  /** A prefix of the verdict, so that data is compared only where an RFC prescribes it; or several that will do. */
  readonly required: string | readonly string[];
  readonly octets: readonly string[];
  readonly over?: Partial<PeerConfig>;
}

const UP = [open(), KEEPALIVE];

/** After a session is up. */
const IN_ESTABLISHED: readonly Row[] = [
  { name: "marker not all ones", required: "N 1/1", octets: ["fe" + KEEPALIVE.slice(2)] },
  { name: "length 18", required: "N 1/2 [0012]", octets: [message(4, "", 18)] },
  { name: "KEEPALIVE length 20", required: "N 1/2 [0014]", octets: [message(4, "00")] },
  { name: "length 4097 without extended messages", required: "N 1/2 [1001]", octets: [message(2, "", 4097)] },
  { name: "type 0", required: "N 1/3 [00]", octets: [message(0, "")] },
  { name: "type 9", required: "N 1/3 [09]", octets: [message(9, "")] },
  { name: "OPEN length 28", required: "N 1/2 [001c]", octets: [message(1, "00".repeat(9))] },
  { name: "UPDATE length 22", required: "N 1/2 [0016]", octets: [message(2, "000000")] },
  { name: "OPEN", required: "N 5/3", octets: [open()] },
  { name: "KEEPALIVE", required: "up", octets: [KEEPALIVE] },
  { name: "UPDATE", required: "up", octets: [EMPTY_UPDATE] },
  { name: "NOTIFICATION", required: "closed", octets: [message(3, "0600")] },
  { name: "ROUTE-REFRESH", required: "up", octets: [message(5, "00010001")] },
  { name: "ROUTE-REFRESH length 3", required: ["N 1/2", "N 7/1"], octets: [message(5, "000100")] },
  { name: "ROUTE-REFRESH length 5", required: ["N 1/2", "N 7/1"], octets: [message(5, "0001000100")] },
  { name: "ROUTE-REFRESH unknown subtype 77", required: "up", octets: [message(5, "00014d01")] },
  { name: "ROUTE-REFRESH for unknown AFI 99", required: "up", octets: [message(5, "00630001")] },
];

/** As the first message, then a KEEPALIVE. */
const OPENS:
  readonly (readonly [name: string, required: Row["required"], fields: OpenFields, over?: Row["over"]])[] = [
    ["as it should be", "up", {}],
    ["version 3", "N 2/1 [0004]", { version: 3 }],
    ["version 5", "N 2/1 [0004]", { version: 5 }],
    ["wrong AS", "N 2/2", { as: 65009, parameters: capabilities(MP_IPV4, "41040000fdf1") }],
    ["AS field and capability disagree", "N 2/2", { as: 65009 }],
    ["AS 0", "N 2/2", { as: 0, parameters: capabilities(MP_IPV4) }],
    ["AS 0 in the capability", "N 2/2", { parameters: capabilities(MP_IPV4, "410400000000") }],
    ["hold time 1", "N 2/6", { hold: 1 }],
    ["hold time 2", "N 2/6", { hold: 2 }],
    ["hold time 0", "up", { hold: 0 }],
    ["identifier 0.0.0.0", "N 2/3", { id: "00000000" }],
    ["identifier 224.0.0.1", "up", { id: "e0000001" }],
    ["our identifier, external", "up", { id: "0a000001" }],
    ["our identifier, internal", "N 2/3", { id: "0a000001" }, { localAsn: 65001 }],
    ["unknown parameter 99", "N 2/4", { parameters: "03630100" }],
    ["authentication parameter", "N 2/4", { parameters: "03010100" }],
    ["parameter length overruns", "N 2/0", { parameters: "040210" + "0104" }],
    ["parameters shorter than the message", ["N 2/0", "up"], { parameters: capabilities(MP_IPV4) + "0000" }],
    ["capability length overruns", "N 2/0", { parameters: "04" + "0202" + "0110" }],
    ["unknown capability 200", "up", { parameters: capabilities(MP_IPV4, FOUR_OCTET_AS, "c80101") }],
    ["a capability twice", "up", { parameters: capabilities(MP_IPV4, MP_IPV4, FOUR_OCTET_AS) }],
    ["one parameter a capability", "up", { parameters: "10" + "0206" + MP_IPV4 + "0206" + FOUR_OCTET_AS }],
    ["no capabilities", "up", { parameters: "00" }],
    ["IPv6 alone", "N 2/7 [010400010001]", { parameters: capabilities("010400020001", FOUR_OCTET_AS) }],
    ["extended parameters, RFC 9072", "up", {
      parameters: "ffff" + "000f" + "02000c" + MP_IPV4 + FOUR_OCTET_AS,
    }],
    ["role customer against no role", "up", { parameters: capabilities(MP_IPV4, FOUR_OCTET_AS, "090103") }],
  ];

const ROWS: readonly Row[] = [
  ...IN_ESTABLISHED.map((row) => ({
    ...row,
    name: `${row.name} in Established`,
    octets: [...UP, ...row.octets],
  })),
  ...OPENS.map(([name, required, fields, over]) => ({
    name: `OPEN: ${name}`,
    required,
    octets: [open(fields), KEEPALIVE],
    ...over !== undefined && { over },
  })),
  { name: "UPDATE in OpenSent", required: "N 5/1", octets: [EMPTY_UPDATE] },
  { name: "KEEPALIVE in OpenSent", required: "N 5/1", octets: [KEEPALIVE] },
  { name: "NOTIFICATION first", required: ["N 5/1", "closed"], octets: [message(3, "0600")] },
  { name: "UPDATE in OpenConfirm", required: "N 5/2", octets: [open(), EMPTY_UPDATE] },
  { name: "OPEN in OpenConfirm", required: "N 5/2", octets: [open(), open()] },
];

for (const { name, required, octets, over } of ROWS) {
  Deno.test(`verdict on ${name}: ${[required].flat().join(" or ")}`, () => {
    const seen = verdict(octets, over);
    assert.ok([required].flat().some((prefix) => seen.startsWith(prefix)), seen);
  });
}
