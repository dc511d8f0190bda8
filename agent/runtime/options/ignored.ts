/**
 * MetalLB's flags that change nothing here, each with the reason.
 *
 * Source: the command lines of MetalLB's controller and speaker. They are taken, so that the command line of an installation
 * starts; the role says at its start which of them it was given in vain.
 * Not here: the flags that do something (command_line.ts, cluster.ts).
 *
 * @module
 */
import type { Command as Commander } from "commander";

/** A flag that was given in vain. */
export interface IgnoredFlag {
  readonly option: string;
  readonly reason: string;
}

const NO_GOSSIP = "speakers do not gossip yet";
const NO_FRR = "this program speaks BGP itself and configures no FRR";
const OWN_CHOICE = "the TLS library chooses by itself, and only among what has forward secrecy";

/** As commander takes them. */
export const IGNORED_FLAGS: Readonly<Record<string, string>> = {
  "--host <address>": "MetalLB ignores it too: metrics are served at every address",
  "--pprof-bind-address <address>": "this is no Go program: there is nothing for pprof to show",
  "--bgp-debounce-timeout <ms>": "nothing is gathered: routes are announced as they change",
  "--frrk8s-namespace <name>": NO_FRR,
  "--frrk8s-secret-passthrough": NO_FRR,
  "--ml-bindaddr <address>": NO_GOSSIP,
  "--ml-bindport <port>": NO_GOSSIP,
  "--ml-labels <selector>": NO_GOSSIP,
  "--ml-secret-key-path <dir>": NO_GOSSIP,
  "--ml-wan-config": NO_GOSSIP,
};

/** Flags that are checked, and change nothing all the same. */
const CHECKED: Readonly<Record<string, string>> = {
  "--tls-cipher-suites": OWN_CHOICE,
  "--tls-curve-preferences": OWN_CHOICE,
};

/** What needs an API server. */
const OF_A_CLUSTER = ["--port", "--metrics-cert-dir", "--tls-min-version", "--pod-name"];
const OF_THE_CONTROLLER = [
  "--ml-secret-name",
  "--deployment",
  "--webhook-mode",
  "--webhook-secret",
  "--webhook-http2",
  "--disable-cert-rotation",
  "--cert-dir",
  "--cert-service-name",
];

/** The flags that a role of this program was given in vain. */
export function ignoredIn(
  program: Commander,
  role: "controller" | "speaker",
  isInCluster: boolean,
): IgnoredFlag[] {
  const reasons = new Map([
    ...Object.entries(IGNORED_FLAGS).map(([flags, reason]) => [flags.split(" ", 1)[0]!, reason] as const),
    ...Object.entries(CHECKED),
    ...role === "controller"
      ? []
      : OF_THE_CONTROLLER.map((flag) => [flag, "it is for the controller"] as const),
    ...isInCluster
      ? []
      : [...OF_A_CLUSTER, ...OF_THE_CONTROLLER].map((flag) => [flag, "there is no cluster"] as const),
  ]);
  return program.options.flatMap((option) => {
    const reason = reasons.get(option.long ?? "");
    const isGiven = program.getOptionValueSource(option.attributeName()) === "cli";
    return reason !== undefined && isGiven ? [{ option: option.long!, reason }] : [];
  });
}
