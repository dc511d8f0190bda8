/**
 * Runs the suites and adds them up: `deno task test`, or `deno task test unit fuzz` for some of them.
 *
 * Shape: suites' output streams through; then every failure again, one line a suite, and last, alone,
 * `N passed, N failed, N skipped`. Exit code 1 when anything failed, 2 when a suite's name is unknown. A suite that cannot
 * run here says what it needs and its tests count as skipped; one that runs and finds no test counts as failed. fmt, lint,
 * check and compile count as one.
 * Not here: which suites there are (suites.ts), what a report's XML says (junit.ts).
 *
 * @module
 */
import { type Failure, parseReport, type Report } from "./junit.ts";
import { missing } from "./needs.ts";
import { type Suite, SUITES, type TestSuite } from "./suites.ts";

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the suite did not run or why it failed as a whole; empty when the numbers say it all. */
  readonly remark: string;
  readonly failures: readonly Failure[];
}

const ONE_PASSED: Tally = { passed: 1, failed: 0, skipped: 0, remark: "", failures: [] };
const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** The `*_test.ts` files below a folder. */
function testFilesIn(folder: string): readonly string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return testFilesIn(path);
    return entry.name.endsWith("_test.ts") ? [path] : [];
  });
}

/** How many tests the files declare, as far as their text tells: what is lost when they do not run. */
function declaredTests(files: readonly string[]): number {
  return files.reduce((sum, file) => {
    const declared = Deno.readTextFileSync(file).match(/^\s*(?:Deno\.test|\w+Test)\b.*\(/gm)?.length ?? 0;
    return sum + Math.max(1, declared);
  }, 0);
}

/** Runs deno itself, in the foreground; null when it ran into the limit and was ended. */
async function runDeno(args: readonly string[], limitMinutes: number): Promise<number | null> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  let expired = false;
  const limit = setTimeout(() => {
    expired = true;
    child.kill("SIGTERM");
  }, limitMinutes * 60_000);
  const status = await child.status;
  clearTimeout(limit);
  return expired ? null : status.code;
}

/** The JUnit report `deno test` wrote; an empty one when it wrote none. */
function readReport(path: string): Report {
  try {
    return parseReport(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { tests: 0, failed: 0, skipped: 0, failures: [] };
    throw error;
  }
}

async function runTests(suite: TestSuite, folders: readonly string[], reports: string): Promise<Tally> {
  const report = `${reports}/${suite.name}.xml`;
  const code = await runDeno([
    "test",
    "--frozen",
    "--sanitize-ops",
    "--sanitize-resources",
    `--junit-path=${report}`,
    ...suite.flags,
    ...folders,
  ], suite.limitMinutes);
  const { tests, failed, skipped, failures } = readReport(report);
  const passed = tests - failed - skipped;
  if (code === null) {
    return {
      passed,
      failed: failed + 1,
      skipped,
      remark: `ended after ${suite.limitMinutes} minutes`,
      failures,
    };
  }
  if (tests === 0) return { passed, failed: 1, skipped, remark: `ran no test (exit code ${code})`, failures };
  // A file that does not load or compile is in no report, only in the exit code.
  if (code !== 0 && failed === 0) {
    return { passed, failed: 1, skipped, remark: `exit code ${code}`, failures };
  }
  return { passed, failed, skipped, remark: "", failures };
}

/** Runs one suite; null when none of its folders exists. */
async function run(suite: Suite, reports: string): Promise<Tally | null> {
  const folders = suite.kind === "tests" ? suite.folders.filter((folder) => isFolder(ROOT + folder)) : [];
  if (suite.kind === "tests" && folders.length === 0) return null;
  console.log(`\n== ${suite.name}`);
  const files = folders.flatMap((folder) => testFilesIn(ROOT + folder));
  if (suite.kind === "tests" && files.length === 0) {
    return {
      passed: 0,
      failed: 0,
      skipped: 0,
      remark: `skipped: ${folders.join(", ")} holds no tests yet`,
      failures: [],
    };
  }
  const lacking = await missing(suite.needs);
  if (lacking.length > 0) {
    const skipped = suite.kind === "tests" ? declaredTests(files) : 1;
    return { passed: 0, failed: 0, skipped, remark: `skipped: needs ${lacking.join(", ")}`, failures: [] };
  }
  if (suite.kind === "tests") return await runTests(suite, folders, reports);
  const code = await runDeno(suite.args, suite.limitMinutes);
  if (code === 0) return ONE_PASSED;
  const remark = code === null ? `ended after ${suite.limitMinutes} minutes` : `exit code ${code}`;
  return { passed: 0, failed: 1, skipped: 0, remark, failures: [] };
}

function describe(name: string, tally: Tally, tookMs: number): string {
  const counts = `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
  const time = `${(tookMs / 1000).toFixed(1)} s`;
  return `${name.padEnd(8)} ${counts} (${time})${tally.remark === "" ? "" : `  ${tally.remark}`}`;
}

/** The suites a person asked for, in the table's order; all when none is named. */
function chosen(names: readonly string[]): readonly Suite[] {
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(
      `Unknown suite ${unknown.join(", ")}; there are: ${SUITES.map((suite) => suite.name).join(", ")}`,
    );
    Deno.exit(2);
  }
  return names.length === 0 ? SUITES : SUITES.filter((suite) => names.includes(suite.name));
}

const lines: string[] = [];
const tallies: Tally[] = [];
const reports = await Deno.makeTempDir({ prefix: "ingot-tests-" });
try {
  for (const suite of chosen(Deno.args)) {
    const start = performance.now();
    const tally = await run(suite, reports);
    if (tally === null) continue;
    const line = describe(suite.name, tally, performance.now() - start);
    console.log(line);
    lines.push(line);
    tallies.push(tally);
  }
} finally {
  await Deno.remove(reports, { recursive: true });
}

const total = (count: "passed" | "failed" | "skipped"): number =>
  tallies.reduce((sum, tally) => sum + tally[count], 0);
// Once more at the end: between the suites' own output nobody finds them.
for (const { test, error } of tallies.flatMap(({ failures }) => failures)) {
  console.log(`\nfailed: ${test}\n${error.replaceAll(/^/gm, "  ")}`);
}
console.log(`\n${lines.join("\n")}\n`);
console.log(`${total("passed")} passed, ${total("failed")} failed, ${total("skipped")} skipped`);
if (total("failed") > 0) Deno.exitCode = 1;
