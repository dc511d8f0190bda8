/**
 * The webhooks' certificate as it is kept in a Secret: whether it will do, and the one that takes its place.
 *
 * Source: MetalLB's Secret and its rotation (open-policy-agent/cert-controller): keys, subjects, validity, and what is
 * renewed when. Either program goes on with the other's certificate.
 * Shape: the Secret's `data` and the time in; a certificate out. What cannot be used for any reason is made anew.
 * Not here: reading and writing the Secret (certificate_keeper.ts).
 *
 * @module
 */
import { examine } from "../tls/key_pair.ts";
import { type KeyPair, makeAuthority, makeServingCertificate } from "../tls/self_signed.ts";

/** Who is served, and who vouches for it. */
export interface KeptCertificate {
  readonly authority: KeyPair;
  readonly serving: KeyPair;
}

/** What must be made anew. */
export type Due = "nothing" | "serving certificate" | "everything";

/** `data` of a Secret: base64. */
export type SecretContents = Readonly<Record<string, string>>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
/** Renewed when less is left. */
const AHEAD_MS = 90 * DAY_MS;
/** Clocks of nodes differ. */
const BACKDATED_MS = HOUR_MS;

/** The certificate in the Secret, whatever it is worth; null when a part is missing. */
export function parseKept(data: SecretContents): KeptCertificate | null {
  const [authority, authorityKey, serving, servingKey] = ["ca.crt", "ca.key", "tls.crt", "tls.key"].map((
    key,
  ) => textOf(data[key] ?? ""));
  if (!authority || !authorityKey || !serving || !servingKey) return null;
  return {
    authority: { certificate: authority, privateKey: authorityKey },
    serving: { certificate: serving, privateKey: servingKey },
  };
}

/** As the Secret holds it. */
export function formatKept({ authority, serving }: KeptCertificate): SecretContents {
  return {
    "ca.crt": btoa(authority.certificate),
    "ca.key": btoa(authority.privateKey),
    "tls.crt": btoa(serving.certificate),
    "tls.key": btoa(serving.privateKey),
  };
}

/** What of it must be made anew now, for a server of this name. */
export function dueOf(kept: KeptCertificate | null, name: string, now: Date): Due {
  const authority = kept === null ? null : examine(kept.authority);
  if (kept === null || authority === null || !authority.isAuthority) return "everything";
  if (!isValidAhead(authority, now) || !authority.isSignedBy(kept.authority.certificate)) return "everything";
  const serving = examine(kept.serving);
  const isSound = serving !== null && isValidAhead(serving, now) && serving.isFor(name) &&
    serving.isSignedBy(kept.authority.certificate);
  return isSound ? "nothing" : "serving certificate";
}

/** Whether it serves its purpose at this moment, even though a new one may be due. Clocks ahead of ours may have made it. */
export function canServe(kept: KeptCertificate, name: string, now: Date): boolean {
  return dueOf(kept, name, new Date(now.getTime() - AHEAD_MS)) === "nothing";
}

/** The certificate with what is due made anew; of `kept` only what is not due is looked at. */
export async function renew(
  kept: KeptCertificate | null,
  due: Exclude<Due, "nothing">,
  name: string,
  now: Date,
): Promise<KeptCertificate> {
  const authority = due === "everything" || kept === null
    // METALLB: its rotator must be able to go on with this one, and it reads RSA.
    ? await makeAuthority({
      commonName: "cert",
      organization: "metallb",
      algorithm: "RSA-2048",
      ...validFor(10 * YEAR_MS, now),
    })
    : kept.authority;
  const serving = await makeServingCertificate(authority, { names: [name], ...validFor(YEAR_MS, now) });
  return { authority, serving };
}

function isValidAhead({ notAfter }: { readonly notAfter: Date }, now: Date): boolean {
  return notAfter.getTime() - now.getTime() >= AHEAD_MS;
}

function validFor(ms: number, now: Date): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now.getTime() - BACKDATED_MS), notAfter: new Date(now.getTime() + ms) };
}

function textOf(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return "";
  }
}
