/**
 * Tests that need the lab, or its routers as well: they run where it can be built, and say aloud what they lacked where it
 * cannot.
 *
 * @module
 */
import { formatMissing, type MissingTool, missingTools } from "./install.ts";

const lab = await missingTools();
const all = await missingTools("lab and routers");
if (all.length > 0) console.error(`SKIPPED: ${formatMissing(all)}`);

/** Registers a test with all sanitizers on; ignored, by name, where the lab cannot be built. */
export function labTest(name: string, fn: TestFunction): void {
  register(name, lab, fn);
}

/** The same for a test that needs FRR, BIRD and GoBGP too, and whatever other program it asks. */
export function routerTest(name: string, fn: TestFunction, witness?: string): void {
  register(name, witness === undefined || isInstalled(witness) ? all : [...all, { name: witness }], fn);
}

function isInstalled(program: string): boolean {
  const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" })
    .outputSync();
  if (!success) console.error(`SKIPPED: what ${program} says, for it is not installed`);
  return success;
}

type TestFunction = (test: Deno.TestContext) => Promise<void>;

function register(
  name: string,
  missing: readonly Pick<MissingTool, "name">[],
  fn: TestFunction,
): void {
  const remark = missing.length === 0
    ? ""
    : ` (skipped: needs ${missing.map((tool) => tool.name).join(", ")})`;
  Deno.test({
    name: name + remark,
    ignore: missing.length > 0,
    sanitizeOps: true,
    sanitizeResources: true,
    sanitizeExit: true,
    fn,
  });
}
