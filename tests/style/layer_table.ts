/**
 * Who may know whom: the layers of the source tree, as a table.
 *
 * Shape: a path relative to the repository in, its layer out. A row names a folder (ends with "/") or one file; of the
 * rows that match, the first counts, so narrow rows stand above wide ones. A layer may always import itself.
 * Not here: how a breach is found and shown (imports_rule.ts, ambient_rule.ts).
 *
 * @module
 */

/**
 * "pure" and "stateful" layers are deterministic: no clock, no randomness, no I/O, no async. "effectful" ones touch the
 * world.
 */
export type Purity = "pure" | "stateful" | "effectful";

/** One row of the table. */
export interface Layer {
  /** Folder or file, relative to the repository. */
  readonly path: string;
  readonly purity: Purity;
  /** Folders and files it may import besides itself. */
  readonly mayImport: readonly string[];
  /** Names in the import map it may import; "any" where the world begins anyway. */
  readonly packages: readonly string[] | "any";
}

const NET = "protocols/net/";
const MACHINE = "protocols/machine.ts";
/** The files of k8s/ that hold plain values: object types, maps of them, and the arithmetic of selectors and durations. */
const CLUSTER_VALUES = [
  "k8s/types/",
  "k8s/selector.ts",
  "k8s/label_syntax.ts",
  "k8s/source.ts",
  "k8s/duration.ts",
  "k8s/versioned_map.ts",
];
const DECISIONS = ["agent/snapshot.ts", "agent/config/", "agent/allocate/", "agent/elect/", "agent/plan/"];

function pure(path: string, mayImport: readonly string[], packages: readonly string[] = []): Layer {
  return { path, purity: "pure", mayImport, packages };
}

function stateful(path: string, mayImport: readonly string[], packages: readonly string[] = []): Layer {
  return { path, purity: "stateful", mayImport, packages };
}

function effectful(path: string, mayImport: readonly string[]): Layer {
  return { path, purity: "effectful", mayImport, packages: "any" };
}

const LAYERS: readonly Layer[] = [
  pure(MACHINE, []),
  pure(NET, [], ["ipaddr.js"]),
  // Every protocol has a row of its own, made by layerOf: one protocol never imports another.

  effectful("ffi/", [NET]),

  ...CLUSTER_VALUES.map((path) => pure(path, [...CLUSTER_VALUES, NET])),
  effectful("k8s/", [NET]),

  pure("agent/snapshot.ts", [NET, ...CLUSTER_VALUES]),
  pure("agent/config/", [NET, ...CLUSTER_VALUES, "agent/snapshot.ts"]),
  pure("agent/allocate/", [NET, ...CLUSTER_VALUES, "agent/snapshot.ts", "agent/config/"]),
  // The order of candidates is a SHA-256; of node:crypto only createHash is let through (ambient_rule.ts).
  pure("agent/elect/", [NET, ...CLUSTER_VALUES, "agent/snapshot.ts", "agent/config/"], ["node:crypto"]),
  pure("agent/plan/", [NET, ...CLUSTER_VALUES, ...DECISIONS]),
  stateful("agent/apply/", ["protocols/", ...CLUSTER_VALUES, ...DECISIONS]),
  stateful("agent/report/", [NET, ...CLUSTER_VALUES, ...DECISIONS, "agent/network/messages.ts"]),

  // The only place where machines meet descriptors.
  effectful("agent/network/", ["protocols/", "ffi/", "agent/plan/", "agent/apply/", "agent/runtime/"]),
  effectful("agent/runtime/", [NET, MACHINE, "k8s/", ...DECISIONS, "agent/report/"]),
  effectful("agent/operator/", [NET, MACHINE, "k8s/", "agent/"]),
  effectful("agent/controller.ts", [NET, MACHINE, "k8s/", "agent/"]),
  effectful("agent/speaker.ts", [NET, MACHINE, "k8s/", "agent/"]),
  effectful("main.ts", [NET, "k8s/", "agent/", "deno.json"]),
];

/** Whether a row's path covers a file: the file itself, or a folder above it. */
export function covers(row: string, file: string): boolean {
  return row.endsWith("/") ? file.startsWith(row) : file === row;
}

/** The layer a file belongs to, or null when the table has no row for it. */
export function layerOf(file: string): Layer | null {
  const found = LAYERS.find((layer) => covers(layer.path, file));
  if (found !== undefined) return found;
  const protocol = /^protocols\/[^/]+\//.exec(file);
  return protocol === null ? null : pure(protocol[0], [NET, MACHINE]);
}

/** Files that stand outside the layers, tests and the build: they may look at anything. */
export function isFree(file: string): boolean {
  return /_(test|fixture)\.ts$/.test(file) || file.startsWith("tests/") || file.startsWith("deploy/");
}

/** Whether a file of `layer` may import the file `imported`; nothing that ships imports what is free. */
export function mayImport(layer: Layer, imported: string): boolean {
  if (isFree(imported)) return false;
  return covers(layer.path, imported) || layer.mayImport.some((row) => covers(row, imported));
}
