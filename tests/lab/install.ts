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

/** What the lab needs and this machine lacks; empty when the lab can run. */
export async function missingTools(): Promise<MissingTool[]> {
  const there = await Promise.all(TOOLS.map((tool) => tool.isThere()));
  return TOOLS.filter((_, i) => !there[i]).map(({ name, neededFor, packages }) => ({
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
export async function installTools(say: (line: string) => void): Promise<void> {
  const missing = await missingTools();
  if (missing.length === 0) return;
  const packages = missing.flatMap((tool) => tool.packages);
  const isRoot = !missing.some((tool) => tool.packages.length === 0);
  if (!isRoot || !await hasAptGet()) throw new Error(formatMissing(missing));
  say(`Installing ${packages.join(" ")}`);
  await run(["apt-get", "update", "-q"]);
  await run([
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "install",
    "-q",
    "-y",
    "--no-install-recommends",
    ...packages,
  ]);
  const still = await missingTools();
  if (still.length > 0) throw new Error(formatMissing(still));
}

function hasAptGet(): Promise<boolean> | boolean {
  return program("apt-get", ["--version"], "", []).isThere();
}
