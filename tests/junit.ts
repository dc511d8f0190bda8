/**
 * Reads the JUnit reports `deno test` writes.
 *
 * @module
 */

/** What one report says. Steps count as tests, as in deno's own reports. */
export interface Report {
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

export interface Failure {
  /** File, test and, for a step, the steps around it. */
  readonly test: string;
  /** The error with its stack, as deno prints it. */
  readonly error: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&quot;": '"',
  "&apos;": "'",
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
};
const TEST_CASE = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<(?:failure|error)\b[^>]*>([^<]*)</g;

function unescaped(text: string): string {
  return text.replaceAll(/&(?:quot|apos|lt|gt|amp);/g, (entity) => ENTITIES[entity]!);
}

export function parseReport(xml: string): Report {
  const sumOf = (attribute: string): number =>
    [...xml.matchAll(/^\s*<testsuite ([^>]*)>/gm)].reduce((sum, [, attributes]) => {
      return sum + Number(new RegExp(`\\b${attribute}="(\\d+)"`).exec(attributes ?? "")?.[1] ?? 0);
    }, 0);
  return {
    tests: sumOf("tests"),
    failed: sumOf("failures") + sumOf("errors"),
    skipped: sumOf("disabled"),
    failures: [...xml.matchAll(TEST_CASE)].map(([, name, file, error]) => ({
      test: `${unescaped(file!)}: ${unescaped(name!)}`,
      error: unescaped(error!).trim(),
    })),
  };
}
