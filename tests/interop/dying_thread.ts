/**
 * A network thread that answers for nothing and dies at the second change it is told: for network_thread_test.ts.
 *
 * Shape: speaks the messages of agent/network/messages.ts; what it is told to announce comes back as a Log report.
 *
 * @module
 */
import type { Command, Report } from "../../agent/network/messages.ts";

interface WorkerScope {
  onmessage: ((event: MessageEvent<Command>) => void) | null;
  postMessage(report: Report): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;
let changes = 0;

scope.onmessage = ({ data }) => {
  if (data.type === "Open") data.commands.onmessage = (event: MessageEvent<Command>) => take(event.data);
};

function take(command: Command): void {
  if (command.type === "Layer2") {
    if (++changes === 2) throw new Error("Told too much");
    const fields = { set: command.set.map(({ ip }) => ip), remove: command.remove };
    scope.postMessage({ type: "Log", level: "info", msg: "told", fields });
  } else if (command.type === "Stop") {
    scope.postMessage({ type: "Stopped" });
    scope.close();
  }
}
