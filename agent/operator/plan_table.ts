/**
 * A plan as a table for people: one line a Service, then the errors.
 *
 * Shape: a report in, text with a final newline out. Columns are as wide as their widest cell, the last one is not padded;
 * headings are bold on a terminal, and nothing else depends on there being one.
 *
 * @module
 */
import type { ObjectError } from "../../k8s/source.ts";
import type { Announcer, PlannedService, PlanReport } from "./plan.ts";

const HEADINGS = ["SERVICE", "ADDRESSES", "POOL", "ANNOUNCED BY", "REASON/MESSAGE"];

/** How a heading looks. */
export type Heading = (text: string) => string;

/** Bold on a terminal. */
export function headingFor(isTerminal: boolean): Heading {
  return (text) => isTerminal ? `\x1b[1m${text}\x1b[0m` : text;
}

/** The table. */
export function formatPlanTable({ services, errors }: PlanReport, isTerminal: boolean): string {
  const heading = headingFor(isTerminal);
  return `${[...serviceLines(services, heading), ...errorLines("ERRORS", errors, heading)].join("\n")}\n`;
}

/** One line a Service. */
export function serviceLines(services: readonly PlannedService[], heading: Heading): string[] {
  if (services.length === 0) return ["No Service of type LoadBalancer"];
  return tableLines([HEADINGS, ...services.map(cellsOf)], heading);
}

/** One line an error, under a heading; none without errors. */
export function errorLines(title: string, errors: readonly ObjectError[], heading: Heading): string[] {
  if (errors.length === 0) return [];
  const lines = errors.map(({ object, field, message }) =>
    `${[object, field].filter((it) => it !== "").join(" ")}: ${message.replaceAll("\n", " ")}`
  );
  return ["", heading(title), ...lines];
}

/** Rows as aligned columns, the first row a heading; an empty cell is a dash. */
export function tableLines(rows: readonly (readonly string[])[], heading: Heading): string[] {
  const filled = rows.map((row) => row.map((cell) => cell === "" ? "-" : cell.replaceAll("\n", " ")));
  const [headings = "", ...lines] = aligned(filled);
  return [heading(headings), ...lines];
}

function cellsOf({ service, addresses, pool, reason, message, announcers }: PlannedService): string[] {
  const why = [reason ?? "", message].filter((it) => it !== "").join(": ");
  return [service, addresses.join(","), pool ?? "", announcedBy(announcers), why];
}

/** "node via eth0,eth1": each place once, however many addresses are announced there. */
export function announcedBy(announcers: readonly Announcer[]): string {
  const places = announcers.map(({ node, interfaces, peers }) => {
    const ways = [...interfaces, ...peers];
    return ways.length === 0 ? node : `${node} via ${ways.join(",")}`;
  });
  return [...new Set(places)].join("; ");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => {
    let width = 0;
    for (const row of rows) width = Math.max(width, row[column]?.length ?? 0);
    return width;
  });
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
