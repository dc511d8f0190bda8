/**
 * `deno run -A tests/lab/apiserver/build.ts`: builds the programs of a control plane from Go modules, into the cache.
 *
 * Source: modules/, which pin the versions. Two cores from an empty cache need about a quarter of an hour, two gigabytes
 * of memory and five of disk; a second run finds what the first has built.
 * Shape: exit code 0 and a line for every program as it begins and ends.
 * Not here: who looks for them (assets.ts).
 *
 * @module
 */
import { builtFolder, type Component, COMPONENTS } from "./assets.ts";

const MODULES = decodeURIComponent(new URL("modules/", import.meta.url).pathname);
const VERSION = "k8s.io/component-base/version";
/** What each says when it is asked for its version; a cluster is told from others by it. */
const STAMP = [
  "-s",
  "-w",
  `-X ${VERSION}.gitVersion=v1.34.2`,
  `-X ${VERSION}.gitMajor=1`,
  `-X ${VERSION}.gitMinor=34`,
].join(" ");

if (import.meta.main) {
  const folder = builtFolder();
  await Deno.mkdir(folder, { recursive: true });
  for (const [index, component] of COMPONENTS.entries()) {
    if (await isBuilt(`${folder}/${component}`)) {
      console.log(`${component} is there`);
      continue;
    }
    console.log(`Building ${component} (${index + 1} of ${COMPONENTS.length})`);
    const startedAt = performance.now();
    await build(component, folder);
    console.log(`Built ${component} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  }
  console.log(`KUBEBUILDER_ASSETS=${folder}`);
}

/** Builds one program; what it is called at the end is there whole or not at all. */
async function build(component: Component, folder: string): Promise<void> {
  const isEtcd = component === "etcd";
  const unfinished = `${folder}/.${component}.${Deno.pid}`;
  const { success, code } = await new Deno.Command("go", {
    args: [
      "build",
      "-trimpath",
      "-v",
      `-ldflags=${STAMP}`,
      `-o=${unfinished}`,
      isEtcd ? "go.etcd.io/etcd/server/v3" : `k8s.io/kubernetes/cmd/${component}`,
    ],
    cwd: `${MODULES}${isEtcd ? "etcd" : "kubernetes"}`,
    env: { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false" },
    stdin: "null",
    // -v names each package as it is compiled: the progress.
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot build ${component}: go build ended with ${code}`);
  await Deno.rename(unfinished, `${folder}/${component}`);
}

async function isBuilt(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
