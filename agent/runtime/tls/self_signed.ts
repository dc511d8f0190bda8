/**
 * Makes certificates: an authority of one's own, and serving certificates that it signs.
 *
 * Source: RFC 5280; Web Crypto makes the keys and the signatures.
 * Shape: names and validity in, PEM texts out. The library for it costs 7 MB and is loaded by the first call, so that
 * whoever only uses a certificate does not pay for it.
 * Not here: when one is due (../webhooks/kept_certificate.ts), reading one (key_pair.ts).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createPrivateKey } from "node:crypto";

/** A certificate and its private key, as PEM. The key is a secret: it goes to a listener or a Secret, never to a log. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** From when until when a certificate is valid. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Who an authority is. */
export interface AuthorityTerms extends Validity {
  readonly commonName: string;
  readonly organization: string;
  /** P-256 when absent; RSA for those who read nothing else. */
  readonly algorithm?: "P-256" | "RSA-2048";
}

/** What a serving certificate is for. */
export interface ServingTerms extends Validity {
  /** DNS names and IP addresses of the server; the first one is its common name too. */
  readonly names: readonly [string, ...string[]];
}

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const RSA2048 = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
} as const;

/** An authority that vouches for itself. */
export async function makeAuthority(terms: AuthorityTerms): Promise<KeyPair> {
  const x509 = await load();
  const signingAlgorithm = terms.algorithm === "RSA-2048" ? RSA2048 : P256;
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  const { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } = x509;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [terms.commonName] }, { O: [terms.organization] }],
    serialNumber: serialNumber(),
    notBefore: terms.notBefore,
    notAfter: terms.notAfter,
    keys,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pemOf(certificate), privateKey: await privatePem(keys.privateKey) };
}

/** A certificate for a TLS server, signed by the authority, whose key may be RSA or P-256; throws when it is neither. */
export async function makeServingCertificate(authority: KeyPair, terms: ServingTerms): Promise<KeyPair> {
  const x509 = await load();
  const keys = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const [signingKey, signingAlgorithm] = await importSigningKey(authority.privateKey);
  const issuer = new x509.X509Certificate(authority.certificate);
  const { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } = x509;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [terms.names[0]] }],
    issuer: issuer.subjectName,
    serialNumber: serialNumber(),
    notBefore: terms.notBefore,
    notAfter: terms.notAfter,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        terms.names.map((name) => ({ type: isAddress(name) ? "ip" : "dns", value: name }) as const),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pemOf(certificate), privateKey: await privatePem(keys.privateKey) };
}

async function load(): Promise<typeof import("@peculiar/x509")> {
  // The library takes itself apart by decorators, which look for this one's functions on import.
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}

async function importSigningKey(pem: string): Promise<readonly [CryptoKey, typeof P256 | typeof RSA2048]> {
  const key = createPrivateKey(pem);
  const der = new Uint8Array(key.export({ type: "pkcs8", format: "der" }) as Buffer);
  const algorithm = key.asymmetricKeyType === "rsa" ? RSA2048 : P256;
  return [await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]), algorithm];
}

/** RFC 5280 4.1.2.2: positive, unique for the authority, at most 20 octets. */
function serialNumber(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  octets[0]! &= 0x7f;
  octets[0]! |= 0x40;
  return octets.toHex();
}

function pemOf(certificate: { toString(format: "pem"): string }): string {
  return certificate.toString("pem").trimEnd() + "\n";
}

/** METALLB: its rotator reads an authority's RSA key in the older form (PKCS#1) only; TLS libraries take either. */
async function privatePem(key: CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey("pkcs8", key);
  const type = key.algorithm.name === P256.name ? "pkcs8" : "pkcs1";
  return createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" })
    .export({ type, format: "pem" }).toString();
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^[0-9.]+$/.test(name);
}
