/**
 * Writes the generated files of deploy/: `deno run -A deploy/generate.ts`.
 *
 * Not here: what is written (generated_files.ts).
 *
 * @module
 */
import { generatedFiles } from "./generated_files.ts";

for (const [path, text] of generatedFiles()) {
  const url = new URL(path, import.meta.url);
  await Deno.mkdir(new URL(".", url), { recursive: true });
  await Deno.writeTextFile(url, text);
}
