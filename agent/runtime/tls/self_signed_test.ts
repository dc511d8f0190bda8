import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { makeAuthority, makeServingCertificate } from "./self_signed.ts";

const VALIDITY = {
  notBefore: new Date("2026-01-01T00:00:00Z"),
  notAfter: new Date("2036-01-01T00:00:00Z"),
};
const AUTHORITY = { commonName: "cert", organization: "metallb", ...VALIDITY };

for (
  const [algorithm, kind, begin] of [
    ["P-256", "ec", "-----BEGIN PRIVATE KEY-----"],
    ["RSA-2048", "rsa", "-----BEGIN RSA PRIVATE KEY-----"],
  ] as const
) {
  Deno.test(`certificate of an authority with ${algorithm}: belongs to its key and may sign`, async () => {
    const made = await makeAuthority({ ...AUTHORITY, algorithm });
    const certificate = new X509Certificate(made.certificate);
    assert.equal(certificate.subject, "CN=cert\nO=metallb");
    assert.ok(certificate.ca);
    assert.equal(createPrivateKey(made.privateKey).asymmetricKeyType, kind);
    assert.ok(made.privateKey.startsWith(begin));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(made.privateKey)));
    assert.equal(Date.parse(certificate.validFrom), VALIDITY.notBefore.getTime());
    assert.equal(Date.parse(certificate.validTo), VALIDITY.notAfter.getTime());
  });

  Deno.test(`serving certificate of an authority with ${algorithm}: signed, for these names`, async () => {
    const authority = await makeAuthority({ ...AUTHORITY, algorithm });
    const names = ["web.metallb-system.svc", "10.1.2.3", "fd00::1"] as const;
    const made = await makeServingCertificate(authority, { names, ...VALIDITY });
    const certificate = new X509Certificate(made.certificate);
    assert.ok(certificate.verify(new X509Certificate(authority.certificate).publicKey));
    assert.equal(certificate.subject, "CN=web.metallb-system.svc");
    assert.equal(certificate.issuer, "CN=cert\nO=metallb");
    assert.ok(!certificate.ca);
    assert.ok(certificate.checkPrivateKey(createPrivateKey(made.privateKey)));
    const { SubjectAlternativeNameExtension, X509Certificate: Parsed } = await import("@peculiar/x509");
    const alternatives = new Parsed(made.certificate).getExtension(SubjectAlternativeNameExtension);
    assert.deepEqual(alternatives?.names.toJSON(), [
      { type: "dns", value: "web.metallb-system.svc" },
      { type: "ip", value: "10.1.2.3" },
      { type: "ip", value: "fd00::1" },
    ]);
  });
}

Deno.test("serving certificates of one authority have serial numbers of their own", async () => {
  const authority = await makeAuthority(AUTHORITY);
  const serials = await Promise.all([1, 2].map(async () => {
    const { certificate } = await makeServingCertificate(authority, { names: ["a"], ...VALIDITY });
    return new X509Certificate(certificate).serialNumber;
  }));
  assert.notEqual(serials[0], serials[1]);
});
