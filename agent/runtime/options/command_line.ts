/**
 * The command line and environment, turned into options or one clear line of refusal.
 *
 * Source: MetalLB's flags and environment variables where they make sense without a cluster, in Go's spelling too:
 * `-node-name x`, `--node-name=x`, `--ignore-exclude-lb=true`.
 * Shape: argv and environment in, a {@linkcode Command} out; text for --help and --version is returned, not printed.
 * Not here: what the commands do (agent/controller.ts, agent/speaker.ts, agent/operator/).
 *
 * @module
 */
import { Command as Commander, CommanderError, InvalidArgumentError, Option } from "commander";
import { addClusterFlags, type ClusterFlags, type ClusterOptions, parseClusterOptions } from "./cluster.ts";
import { IGNORED_FLAGS, type IgnoredFlag, ignoredIn } from "./ignored.ts";
import { LOG_LEVELS, type LogLevel } from "../log.ts";
import type { Place } from "../open_source.ts";
import {
  type OperatorCommand,
  operatorCommands,
  type PlanOptions,
  type ValidateOptions,
} from "./operator_commands.ts";
import {
  classOption,
  ignoreExcludeOption,
  kubeconfigOption,
  manifestsOption,
  namespaceIn,
  namespaceOption,
  type PlaceFlags,
  placeOf,
  type Surroundings,
} from "./shared.ts";

/** What every role needs. */
export interface RoleOptions {
  readonly place: Place;
  readonly namespace: string | null;
  readonly logLevel: LogLevel;
  readonly loadBalancerClass: string | null;
  /** Port of the listener for /healthz and /readyz, and for /metrics without a cluster; 0 opens none. */
  readonly healthProbePort: number;
  /** What matters where there is a cluster. */
  readonly cluster: ClusterOptions;
  /** MetalLB's flags that were given and have no effect. */
  readonly ignored: readonly IgnoredFlag[];
}

/** What the speaker needs besides. */
export interface SpeakerOptions extends RoleOptions {
  readonly nodeName: string;
  readonly ignoreExcludeLb: boolean;
  /** YAML file in the form of MetalLB's excludel2.yaml, or null for MetalLB's own place, which may be absent. */
  readonly excludeInterfacesFile: string | null;
  readonly gratuitousPerSecond: number;
  /** How long BGP peers are asked to look for other paths before the speaker leaves (RFC 8326). */
  readonly shutdownWaitSeconds: number;
}

/** What the command line asks for. */
export type Command =
  | { readonly type: "Controller"; readonly options: RoleOptions }
  | { readonly type: "Speaker"; readonly options: SpeakerOptions }
  | { readonly type: "Plan"; readonly options: PlanOptions }
  | { readonly type: "Validate"; readonly options: ValidateOptions }
  /** --help or --version: print and leave with 0. */
  | { readonly type: "Show"; readonly text: string }
  /** Print one line on standard error and leave with 2. */
  | { readonly type: "Refuse"; readonly line: string };

interface Flags extends ClusterFlags, PlaceFlags {
  readonly role?: "controller" | "speaker";
  readonly namespace?: string;
  readonly nodeName?: string;
  readonly logLevel: LogLevel;
  readonly lbClass?: string;
  readonly ignoreExcludeLb?: boolean;
  readonly excludeInterfaces?: string;
  readonly gratuitousPerSecond?: number;
  readonly shutdownWaitSeconds?: number;
  readonly healthProbePort?: number;
}

const SPEAKER_ONLY = [
  "nodeName",
  "ignoreExcludeLb",
  "excludeInterfaces",
  "gratuitousPerSecond",
  "shutdownWaitSeconds",
] as const;

/** The command that these arguments and this environment ask for. */
export function parseCommand(argv: readonly string[], surroundings: Surroundings): Command {
  let printed = "";
  let command: Command | null = null;
  const program = rootCommand(surroundings, (found) => command = found);
  for (const part of [program, ...program.commands]) {
    part.exitOverride().configureOutput({
      writeOut: (text) => printed += text,
      writeErr: () => {},
      getOutHasColors: () => false,
    });
  }
  try {
    const words = inLongForm(argv, program);
    const flags = words.filter((word) => /^(--|-o)/.test(word)).map((word) =>
      word.startsWith("-o") ? "--output" : word.split("=", 1)[0]!
    );
    const twice = flags.find((flag, i) => flags.indexOf(flag) !== i);
    if (twice !== undefined) return refuse(`${twice} is given twice`);
    program.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { type: "Show", text: printed };
    return refuse(error.message.replace(/^error: |\.$/g, "").replaceAll("\n", " "));
  }
  return command ?? refuse("Nothing to do");
}

function refuse(why: string): Command {
  const sentence = why.charAt(0).toUpperCase() + why.slice(1);
  return { type: "Refuse", line: `${sentence}; see ingot --help` };
}

function rootCommand(around: Surroundings, found: (command: Command) => void): Commander {
  const program = new Commander("ingot")
    .description(
      "Load balancer for bare-metal Kubernetes and plain Linux hosts, a drop-in replacement for MetalLB.",
    )
    .version(around.version, "--version", "print the version and leave")
    .helpOption("-h, --help", "explain the options and leave")
    .enablePositionalOptions()
    .usage(
      "--role controller|speaker [--manifests DIR | --kubeconfig FILE] [options]\n" +
        "       ingot plan [--manifests DIR | --kubeconfig FILE [--manifests NEW]] [-o json]\n" +
        "       ingot validate FILE... [-o json]",
    )
    .addOption(
      new Option(
        "--role <role>",
        "controller: give Services addresses; speaker: answer for them on this node",
      )
        .choices(["controller", "speaker"]),
    )
    .addOption(
      manifestsOption("dir", "folder of YAML or JSON files that says what should be; watched for changes"),
    )
    .addOption(kubeconfigOption("; in place of --manifests"))
    .addOption(namespaceOption())
    .addOption(
      new Option(
        "--node-name <name>",
        "speaker: the Node object this host is (or METALLB_NODE_NAME; default: the host's own name)",
      ),
    )
    .addOption(new Option("--log-level <level>", "how much to log").choices(LOG_LEVELS).default("info"))
    .addOption(classOption())
    .addOption(ignoreExcludeOption("speaker: "))
    .option(
      "--exclude-interfaces <file>",
      "speaker: YAML file with announcedInterfacesToExclude, patterns of interfaces never to use (default: /etc/metallb/excludel2.yaml if there is one)",
    )
    .option(
      "--gratuitous-per-second <packets>",
      "speaker: ceiling for gratuitous ARP and unsolicited NA packets (default: 2000)",
      wholeNumber(1, 1_000_000),
    )
    .option(
      "--shutdown-wait-seconds <seconds>",
      "speaker: on SIGTERM, mark routes for GRACEFUL_SHUTDOWN and wait so long before leaving BGP peers (default: 0)",
      wholeNumber(0, 3600),
    )
    .option(
      "--health-probe-port <port>",
      "serve /healthz and /readyz over HTTP on this port, without a cluster /metrics too; 0: do not (default: 0, in a cluster 17472)",
      wholeNumber(0, 65535),
    )
    .addHelpText("after", EPILOGUE);
  addClusterFlags(program, wholeNumber(0, 65535));
  for (const flags of Object.keys(IGNORED_FLAGS)) program.addOption(new Option(flags).hideHelp());
  program.action((_unused, self: Commander) => found(roleCommand(self, around)));
  const operator = (command: OperatorCommand) => found(operatorCommand(command, program));
  for (const command of operatorCommands(around, operator)) program.addCommand(command);
  return program.allowExcessArguments(false);
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

function roleCommand(program: Commander, around: Surroundings): Command {
  const flags = program.opts<Flags>();
  if (flags.role === undefined) return refuse("Say what to be: --role controller or --role speaker");
  const place = placeOf(flags, around);
  if (typeof place === "string") return refuse(place);
  const cluster = parseClusterOptions(flags, around.env);
  if (typeof cluster === "string") return refuse(cluster);
  const options: RoleOptions = {
    place,
    namespace: namespaceIn(flags, around),
    logLevel: flags.logLevel,
    loadBalancerClass: flags.lbClass || null,
    healthProbePort: flags.healthProbePort ?? (place.type === "Cluster" ? 17472 : 0),
    cluster,
    ignored: ignoredIn(program, flags.role, place.type === "Cluster"),
  };
  if (flags.role === "controller") {
    const foreign = SPEAKER_ONLY.find((name) => program.getOptionValueSource(name) === "cli");
    if (foreign === undefined) return { type: "Controller", options };
    const flag = foreign.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
    return refuse(`--${flag} belongs to --role speaker`);
  }
  return {
    type: "Speaker",
    options: {
      ...options,
      nodeName: flags.nodeName || around.env("METALLB_NODE_NAME") || around.hostname(),
      ignoreExcludeLb: flags.ignoreExcludeLb ?? false,
      excludeInterfacesFile: flags.excludeInterfaces || null,
      gratuitousPerSecond: flags.gratuitousPerSecond ?? 2000,
      shutdownWaitSeconds: flags.shutdownWaitSeconds ?? 0,
    },
  };
}

function operatorCommand(command: OperatorCommand, program: Commander): Command {
  if (command.type === "Unclear") return refuse(command.why);
  const misplaced = program.options.find((o) => program.getOptionValueSource(o.attributeName()) === "cli");
  return misplaced === undefined
    ? command
    : refuse(`${misplaced.long} does not go before ${command.type.toLowerCase()}`);
}

/** Go's flag package takes `-name` for `--name`, and `=true` or `=false` on a flag without a value. */
function inLongForm(argv: readonly string[], program: Commander): string[] {
  const known = new Map(
    [program, ...program.commands].flatMap((part) => part.options.map((o) => [o.long, o])),
  );
  return argv.flatMap((argument) => {
    const match = /^--?([a-z][a-z0-9-]+)(=.*)?$/.exec(argument);
    const option = match === null ? undefined : known.get(`--${match[1]}`);
    if (match === null || option === undefined) return [argument];
    const takesValue = option.required || option.optional;
    if (!takesValue && (match[2] === "=true" || match[2] === "=false")) {
      return match[2] === "=true" ? [`--${match[1]}`] : [];
    }
    return [`--${match[1]}${match[2] ?? ""}`];
  });
}

const EPILOGUE = `
A folder of manifests holds Services, Nodes, EndpointSlices, Namespaces and MetalLB's IPAddressPool, L2Advertisement
and Community, as kubectl prints them. The controller writes the addresses it gives to DIR/status/; speakers read them.

  ingot validate /etc/ingot                                 every error in it, for pipelines
  ingot plan --manifests /etc/ingot                         what would happen, and why
  ingot --role controller --manifests /etc/ingot            give addresses, follow every change
  ingot --role speaker --manifests /etc/ingot               answer ARP and NDP on this host (root, or CAP_NET_RAW)

SIGTERM withdraws, then stops. Exit codes: 0 done, 1 failed, 2 the command line is wrong.`;
