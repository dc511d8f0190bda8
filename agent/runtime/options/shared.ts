/**
 * Flags that more than one command has.
 *
 * Not here: those of the roles (command_line.ts, cluster.ts), the operator's commands (operator_commands.ts).
 *
 * @module
 */
import { Option } from "commander";
import type { Place } from "../open_source.ts";

/** What the options may be read from besides argv. */
export interface Surroundings {
  readonly env: (name: string) => string | undefined;
  readonly hostname: () => string;
  readonly version: string;
}

/** Where the objects are. */
export interface PlaceFlags {
  readonly manifests?: string;
  readonly kubeconfig?: string;
}

export function manifestsOption(placeholder: string, explanation: string): Option {
  return new Option(`--manifests <${placeholder}>`, explanation);
}

export function kubeconfigOption(besides: string): Option {
  return new Option(
    "--kubeconfig <file>",
    `the cluster to read from (default in a Pod: its own)${besides}`,
  );
}

export function namespaceOption(): Option {
  return new Option(
    "--namespace <name>",
    "use only the custom resources of this namespace (or METALLB_NAMESPACE; default: of every one, in a Pod its own)",
  );
}

export function classOption(): Option {
  return new Option(
    "--lb-class <class>",
    "handle only Services of this loadBalancerClass (default: those without one)",
  );
}

export function ignoreExcludeOption(role: string): Option {
  return new Option(
    "--ignore-exclude-lb",
    `${role}use nodes labelled node.kubernetes.io/exclude-from-external-load-balancers too`,
  );
}

/** The only namespace whose custom resources count, or null for all. */
export function namespaceIn(
  { namespace }: { readonly namespace?: string },
  { env }: Surroundings,
): string | null {
  return namespace || env("METALLB_NAMESPACE") || null;
}

/** Where the objects are, or why that is not clear. */
export function placeOf({ manifests, kubeconfig }: PlaceFlags, { env }: Surroundings): Place | string {
  if (manifests && kubeconfig) return "--manifests and --kubeconfig do not go together";
  if (manifests) return { type: "Manifests", directory: manifests };
  if (kubeconfig) return { type: "Cluster", kubeconfig };
  if (env("KUBERNETES_SERVICE_HOST")) return { type: "Cluster", kubeconfig: null };
  return "Say where the objects are: --manifests DIR or --kubeconfig FILE";
}
