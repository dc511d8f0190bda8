/**
 * What a suite may need from the machine it runs on, and whether it is there.
 *
 * Not here: the tools of the lab one by one (lab/install.ts).
 *
 * @module
 */
import { missingTools } from "./lab/install.ts";

export type Need = "lab" | "namespaces" | "tar" | "gzip";

/** Whether a command can be started and ends well. */
function succeeds(program: string, ...args: readonly string[]): boolean {
  try {
    return new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false; // Not on PATH.
  }
}

/** What is lacking for a need, in words a person can act on; null when nothing is. */
async function lack(need: Need): Promise<string | null> {
  switch (need) {
    case "lab": {
      const missing = await missingTools();
      if (missing.length === 0) return null;
      const packages = missing.flatMap((tool) => tool.packages);
      const advice = packages.length === 0 ? "" : ` (Debian: ${packages.join(" ")})`;
      return missing.map((tool) => tool.name).join(", ") + advice;
    }
    case "namespaces":
      return succeeds("unshare", "--net", "--mount", "true")
        ? null
        : "the right to make network namespaces (CAP_SYS_ADMIN)";
    case "tar":
    case "gzip":
      return succeeds(need, "--version") ? null : need;
  }
}

/** What is lacking for these needs; empty when they are all met. */
export async function missing(needs: readonly Need[]): Promise<readonly string[]> {
  const lacks = await Promise.all(needs.map(lack));
  return lacks.filter((one) => one !== null);
}
