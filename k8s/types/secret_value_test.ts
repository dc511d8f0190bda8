import assert from "node:assert/strict";
import { format, inspect } from "node:util";
import { sameSecret, SecretValue } from "./secret_value.ts";

const TEXT = "correct horse";
const secret = SecretValue.ofText(TEXT);

const PRINTED: Readonly<Record<string, () => unknown>> = {
  "JSON.stringify()": () => JSON.stringify({ nested: [secret] }),
  "a template string": () => `${secret}`,
  "String()": () => String(secret),
  "concatenation": () => "password " + secret,
  "Deno.inspect()": () => Deno.inspect({ secret }, { depth: 9, showHidden: true }),
  "node's inspect()": () => inspect({ secret }, { depth: 9, showHidden: true }),
  "node's format()": () => format("%s %o %j", secret, secret, secret),
  "its keys and values": () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret)]),
  "a structured clone": () => Deno.inspect(structuredClone(secret), { showHidden: true }),
};

for (const [what, print] of Object.entries(PRINTED)) {
  Deno.test(`SecretValue is not shown by ${what}`, () => {
    const printed = String(print());
    assert.ok(!printed.includes(TEXT) && !printed.includes("correct"), printed);
    assert.ok(!printed.includes("99, 111, 114"), printed);
  });
}

Deno.test("SecretValue is not shown by console.log()", () => {
  const lines: unknown[][] = [];
  const { log } = console;
  console.log = (...them: unknown[]) => void lines.push(them.map((it) => Deno.inspect(it)));
  try {
    console.log(secret, { secret });
  } finally {
    console.log = log;
  }
  assert.deepEqual(lines, [["<redacted>", "{ secret: <redacted> }"]]);
});

Deno.test("SecretValue.reveal() gives the octets, and a copy of them", () => {
  const octets = secret.reveal();
  assert.equal(new TextDecoder().decode(octets), TEXT);
  octets.fill(0);
  assert.equal(new TextDecoder().decode(secret.reveal()), TEXT);
});

Deno.test("SecretValue.ofBase64() takes octets that are no text, and line breaks", () => {
  assert.deepEqual([...SecretValue.ofBase64("/w\nA=\n").reveal()], [0xff, 0]);
  assert.equal(SecretValue.ofBase64("").octetCount, 0);
  assert.throws(() => SecretValue.ofBase64("a"));
});

Deno.test("sameSecret() compares octets", () => {
  assert.ok(sameSecret(secret, SecretValue.ofText(TEXT)));
  assert.ok(!sameSecret(secret, SecretValue.ofText("correct hors2")));
  assert.ok(!sameSecret(secret, SecretValue.ofText("correct")));
  assert.ok(!sameSecret(secret, null));
  assert.ok(sameSecret(null, null));
});
