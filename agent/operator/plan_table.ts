/**
 * A plan as a table for people: one line a Service, then the errors.
 *
 * Shape: a report in, text with a final newline out. Columns are as wide as their widest cell, the last one is not padded;
 * headings are bold on a terminal, and nothing else depends on there being one.
 *
 * @module
 */
import type { Announcer, PlannedService, PlanReport } from "./plan.ts";

const HEADINGS = ["SERVICE", "ADDRESSES", "POOL", "ANNOUNCED BY", "REASON/MESSAGE"];

/** The table. */
export function formatPlanTable({ services, errors }: PlanReport, isTerminal: boolean): string {
  const heading = (text: string): string => isTerminal ? `\x1b[1m${text}\x1b[0m` : text;
  const [headings = "", ...lines] = aligned([HEADINGS, ...services.map(cellsOf)]);
  lines.unshift(services.length === 0 ? "No Service of type LoadBalancer" : heading(headings));
  if (errors.length > 0) {
    lines.push(
      "",
      heading("ERRORS"),
      ...errors.map(({ object, field, message }) =>
        `${[object, field].filter((it) => it !== "").join(" ")}: ${message.replaceAll("\n", " ")}`
      ),
    );
  }
  return `${lines.join("\n")}\n`;
}

function cellsOf({ service, addresses, pool, reason, message, announcers }: PlannedService): string[] {
  const why = [reason ?? "", message].filter((it) => it !== "").join(": ");
  return [service, addresses.join(","), pool ?? "", announcedBy(announcers), why].map((cell) =>
    cell === "" ? "-" : cell.replaceAll("\n", " ")
  );
}

/** "node via eth0,eth1": each place once, however many addresses are announced there. */
function announcedBy(announcers: readonly Announcer[]): string {
  const places = announcers.map(({ node, interfaces, peers }) => {
    const ways = [...interfaces, ...peers];
    return ways.length === 0 ? node : `${node} via ${ways.join(",")}`;
  });
  return [...new Set(places)].join("; ");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
