import assert from "node:assert/strict";
import { examine } from "./key_pair.ts";
import { makeAuthority, makeServingCertificate } from "./self_signed.ts";

const VALIDITY = {
  notBefore: new Date("2026-01-01T00:00:00Z"),
  notAfter: new Date("2027-01-01T00:00:00Z"),
};
const TERMS = { commonName: "cert", organization: "metallb", ...VALIDITY };

Deno.test("examine: a serving certificate, its signer, its name, its validity", async () => {
  const [authority, other] = await Promise.all([makeAuthority(TERMS), makeAuthority(TERMS)]);
  const pair = await makeServingCertificate(authority, { names: ["web.ns.svc", "b.ns.svc"], ...VALIDITY });
  const seen = examine(pair);
  assert.ok(seen !== null);
  assert.ok(!seen.isAuthority);
  assert.ok(seen.isSignedBy(authority.certificate));
  assert.ok(!seen.isSignedBy(other.certificate));
  assert.ok(seen.isFor("web.ns.svc"));
  assert.ok(seen.isFor("b.ns.svc"));
  assert.ok(!seen.isFor("eb.ns.svc"));
  assert.ok(!seen.isFor("web.ns"));
  assert.deepEqual(seen.notBefore, VALIDITY.notBefore);
  assert.deepEqual(seen.notAfter, VALIDITY.notAfter);
});

Deno.test("examine: an authority", async () => {
  const authority = await makeAuthority(TERMS);
  assert.equal(examine(authority)?.isAuthority, true);
});

Deno.test("examine: what cannot be used is nothing", async () => {
  const [one, other] = await Promise.all([makeAuthority(TERMS), makeAuthority(TERMS)]);
  const broken = one.certificate.replace(/\n[^-]{20}/, "\nAAAAAAAAAAAAAAAAAAAA");
  for (
    const pair of [
      { certificate: "", privateKey: "" },
      { certificate: "cert", privateKey: one.privateKey },
      { certificate: one.certificate, privateKey: "key" },
      { certificate: one.certificate, privateKey: other.privateKey },
      { certificate: broken, privateKey: one.privateKey },
    ]
  ) {
    assert.equal(examine(pair), null);
  }
});
