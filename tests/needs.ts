/**
 * What a suite may need from the machine it runs on, and whether it is there.
 *
 * @module
 */

export type Need = "root" | "ip" | "nft" | "tar" | "gzip" | "namespaces" | "libpcap";

/** Whether a command can be started and ends well. */
function succeeds(program: string, ...args: readonly string[]): boolean {
  try {
    return new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false; // Not on PATH.
  }
}

function canLoad(library: string): boolean {
  try {
    Deno.dlopen(library, {}).close();
    return true;
  } catch {
    return false;
  }
}

const CHECKS: Readonly<Record<Need, { readonly isMet: () => boolean; readonly phrase: string }>> = {
  root: { isMet: () => Deno.uid() === 0, phrase: "root" },
  ip: { isMet: () => succeeds("ip", "-V"), phrase: "ip (Debian: iproute2)" },
  nft: { isMet: () => succeeds("nft", "--version"), phrase: "nft (Debian: nftables)" },
  tar: { isMet: () => succeeds("tar", "--version"), phrase: "tar" },
  gzip: { isMet: () => succeeds("gzip", "--version"), phrase: "gzip" },
  namespaces: {
    isMet: () => succeeds("unshare", "--net", "--mount", "true"),
    phrase: "the right to make network namespaces (CAP_SYS_ADMIN)",
  },
  libpcap: { isMet: () => canLoad("libpcap.so.0.8"), phrase: "libpcap (Debian: libpcap0.8)" },
};

/** The needs that are not met, in words a person can act on. */
export function missing(needs: readonly Need[]): readonly string[] {
  return needs.filter((need) => !CHECKS[need].isMet()).map((need) => CHECKS[need].phrase);
}
