/**
 * Tests that need the lab: they run where it can be built, and say aloud what they lacked where it cannot.
 *
 * @module
 */
import { formatMissing, missingTools } from "./install.ts";

const missing = await missingTools();
const remark = missing.length === 0 ? "" : ` (skipped: needs ${missing.map(({ name }) => name).join(", ")})`;
if (missing.length > 0) console.error(`SKIPPED: ${formatMissing(missing)}`);

/** Registers a test with all sanitizers on; ignored, by name, where the lab cannot be built. */
export function labTest(name: string, fn: (test: Deno.TestContext) => Promise<void>): void {
  Deno.test({
    name: name + remark,
    ignore: missing.length > 0,
    sanitizeOps: true,
    sanitizeResources: true,
    sanitizeExit: true,
    fn,
  });
}
