/**
 * `ingot validate`: checks manifests without a cluster, prints every error, and says by its exit code whether there was one.
 *
 * Not here: checking (check.ts), the command line (agent/runtime/options/operator_commands.ts).
 *
 * @module
 */
import type { ValidateOptions } from "../../runtime/options/operator_commands.ts";
import { validate } from "./check.ts";
import { readFiles } from "./files.ts";
import { formatValidation, formatValidationJson } from "./format.ts";

/** What the command reads and writes besides files. */
export interface ValidateIo {
  readonly standardInput: () => Promise<Uint8Array>;
  /** Standard output. */
  readonly out: (text: string) => void;
}

/** Prints the report; resolves to the exit code: 0, or 1 when there are errors. */
export async function runValidate(options: ValidateOptions, io: ValidateIo): Promise<number> {
  const { namespace, isStrict, output } = options;
  const texts = await readFiles(options.paths, io.standardInput);
  const report = validate({ texts, namespace, isStrict });
  io.out(output === "json" ? formatValidationJson(report) : formatValidation(report));
  return report.errors.length === 0 ? 0 : 1;
}
