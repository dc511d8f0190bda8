/**
 * Ingot: addresses for Kubernetes Services of type LoadBalancer, and a network that delivers to them.
 *
 * A dozen files explain the program; read them in this order:
 *
 *   agent/runtime/options/command_line.ts   what can be asked of it
 *   k8s/source.ts                           where objects come from and statuses go
 *   agent/snapshot.ts                       one instant of the cluster
 *   agent/config/config.ts                  what the custom resources mean
 *   agent/allocate/allocation.ts            who gets which address
 *   agent/controller.ts                     the controller role: the above, wired
 *   agent/plan/cluster_plan.ts              who answers for it
 *   agent/plan/desired.ts                   what one node should put on the wire
 *   agent/speaker.ts                        the speaker role, wired
 *   agent/network/loop.ts                   the one loop that touches sockets
 *   agent/network/layer2/layer2.ts          where machines meet interfaces
 *   protocols/arp/responder.ts              one frame in, an answer or a named refusal out
 *
 * Nobody imports this file.
 *
 * @module
 */
import { runController } from "./agent/controller.ts";
import { runPlan } from "./agent/operator/plan_command.ts";
import { runValidate } from "./agent/operator/validate/command.ts";
import { logOf, openLog } from "./agent/runtime/log.ts";
import { type Command, parseCommand } from "./agent/runtime/options/command_line.ts";
import { runSpeaker } from "./agent/speaker.ts";
import config from "./deno.json" with { type: "json" };

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Carries out the command line; the result is the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const command = parseCommand(argv, {
    env: (name) => Deno.env.get(name),
    hostname: () => Deno.hostname(),
    version: config.version,
  });
  switch (command.type) {
    case "Show":
      print(Deno.stdout, command.text);
      return 0;
    case "Refuse":
      print(Deno.stderr, `ingot: ${command.line}\n`);
      return 2;
    case "Plan":
      return await runPlan(command.options, {
        isTerminal: Deno.stdout.isTerminal(),
        out: (text) => print(Deno.stdout, text),
        err: (text) => print(Deno.stderr, text),
      });
    case "Validate":
      return await runValidate(command.options, {
        standardInput: async () => new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer()),
        out: (text) => print(Deno.stdout, text),
      });
    case "Controller":
    case "Speaker":
      return await runRole(command);
  }
}

/** Runs a role until SIGTERM or SIGINT; a second signal ends it at once. */
async function runRole(command: Extract<Command, { type: "Controller" | "Speaker" }>): Promise<number> {
  openLog(command.options.logLevel);
  for (const { option, reason } of command.options.ignored) {
    logOf("main").warn("option has no effect", { option, reason });
  }
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => stop.signal.aborted ? Deno.exit(1) : stop.abort());
  }
  try {
    if (command.type === "Controller") await runController(command.options, stop.signal);
    else await runSpeaker(command.options, stop.signal);
    return 0;
  } catch (err) {
    if (err === stop.signal.reason) return 0;
    const log = logOf("main");
    log.error("cannot go on", { err });
    if (err instanceof Error) log.debug("where it happened", { stack: err.stack });
    return 1;
  }
}

/** Writes all of it, however long the pipe; leaves with 1 when the text cannot be kept where it should go. */
function print(to: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  let rest = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(to.writeSync(rest));
  } catch (error) {
    // Whoever read has seen enough, as in `ingot plan | head`; and nothing can be said on a broken standard error.
    if (error instanceof Deno.errors.BrokenPipe || to === Deno.stderr) return;
    print(Deno.stderr, `ingot: Cannot write to standard output: ${(error as Error).message}\n`);
    Deno.exit(1);
  }
}
