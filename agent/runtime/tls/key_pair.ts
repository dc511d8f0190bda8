/**
 * Looks at certificates that came from elsewhere: whether they can be used, for what and until when.
 *
 * Source: RFC 5280; the platform's own X.509, which costs nothing.
 * Shape: PEM in; null for whatever is no certificate with the key that belongs to it.
 * Not here: making them (self_signed.ts).
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyPair, Validity } from "./self_signed.ts";

/** What a certificate says, its key being the right one. */
export interface Examined extends Validity {
  /** May sign other certificates. */
  readonly isAuthority: boolean;
  /** Whether it was signed with the key of this other certificate. */
  isSignedBy(authority: string): boolean;
  /** Whether it is for this DNS name. */
  isFor(name: string): boolean;
}

/** See the module comment. */
export function examine(pair: KeyPair): Examined | null {
  try {
    const certificate = new X509Certificate(pair.certificate);
    if (!certificate.checkPrivateKey(createPrivateKey(pair.privateKey))) return null;
    return {
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
      isAuthority: certificate.ca,
      isSignedBy: (authority) => {
        const signer = new X509Certificate(authority);
        return certificate.issuer === signer.subject && certificate.verify(signer.publicKey);
      },
      isFor: (name) => holds(certificate.raw, dnsName(name)),
    };
  } catch {
    // Whatever OpenSSL's words for it are, it cannot be used.
    return null;
  }
}

/** RFC 5280 section 4.2.1.6: a dNSName is an IA5String under the tag [2]; nothing else in a certificate has its form. */
function dnsName(name: string): Uint8Array {
  const text = new TextEncoder().encode(name);
  return new Uint8Array([0x82, text.length, ...text]);
}

function holds(octets: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= octets.length; at++) {
    if (part.every((octet, index) => octets[at + index] === octet)) return true;
  }
  return false;
}
