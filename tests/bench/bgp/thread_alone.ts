/**
 * The network thread without the rest of a speaker: told of routes by this program instead of by manifests.
 *
 * Shape: `thread_alone.ts ROUTER OWN_AS ROUTER_AS COUNT table|one-by-one`. Prints {"type":"Idle"} when it stands empty. In
 * `table`, each SIGUSR2 is a step: all COUNT routes at once ({"type":"Loaded"} when the thread has them), then none. In
 * `one-by-one`, SIGUSR2 starts it adding a route at a time; {"type":"Told","at":[...]} has the instant of each.
 *
 * @module
 */
import { NetworkThread } from "../../../agent/network/port.ts";
import { PLAIN_PEER } from "../../../agent/config/config_fixture.ts";
import type { Peer } from "../../../agent/config/config.ts";
import type { Desired } from "../../../agent/plan/desired.ts";
import {
  derived,
  NO_ROUTES,
  type RouteAttributes,
  type RouteTable,
} from "../../../agent/plan/bgp/route_table.ts";
import { parseIp } from "../../../protocols/net/ip.ts";
import type { Prefix } from "../../../protocols/net/prefix.ts";
import { rawNow } from "../setup/raw_clock.ts";
import { addressOf } from "./prefixes.ts";

/** Between two routes: no multiple of what either end might poll at. */
const PAUSE_MS = 23;

const [router, ownAsn, routerAsn, count, mode] = Deno.args;
const attributes: RouteAttributes = { localPref: null, communities: [] };
const peer: Peer = {
  ...PLAIN_PEER,
  name: "router",
  myAsn: Number(ownAsn),
  peerAsn: Number(routerAsn),
  address: parseIp(router!),
  holdTimeSeconds: 90,
  keepaliveTimeSeconds: 30,
  connectTimeSeconds: 1,
  sendHoldTimeSeconds: null,
  nodes: new Set(["n1"]),
};

let counted = () => {};
const thread = new NetworkThread({
  network: { nodeName: "n1", excludeInterfaces: null, gratuitousPerSecond: 500, shutdownWaitMs: 0 },
  onReport: (report) => {
    if (report.type === "Opened") print({ type: "Idle" });
    if (report.type === "Counters") counted();
  },
  onCrash: (message) => {
    throw new Error(message);
  },
  onStuck: () => Deno.exit(1),
});
let step = 0;
Deno.addSignalListener("SIGUSR2", () => {
  const number = step++;
  if (mode === "one-by-one") {
    if (number === 0) tell(NO_ROUTES);
    else addOneByOne();
  } else tell(number === 0 ? wholeTable() : NO_ROUTES);
});

/** Built without leaving garbage behind: memory is measured. */
function wholeTable(): RouteTable {
  const table = new Map<Prefix, RouteAttributes>();
  for (let i = 0; i < Number(count); i++) table.set(`${addressOf(i)}/32` as Prefix, attributes);
  return table;
}

function tell(routes: RouteTable): void {
  const desired: Desired = { layer2: new Map(), bgp: new Map([[peer.name, { peer, routes }]]) };
  thread.announce(desired);
  counted = () => print({ type: "Loaded" });
  thread.count();
}

function addOneByOne(): void {
  counted = () => {};
  const at: number[] = [];
  let routes = NO_ROUTES;
  const timer = setInterval(() => {
    routes = derived(routes, [[`${addressOf(at.length)}/32` as Prefix, attributes]]);
    at.push(rawNow());
    thread.announce({ layer2: new Map(), bgp: new Map([[peer.name, { peer, routes }]]) });
    if (at.length < Number(count)) return;
    clearInterval(timer);
    print({ type: "Told", at });
  }, PAUSE_MS);
}

function print(line: unknown): void {
  console.log(JSON.stringify(line));
}
