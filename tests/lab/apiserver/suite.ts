/**
 * Tests that need a cluster: they run where one can be started, and say aloud what they lacked where it cannot.
 *
 * @module
 */
import { formatMissing, missingTools } from "../install.ts";
import { run } from "../program/command.ts";
import { findAssets, findMetalLb } from "./assets.ts";

const lacking = await lacks("lab");
const lackingRouters = await lacks("lab and routers");
const lackingMetalLb = lacking ?? lacksMetalLb();
for (const what of new Set([lacking, lackingRouters, lackingMetalLb])) {
  if (what !== null) console.error(`SKIPPED: ${what}`);
}

/** Registers a test with all sanitizers on; ignored, by name, where no cluster can be started. */
export function clusterTest(name: string, fn: TestFunction): void {
  register(name, lacking, fn);
}

/** The same for a test that needs the lab's routers too. */
export function clusterRouterTest(name: string, fn: TestFunction): void {
  register(name, lackingRouters, fn);
}

/** The same for a test that needs MetalLB's own programs too. */
export function clusterMetalLbTest(name: string, fn: TestFunction): void {
  register(name, lackingMetalLb, fn);
}

type TestFunction = (test: Deno.TestContext) => Promise<void>;

function register(name: string, lacking: string | null, fn: TestFunction): void {
  Deno.test({
    name: lacking === null ? name : `${name} (skipped: ${lacking})`,
    ignore: lacking !== null,
    sanitizeOps: true,
    sanitizeResources: true,
    sanitizeExit: true,
    fn,
  });
}

async function lacks(tools: "lab" | "lab and routers"): Promise<string | null> {
  const missing = await missingTools(tools);
  if (missing.length > 0) return formatMissing(missing);
  const assets = findAssets();
  if ("lacking" in assets) return `The cluster lacks ${assets.lacking}`;
  try {
    await run(["openssl", "version"]);
    return null;
  } catch {
    return "The cluster lacks openssl (for its certificates): install the package openssl (its name on Debian)";
  }
}

function lacksMetalLb(): string | null {
  const found = findMetalLb();
  return "lacking" in found ? `MetalLB to compare with: it lacks ${found.lacking}` : null;
}
