/**
 * A validation as text for people and editors, or as JSON.
 *
 * Shape: "file:line: object field: message", as compilers write it, one line a finding.
 *
 * @module
 */
import type { Finding, ValidationReport } from "./check.ts";

/** The findings, then what was looked at. */
export function formatValidation({ files, objects, errors, assumptions }: ValidationReport): string {
  const lines = [
    ...errors.map((it) => `${formatFinding(it)}`),
    ...assumptions.map((it) => `${formatFinding(it)} (no error)`),
    `${counted(errors.length, "error")} in ${counted(objects, "object")}, ${counted(files, "file")}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The report as JSON, two spaces deep, with a final newline. */
export function formatValidationJson(report: ValidationReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

function formatFinding({ file, line, object, field, message }: Finding): string {
  const place = line === null ? file : `${file}:${line}`;
  const what = [object, field].filter((it) => it !== "").join(" ");
  return [place, ...(what === "" ? [] : [what]), message.replaceAll("\n", " ")].join(": ");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
