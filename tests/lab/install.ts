/**
 * What the lab needs of the machine it runs on: whether it is there, and how to get it.
 *
 * Shape: {@linkcode missingTools} looks and changes nothing; {@linkcode installTools} installs on Debian, as root.
 *
 * @module
 */
import { run } from "./program/command.ts";

/** Something the lab needs and the machine lacks. */
export interface MissingTool {
  readonly name: string;
  readonly neededFor: string;
  /** The Debian packages that bring it; empty when no package can. */
  readonly packages: readonly string[];
}

interface Tool extends MissingTool {
  isThere(): boolean | Promise<boolean>;
}

/** The routers of the lab's BGP part, each with the package that brings it. */
const ROUTERS: readonly Tool[] = [
  program("/usr/lib/frr/bgpd", ["--version"], "BGP with FRR", ["frr"]),
  program("/usr/sbin/bird", ["--version"], "BGP with BIRD", ["bird2"]),
  program("/usr/bin/gobgpd", ["--version"], "BGP with GoBGP", ["gobgpd"]),
];

const TOOLS: readonly Tool[] = [
  {
    name: "root on Linux",
    neededFor: "making network namespaces",
    packages: [],
    isThere: () => Deno.build.os === "linux" && Deno.uid() === 0,
  },
  program("ip", ["-V"], "building the network", ["iproute2"]),
  program("nft", ["--version"], "standing in for kube-proxy", ["nftables"]),
  program("cc", ["--version"], "compiling the probers", ["gcc", "libc6-dev"]),
  {
    name: "libpcap.so.0.8",
    neededFor: "the speaker's packet captures",
    packages: ["libpcap0.8"],
    isThere: () => {
      try {
        Deno.dlopen("libpcap.so.0.8", {}).close();
        return true;
      } catch {
        return false;
      }
    },
  },
];

function program(
  name: string,
  args: readonly string[],
  neededFor: string,
  packages: readonly string[],
): Tool {
  const isThere = async () => {
    try {
      await run([name, ...args]);
      return true;
    } catch {
      return false;
    }
  };
  return { name, neededFor, packages, isThere };
}

/** What the lab, with its routers or without, needs and this machine lacks; empty when it can run. */
export async function missingTools(part: "lab" | "lab and routers" = "lab"): Promise<MissingTool[]> {
  const tools = part === "lab" ? TOOLS : [...TOOLS, ...ROUTERS];
  const there = await Promise.all(tools.map((tool) => tool.isThere()));
  return tools.filter((_, i) => !there[i]).map(({ name, neededFor, packages }) => ({
    name,
    neededFor,
    packages,
  }));
}

/** One line on what is missing and what to do about it. */
export function formatMissing(missing: readonly MissingTool[]): string {
  const list = missing.map(({ name, neededFor }) => `${name} (for ${neededFor})`).join(", ");
  const packages = missing.flatMap((tool) => tool.packages);
  const advice = packages.length === 0
    ? "run as root on Linux"
    : `install the packages ${packages.join(" ")} (their names on Debian)`;
  return `The lab lacks ${list}: ${advice}`;
}

/** Installs what is missing where that is possible (Debian and its kin, as root); throws with advice elsewhere. */
export async function installTools(
  say: (line: string) => void,
  part: "lab" | "lab and routers" = "lab",
): Promise<void> {
  const missing = await missingTools(part);
  if (missing.length === 0) return;
  const packages = missing.flatMap((tool) => tool.packages);
  const isRoot = !missing.some((tool) => tool.packages.length === 0);
  if (!isRoot || !await hasAptGet()) throw new Error(formatMissing(missing));
  say(`Installing ${packages.join(" ")}`);
  await run(["apt-get", "update", "-q"]);
  const install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", ...packages];
  await withoutServices(() => run(["env", "DEBIAN_FRONTEND=noninteractive", ...install]));
  const still = await missingTools(part);
  if (still.length > 0) throw new Error(formatMissing(still));
}

/** Debian asks this program whether a package may start its service (invoke-rc.d(8)). */
const POLICY = "/usr/sbin/policy-rc.d";

/** Installs without starting what is installed: the lab runs routers of its own, the machine needs none. */
async function withoutServices(install: () => Promise<unknown>): Promise<void> {
  try {
    await Deno.writeTextFile(POLICY, "#!/bin/sh\nexit 101\n", { createNew: true, mode: 0o755 });
  } catch (error) {
    // The machine has a policy of its own.
    if (error instanceof Deno.errors.AlreadyExists) return void await install();
    throw error;
  }
  try {
    await install();
  } finally {
    await Deno.remove(POLICY);
  }
}

function hasAptGet(): Promise<boolean> | boolean {
  return program("apt-get", ["--version"], "", []).isThere();
}
