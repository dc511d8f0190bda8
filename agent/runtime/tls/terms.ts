/**
 * What the command line asks of TLS, for every listener that speaks it.
 *
 * Source: MetalLB's --tls-min-version, --tls-cipher-suites and --tls-curve-preferences; Kubernetes' names of versions, Go's
 * names of cipher suites, IANA's numbers of groups. What MetalLB refuses to start with is refused here too.
 * Shape: the flags' texts in; terms out, or one line that says which of them is wrong.
 * Not here: the listener (https_listener.ts), which can be told the least version and nothing else.
 *
 * @module
 */
import type { TlsVersion } from "./https_listener.ts";

/** The flags, as they were given. */
export interface TlsFlags {
  readonly tlsMinVersion?: string;
  readonly tlsCipherSuites?: string;
  readonly tlsCurvePreferences?: string;
}

/** See the module comment. */
export interface TlsTerms {
  readonly leastVersion: TlsVersion;
}

const VERSIONS: ReadonlyMap<string, TlsVersion> = new Map([
  ["VersionTLS12", "TLSv1.2"],
  ["VersionTLS13", "TLSv1.3"],
]);

/** Those of TLS 1.2 and before; a name is "TLS_" and one of these. */
const CIPHER_SUITES: ReadonlySet<string> = new Set([
  ...["RSA", "ECDHE_RSA"].flatMap((exchange) =>
    ["RC4_128_SHA", "3DES_EDE_CBC_SHA"].map((cipher) => `${exchange}_WITH_${cipher}`)
  ),
  ...["RSA", "ECDHE_RSA", "ECDHE_ECDSA"].flatMap((exchange) =>
    ["AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384"]
      .map((cipher) => `${exchange}_WITH_${cipher}`)
  ),
  ...["ECDHE_RSA", "ECDHE_ECDSA"].flatMap((exchange) =>
    ["CHACHA20_POLY1305", "CHACHA20_POLY1305_SHA256"].map((cipher) => `${exchange}_WITH_${cipher}`)
  ),
  "ECDHE_ECDSA_WITH_RC4_128_SHA",
  "AES_128_GCM_SHA256",
  "AES_256_GCM_SHA384",
  "CHACHA20_POLY1305_SHA256",
]);

/** P-256, P-384, P-521, X25519, and the three hybrids of ML-KEM with P-256, X25519 and P-384. */
const CURVES: ReadonlySet<number> = new Set([23, 24, 25, 29, 4587, 4588, 4589]);

/** See the module comment. */
export function parseTlsTerms(flags: TlsFlags): TlsTerms | string {
  const { tlsMinVersion = "", tlsCipherSuites = "", tlsCurvePreferences = "" } = flags;
  const leastVersion = tlsMinVersion === "" ? "TLSv1.3" : VERSIONS.get(tlsMinVersion);
  if (leastVersion === undefined) {
    return `--tls-min-version ${tlsMinVersion} is not ${[...VERSIONS.keys()].join(" or ")}`;
  }
  const suites = listOf(tlsCipherSuites);
  const foreign = suites.find((name) => !CIPHER_SUITES.has(name.replace(/^TLS_/, "")));
  if (foreign !== undefined) return `--tls-cipher-suites has ${foreign}, which is no cipher suite`;
  if (suites.length > 0 && leastVersion === "TLSv1.3") {
    return "--tls-cipher-suites needs --tls-min-version VersionTLS12: those of TLS 1.3 cannot be chosen";
  }
  return wrongCurve(listOf(tlsCurvePreferences)) ?? { leastVersion };
}

function wrongCurve(curves: readonly string[]): string | null {
  for (const [index, curve] of curves.entries()) {
    if (!/^[0-9]+$/.test(curve) || !CURVES.has(Number(curve))) {
      return `--tls-curve-preferences has ${curve}, which is none of ${[...CURVES].join(", ")}`;
    }
    if (curves.findIndex((other) => Number(other) === Number(curve)) < index) {
      return `--tls-curve-preferences has ${curve} twice`;
    }
  }
  return null;
}

function listOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(",").map((word) => word.trim());
}
