/**
 * Where the programs of a Kubernetes control plane are on this machine.
 *
 * Shape: the folder `$KUBEBUILDER_ASSETS`, else what an earlier build left in the cache (build.ts), else nothing, with
 * the reason in words a person can act on. Looks and changes nothing.
 *
 * @module
 */

/** What a cluster is made of. */
export const COMPONENTS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-proxy",
  "kubectl",
] as const;

const METALLB = ["metallb-controller", "metallb-speaker"];

export type Component = typeof COMPONENTS[number];

/** The folder that holds them all, or why there is none. */
export type Assets =
  | { readonly folder: string }
  | { readonly lacking: string };

/** See the module comment. */
export function findAssets(): Assets {
  const named = Deno.env.get("KUBEBUILDER_ASSETS");
  if (named !== undefined && named !== "") {
    const absent = absentIn(named);
    return absent.length === 0
      ? { folder: named }
      : { lacking: `${absent.join(", ")} in $KUBEBUILDER_ASSETS (${named})` };
  }
  const built = builtFolder();
  return absentIn(built).length === 0 ? { folder: built } : {
    lacking: "the programs of a Kubernetes control plane: name their folder in $KUBEBUILDER_ASSETS, " +
      "or build them once with deno run -A tests/lab/apiserver/build.ts (a quarter of an hour, needs Go)",
  };
}

/** The folder with MetalLB's own programs, which are wanted only to compare with: beside the others, never built here. */
export function findMetalLb(): Assets {
  const assets = findAssets();
  if ("lacking" in assets) return assets;
  const absent = METALLB.filter((name) => !isFile(`${assets.folder}/${name}`));
  return absent.length === 0 ? assets : { lacking: `${absent.join(", ")} in ${assets.folder}` };
}

/** Where build.ts puts what it has built. */
export function builtFolder(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") || "/root"}/.cache`;
  return `${cache}/ingot-lab/kubernetes`;
}

function absentIn(folder: string): Component[] {
  return COMPONENTS.filter((name) => !isFile(`${folder}/${name}`));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
