/**
 * The suites of the project in the order they run: what each one starts, and what it cannot do without.
 *
 * Shape: a table. Suites share namespaces, interfaces and dist/, so they run one after another.
 * Not here: running and counting them (run.ts), how a need is looked for (needs.ts).
 *
 * @module
 */
import type { Need } from "./needs.ts";

/** A command that passes or fails as a whole. */
export interface CommandSuite {
  readonly kind: "command";
  readonly name: string;
  /** Arguments for deno. */
  readonly args: readonly string[];
  readonly needs: readonly Need[];
  readonly limitMinutes: number;
}

/** Folders of tests, counted test by test. */
export interface TestSuite {
  readonly kind: "tests";
  readonly name: string;
  readonly folders: readonly string[];
  /** Flags for `deno test`: permissions, as few as will do. */
  readonly flags: readonly string[];
  readonly needs: readonly Need[];
  readonly limitMinutes: number;
}

export type Suite = CommandSuite | TestSuite;

function command(name: string, args: readonly string[], needs: readonly Need[] = []): CommandSuite {
  return { kind: "command", name, args, needs, limitMinutes: 5 };
}

const EVERYTHING = ["-A"];
const LAB_NEEDS: readonly Need[] = ["lab", "namespaces"];

/** The yaml package looks at these two whenever it parses. */
const YAML_ENVIRONMENT = "--allow-env=LOG_TOKENS,LOG_STREAM";

export const SUITES: readonly Suite[] = [
  command("fmt", ["fmt", "--check", "--quiet"]),
  command("lint", ["lint", "--quiet"]),
  command("check", ["check", "--frozen", "--quiet", "."]),
  {
    kind: "tests",
    name: "unit",
    folders: ["protocols", "ffi", "k8s", "agent", "deploy", "tests/style", "tests/vectors"],
    flags: ["--parallel", YAML_ENVIRONMENT],
    needs: [],
    limitMinutes: 5,
  },
  {
    kind: "tests",
    name: "sim",
    folders: ["tests/sim"],
    flags: ["--allow-read=tests"],
    needs: [],
    limitMinutes: 5,
  },
  {
    kind: "tests",
    name: "parity",
    folders: ["tests/parity"],
    flags: ["--allow-read=tests", YAML_ENVIRONMENT],
    needs: [],
    limitMinutes: 5,
  },
  {
    kind: "tests",
    name: "oracle",
    folders: ["tests/oracle"],
    flags: ["--allow-read=tests"],
    needs: [],
    limitMinutes: 5,
  },
  {
    kind: "tests",
    name: "fuzz",
    folders: ["tests/fuzz"],
    flags: EVERYTHING,
    needs: [],
    limitMinutes: 10,
  },
  command("compile", ["run", "--frozen", ...EVERYTHING, "deploy/compile.ts"], ["tar", "gzip"]),
  {
    kind: "tests",
    name: "e2e",
    folders: ["tests/contract", "tests/e2e"],
    flags: EVERYTHING,
    needs: ["tar", "gzip", ...LAB_NEEDS],
    limitMinutes: 15,
  },
  {
    kind: "tests",
    name: "lab",
    folders: ["tests/lab"],
    flags: EVERYTHING,
    needs: LAB_NEEDS,
    limitMinutes: 10,
  },
  {
    kind: "tests",
    name: "interop",
    folders: ["tests/interop"],
    flags: EVERYTHING,
    needs: LAB_NEEDS,
    limitMinutes: 15,
  },
  {
    kind: "tests",
    name: "cluster",
    folders: ["tests/cluster"],
    flags: EVERYTHING,
    needs: LAB_NEEDS,
    limitMinutes: 30,
  },
];
