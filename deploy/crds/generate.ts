/**
 * Writes the CustomResourceDefinitions: `deno run -A deploy/crds/generate.ts`.
 *
 * Not here: what is written (files.ts).
 *
 * @module
 */
import { generatedFiles } from "./files.ts";

for (const [path, text] of generatedFiles()) {
  const url = new URL(`../${path}`, import.meta.url);
  await Deno.mkdir(new URL(".", url), { recursive: true });
  await Deno.writeTextFile(url, text);
}
