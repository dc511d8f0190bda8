import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { canServe, dueOf, formatKept, type KeptCertificate, parseKept, renew } from "./kept_certificate.ts";

const NAME = "metallb-webhook-service.metallb-system.svc";
const NOW = new Date("2026-03-01T12:00:00Z");
const DAY_MS = 86_400_000;

function daysOn(days: number): Date {
  return new Date(NOW.getTime() + days * DAY_MS);
}

const kept = await renew(null, "everything", NAME, NOW);
const foreign = await renew(null, "everything", NAME, NOW);

Deno.test("kept certificate: what is made will do, and is as long valid as MetalLB's", () => {
  assert.equal(dueOf(kept, NAME, NOW), "nothing");
  assert.ok(canServe(kept, NAME, NOW));
  const [authority, serving] = [kept.authority, kept.serving].map((pair) =>
    new X509Certificate(pair.certificate)
  );
  assert.equal(authority!.subject, "CN=cert\nO=metallb");
  assert.equal(serving!.subject, `CN=${NAME}`);
  const days = (certificate: X509Certificate | undefined) =>
    [certificate!.validFrom, certificate!.validTo].map((at) => (Date.parse(at) - NOW.getTime()) / DAY_MS);
  assert.deepEqual(days(authority), [-1 / 24, 3650]);
  assert.deepEqual(days(serving), [-1 / 24, 365]);
});

Deno.test("kept certificate: a Secret gives back what was put in", () => {
  assert.deepEqual(parseKept(formatKept(kept)), kept);
});

Deno.test("kept certificate: a Secret that lacks a part, or is no base64, holds none", () => {
  assert.equal(parseKept({}), null);
  const data = formatKept(kept);
  for (const key of Object.keys(data)) {
    const { [key]: _gone, ...rest } = data;
    assert.equal(parseKept(rest), null, key);
    assert.equal(parseKept({ ...rest, [key]: "*" }), null, key);
    assert.equal(parseKept({ ...rest, [key]: "" }), null, key);
  }
});

Deno.test("kept certificate: garbage of any kind is made anew", () => {
  const cases: readonly (readonly [string, KeptCertificate | null, string])[] = [
    ["nothing", null, "everything"],
    ["an authority that is none", { ...kept, authority: kept.serving }, "everything"],
    ["an authority with another's key", {
      ...kept,
      authority: { ...kept.authority, privateKey: foreign.authority.privateKey },
    }, "everything"],
    ["an authority of nonsense", {
      ...kept,
      authority: { certificate: "x", privateKey: "y" },
    }, "everything"],
    ["another authority's certificate", { ...kept, serving: foreign.serving }, "serving certificate"],
    ["a certificate of nonsense", {
      ...kept,
      serving: { certificate: "x", privateKey: "y" },
    }, "serving certificate"],
  ];
  for (const [what, pair, due] of cases) {
    assert.equal(dueOf(pair, NAME, NOW), due, what);
    if (pair !== null) assert.ok(!canServe(pair, NAME, NOW), what);
  }
  assert.equal(dueOf(kept, "other.metallb-system.svc", NOW), "serving certificate");
});

Deno.test("kept certificate: renewed when 90 days are left, and good until it is over", () => {
  assert.equal(dueOf(kept, NAME, daysOn(275)), "nothing");
  assert.equal(dueOf(kept, NAME, daysOn(276)), "serving certificate");
  assert.ok(canServe(kept, NAME, daysOn(364)));
  assert.ok(!canServe(kept, NAME, daysOn(366)));
  assert.ok(canServe(kept, NAME, daysOn(-1)), "made by a replica whose clock is ahead");
});

Deno.test("kept certificate: a renewal keeps the authority until that runs out", async () => {
  const renewed = await renew(kept, "serving certificate", NAME, daysOn(300));
  assert.deepEqual(renewed.authority, kept.authority);
  assert.notEqual(renewed.serving.certificate, kept.serving.certificate);
  assert.equal(dueOf(renewed, NAME, daysOn(300)), "nothing");
  assert.equal(dueOf(renewed, NAME, daysOn(3650 - 89)), "everything");
});
