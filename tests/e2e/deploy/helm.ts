/**
 * Helm, where this machine has it.
 *
 * Shape: `$HELM`, else what `go install helm.sh/helm/v3/cmd/helm@v3.18.6` put into the cache, else the one on PATH. Tests that
 * need it say aloud when there is none.
 *
 * @module
 */
import { run } from "../../lab/program/command.ts";

/** Ours. */
export const CHART: string = decodeURIComponent(new URL("../../../deploy/chart", import.meta.url).pathname);

const program = await findHelm();
if (program === null) {
  console.error(
    "SKIPPED: the chart lacks helm: name it in $HELM, or build it once with " +
      "GOBIN=~/.cache/ingot/tools go install helm.sh/helm/v3/cmd/helm@v3.18.6",
  );
}

/** "helm" where it is lacking. */
export const LACKING_HELM: string | null = program === null ? "helm" : null;

type Register = (title: string, fn: (test: Deno.TestContext) => Promise<void>) => void;

/** What registers a test; where something is lacking, its name alone, which says so. */
export function unlessLacking(lacking: string | null, register: Register): Register {
  if (lacking === null) return register;
  return (title) => Deno.test({ name: `${title} (skipped: needs ${lacking})`, ignore: true, fn: () => {} });
}

/** Renders the chart with values given by path: `{ "speaker.enabled": false }`. */
export function render(values: Readonly<Record<string, unknown>>, release = "metallb"): Promise<string> {
  const argv = [
    program!,
    "template",
    release,
    CHART,
    "-n",
    "metallb-system",
    "--kube-version",
    "1.33.0",
    "-f",
    "-",
  ];
  return run(argv, JSON.stringify(nested(values)));
}

/** Runs helm and returns what it printed. */
export function helm(args: readonly string[], input?: string): Promise<string> {
  return run([program!, ...args], input);
}

/** `helm lint`, which throws when there is something to find. */
export function lint(): Promise<string> {
  return run([program!, "lint", "--strict", CHART]);
}

function nested(values: Readonly<Record<string, unknown>>): unknown {
  const root: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(values)) {
    const keys = path.split(".");
    let at = root;
    for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    at[keys.at(-1)!] = value;
  }
  return root;
}

async function findHelm(): Promise<string | null> {
  const named = Deno.env.get("HELM");
  const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") || "/root"}/.cache`;
  for (const candidate of named ? [named] : [`${cache}/ingot/tools/helm`, "helm"]) {
    try {
      await run([candidate, "version"]);
      return candidate;
    } catch {
      // Not this one.
    }
  }
  return null;
}
