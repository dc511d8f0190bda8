/**
 * The command lines of what a person or a pipeline types: `ingot plan`, `ingot validate`.
 *
 * Shape: commander's commands, which call back with options or with why there are none.
 * Not here: what they do (agent/operator).
 *
 * @module
 */
import { Command as Commander, Option } from "commander";
import type { Place } from "../open_source.ts";
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

/** What `ingot plan` needs. */
export interface PlanOptions {
  readonly place: Place;
  /** File or folder with what would be applied to the cluster; null plans for what is there. */
  readonly overlay: string | null;
  readonly namespace: string | null;
  readonly loadBalancerClass: string | null;
  readonly ignoreExcludeLb: boolean;
  readonly output: "table" | "json";
}

/** What `ingot validate` needs. */
export interface ValidateOptions {
  /** Files, folders, or "-" for standard input. */
  readonly paths: readonly string[];
  readonly namespace: string | null;
  /** Whether an object that is referred to must be in the files. */
  readonly isStrict: boolean;
  readonly output: "text" | "json";
}

/** One of these commands, or why the command line is none. */
export type OperatorCommand =
  | { readonly type: "Plan"; readonly options: PlanOptions }
  | { readonly type: "Validate"; readonly options: ValidateOptions }
  | { readonly type: "Unclear"; readonly why: string };

interface PlanFlags extends PlaceFlags {
  readonly namespace?: string;
  readonly lbClass?: string;
  readonly ignoreExcludeLb?: boolean;
  readonly output: "table" | "json";
}

interface ValidateFlags {
  readonly namespace?: string;
  readonly strict?: boolean;
  readonly output: "text" | "json";
}

/** The commands; `found` is called with the one that was given. */
export function operatorCommands(
  around: Surroundings,
  found: (command: OperatorCommand) => void,
): readonly Commander[] {
  return [
    command("plan", "print which address each Service gets and which node answers for it; changes nothing")
      .addOption(
        manifestsOption(
          "path",
          "folder of YAML or JSON files that says what should be; with --kubeconfig, file or folder of what would be applied",
        ),
      )
      .addOption(kubeconfigOption(": what would change there"))
      .addOption(namespaceOption())
      .addOption(classOption())
      .addOption(ignoreExcludeOption(""))
      .addOption(outputOption("table"))
      .action((flags: PlanFlags) => found(planCommand(flags, around))),
    command("validate", "check manifests as the roles would, without a cluster; for pipelines")
      .argument("<path...>", "files, folders, or - for standard input")
      .addOption(namespaceOption())
      .option("--strict", "an object that is referred to and not in the files is an error")
      .addOption(outputOption("text"))
      .addHelpText("after", "\nExit codes: 0 no error, 1 errors, 2 the command line is wrong.")
      .action((paths: readonly string[], flags: ValidateFlags) =>
        found(validateCommand(paths, flags, around))
      ),
  ];
}

function command(name: string, description: string): Commander {
  return new Commander(name).description(description).helpOption(
    "-h, --help",
    "explain the options and leave",
  );
}

function outputOption(usual: "table" | "text"): Option {
  return new Option("-o, --output <form>", `${usual} or json`).choices([usual, "json"]).default(usual);
}

function planCommand(flags: PlanFlags, around: Surroundings): OperatorCommand {
  const { manifests, kubeconfig } = flags;
  const isOverlay = Boolean(manifests && kubeconfig);
  const place = placeOf(isOverlay ? { kubeconfig: kubeconfig! } : flags, around);
  if (typeof place === "string") return { type: "Unclear", why: place };
  return {
    type: "Plan",
    options: {
      place,
      overlay: isOverlay ? manifests! : null,
      namespace: namespaceIn(flags, around),
      loadBalancerClass: flags.lbClass || null,
      ignoreExcludeLb: flags.ignoreExcludeLb ?? false,
      output: flags.output,
    },
  };
}

function validateCommand(
  paths: readonly string[],
  flags: ValidateFlags,
  around: Surroundings,
): OperatorCommand {
  if (paths.includes("")) return { type: "Unclear", why: "A path is empty" };
  return {
    type: "Validate",
    options: {
      paths,
      namespace: namespaceIn(flags, around),
      isStrict: flags.strict ?? false,
      output: flags.output,
    },
  };
}
