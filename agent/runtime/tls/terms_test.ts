import assert from "node:assert/strict";
import { parseTlsTerms } from "./terms.ts";

Deno.test("parseTlsTerms() takes TLS 1.3 unless told otherwise", () => {
  assert.deepEqual(parseTlsTerms({}), { leastVersion: "TLSv1.3" });
  assert.deepEqual(parseTlsTerms({ tlsMinVersion: "VersionTLS13" }), { leastVersion: "TLSv1.3" });
  assert.deepEqual(parseTlsTerms({ tlsMinVersion: "VersionTLS12" }), { leastVersion: "TLSv1.2" });
  assert.match(String(parseTlsTerms({ tlsMinVersion: "VersionTLS11" })), /VersionTLS12 or VersionTLS13/);
});

Deno.test("W19: parseTlsTerms() takes numbers of curves, blanks trimmed, and refuses names, zero, doubles and strangers", () => {
  assert.deepEqual(parseTlsTerms({ tlsCurvePreferences: "29, 23, 4588" }), { leastVersion: "TLSv1.3" });
  for (const wrong of ["X25519", "0", "29,29", "99999", "29,", "-1", "29 23"]) {
    assert.match(
      String(parseTlsTerms({ tlsCurvePreferences: wrong })),
      /^--tls-curve-preferences has /,
      wrong,
    );
  }
});

Deno.test("W20: parseTlsTerms() refuses cipher suites together with TLS 1.3, the default too", () => {
  const tlsCipherSuites =
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
  for (const version of [{}, { tlsMinVersion: "VersionTLS13" }]) {
    assert.match(
      String(parseTlsTerms({ tlsCipherSuites, ...version })),
      /needs --tls-min-version VersionTLS12/,
    );
  }
  assert.deepEqual(parseTlsTerms({ tlsCipherSuites, tlsMinVersion: "VersionTLS12" }), {
    leastVersion: "TLSv1.2",
  });
  assert.match(
    String(parseTlsTerms({ tlsCipherSuites: "TLS_NULL", tlsMinVersion: "VersionTLS12" })),
    /TLS_NULL, which is no cipher suite/,
  );
});
