/**
 * The network thread: a Worker that owns every descriptor and every protocol timer.
 *
 * Shape: the first message opens it; from then on the loop runs inside that one event and the thread never returns to
 * its event loop until it is told to stop. Handles are a tree: an exception closes all of them on its way out, and the
 * main thread starts another thread.
 * Not here: the main thread's side (port.ts).
 *
 * @module
 */
import { preferThisThread, setRealTime, shortenSlice } from "../../ffi/priority.ts";
import { BfdPaths } from "./bfd/paths.ts";
import { BgpSessions } from "./bgp/sessions.ts";
import { monotonicNow } from "../runtime/clock.ts";
import { CommandReader } from "./commands.ts";
import { Counters } from "./counters.ts";
import { HostAddresses } from "./host_addresses.ts";
import { InterfaceWatch } from "./interface_watch.ts";
import { type Interface } from "./interface_table.ts";
import { Layer2 } from "./layer2/layer2.ts";
import { Loop } from "./loop.ts";
import type { Command, InterfaceReport, Report } from "./messages.ts";
import { Precedence } from "./precedence.ts";

/** What a Worker's global scope offers beyond the types of the main thread. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Command>) => void) | null;
  postMessage(report: Report): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;
const NOT_PREFERRED: Report = {
  type: "Log",
  level: "debug",
  msg: "network thread runs at ordinary priority, as it lacks CAP_SYS_NICE",
  fields: {},
};

const report = (one: Report): void => scope.postMessage(one);

scope.onmessage = (event) => {
  if (event.data.type !== "Open") {
    throw new Error(`The first command must be Open: current value is ${event.data.type}`);
  }
  runUntilStop(event.data);
  report({ type: "Stopped" });
  scope.close();
};

function runUntilStop(open: Extract<Command, { type: "Open" }>): void {
  // 50 ms x 3 must hold while others compute; without the right to it, the thread waits its turn like everybody.
  if (!preferThisThread()) report(NOT_PREFERRED);
  // An answer takes a tenth of a millisecond; it shall not wait until a program that computes has used up its slice.
  shortenSlice();
  using handles = new DisposableStack();
  const loop = new Loop(monotonicNow, new Precedence(setRealTime));
  const counters = new Counters();
  const layer2 = handles.use(new Layer2(open.options, { loop, counters, report, rng: Math.random }));
  const host = new HostAddresses();
  const around = { loop, host, report, rng: Math.random };
  const paths = handles.use(
    new BfdPaths({ ...around, counters }, (peer, isUp, now) => sessions.pathChanged(peer, isUp, now)),
  );
  const sessions: BgpSessions = handles.use(
    new BgpSessions({ ...around, options: open.options, paths }, monotonicNow()),
  );
  const lastReport = { text: "" };
  const watch = handles.use(
    new InterfaceWatch(open.options.excludeInterfaces, host, (interfaces, now) => {
      layer2.setInterfaces(interfaces, now);
      sessions.hostChanged(now);
      reportInterfaces(interfaces, lastReport);
    }),
  );
  loop.addUrgentTimer(paths);
  loop.addTimer(layer2);
  loop.addTimer(sessions);
  loop.watch(watch.fd, watch);
  const commands = new CommandReader(open.wakeFd, open.commands, (command, now) => {
    switch (command.type) {
      case "Layer2":
        return layer2.change(command.set, command.remove, now);
      case "BgpRoutes":
        return sessions.changeRoutes(command, now);
      case "BgpPeers":
        return sessions.changePeers(command, now);
      case "Count": {
        const counted = { bgp: sessions.counters(), bfd: paths.counters() };
        return report({ type: "Counters", counters: counters.read(loop.takeLag(), counted) });
      }
      case "Ping":
        return report({ type: "Alive" });
      case "Stop":
        return sessions.shutDown(() => loop.stop(), now);
      case "Open":
        throw new Error("The thread is open already");
      default:
        command satisfies never;
    }
  });
  loop.watch(open.wakeFd, commands);
  watch.dump(monotonicNow());
  report({ type: "Opened" });
  loop.run();
}

/** Tells the main thread when what it can see of the interfaces has changed. */
function reportInterfaces(interfaces: ReadonlyMap<number, Interface>, last: { text: string }): void {
  const reports: InterfaceReport[] = [...interfaces.values()]
    .map(({ name, up, arp, ndp }) => ({ name, up, arp, ndp }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const text = JSON.stringify(reports);
  if (text === last.text) return;
  last.text = text;
  report({ type: "Interfaces", interfaces: reports });
}
