/**
 * Golden cases of `ingot plan`: a folder of manifests in, the JSON beside it out.
 *
 * To write what the program says now, review the difference and commit it:
 * `deno test --allow-read --allow-write --allow-env tests/parity/plan_test.ts -- --rewrite`
 *
 * @module
 */
import assert from "node:assert/strict";
import { runPlan } from "../../agent/operator/plan_command.ts";

const CASES = new URL("./plan/", import.meta.url);
const REWRITE = Deno.args.includes("--rewrite");

const names = [...Deno.readDirSync(CASES)].filter((it) => it.isDirectory).map((it) => it.name).sort();

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function plan(manifests: string, output: "json" | "table" = "json"): Promise<Run> {
  const [out, err]: [string[], string[]] = [[], []];
  const place = { type: "Manifests", directory: manifests } as const;
  const options = {
    place,
    overlay: null,
    namespace: null,
    loadBalancerClass: null,
    ignoreExcludeLb: false,
    output,
  };
  const code = await runPlan(options, {
    isTerminal: false,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join(""), err: err.join("") };
}

const folderOf = (name: string): string => new URL(name, CASES).pathname;

for (const name of names) {
  Deno.test(`ingot plan prints ${name}.json for the manifests in ${name}`, async () => {
    const { code, out, err } = await plan(folderOf(name));
    if (REWRITE) Deno.writeTextFileSync(new URL(`${name}.json`, CASES), out);
    assert.equal(out, Deno.readTextFileSync(new URL(`${name}.json`, CASES)));
    assert.equal(code, JSON.parse(out).errors.length === 0 ? 0 : 1);
    assert.equal(err, "");
  });
}

Deno.test("ingot plan has cases with and without errors, and no expectation without a case", () => {
  const expected = [...Deno.readDirSync(CASES)].filter((it) => it.isFile).map((it) => it.name).sort();
  assert.deepEqual(expected, names.map((it) => `${it}.json`));
  assert.ok(names.length >= 8);
});

Deno.test("ingot plan prints the same twice", async () => {
  for (const name of names) assert.equal((await plan(folderOf(name))).out, (await plan(folderOf(name))).out);
});

Deno.test("ingot plan prints a table for people", async () => {
  const { out, code } = await plan(folderOf("broken_file"), "table");
  const lines = out.split("\n");
  assert.match(lines[0] ?? "", /^SERVICE +ADDRESSES +POOL +ANNOUNCED BY +REASON\/MESSAGE$/);
  assert.match(lines[1] ?? "", /^shop\/web +10\.20\.30\.1 +lan +iris2 +-$/);
  assert.deepEqual(lines.slice(2, 4), ["", "ERRORS"]);
  assert.match(lines[4] ?? "", /^File\/broken\.yaml/);
  assert.equal(code, 1);
});

Deno.test("ingot plan says that there is no such folder, and leaves with 1", async () => {
  const { code, out, err } = await plan(folderOf("absent"));
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^ingot: .*absent/);
});
