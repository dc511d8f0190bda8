/**
 * What would change in a cluster, as tables for people: first what would be, then how that differs from now.
 *
 * Shape: a report in, text with a final newline out.
 *
 * @module
 */
import {
  announcedBy,
  errorLines,
  type Heading,
  headingFor,
  serviceLines,
  tableLines,
} from "../plan_table.ts";
import type { ChangeReport, Changes } from "./report.ts";
import type { ServiceChange } from "./services.ts";

/** The tables. */
export function formatChangeTable(
  { services, errors, changes }: ChangeReport,
  isTerminal: boolean,
): string {
  const heading = headingFor(isTerminal);
  const lines = [
    ...serviceLines(services, heading),
    ...changeLines(changes, heading),
    ...errorLines("ERRORS", errors, heading),
    ...errorLines("ERRORS IN THE CLUSTER AS IT IS", changes.errorsNow, heading),
  ];
  return `${lines.join("\n")}\n`;
}

function changeLines({ takesEffect, applied, services, sessions }: Changes, heading: Heading): string[] {
  const lines = [""];
  if (applied.length > 0) {
    const created = applied.filter(({ change }) => change === "create").length;
    lines.push(heading(`WITH ${created} CREATED, ${applied.length - created} REPLACED`));
    for (const { object, change } of applied) lines.push(`${change} ${object}`);
    lines.push("");
  }
  if (!takesEffect) {
    lines.push("Nothing would change: the configuration would have errors, so the one in force stays");
    return lines;
  }
  if (services.length + sessions.length === 0) {
    lines.push(applied.length === 0 ? "Nothing is pending" : "Nothing would change");
    return lines;
  }
  if (services.length > 0) {
    lines.push(...tableLines([SERVICE_HEADINGS, ...services.map(serviceCells)], heading));
  }
  if (sessions.length > 0) {
    if (services.length > 0) lines.push("");
    const rows = sessions.map(({ peer, change, nodes, why }) => [peer, WORDS[change], nodes.join(","), why]);
    lines.push(...tableLines([SESSION_HEADINGS, ...rows], heading));
  }
  return lines;
}

const SERVICE_HEADINGS = ["SERVICE THAT CHANGES", "ADDRESSES", "ANNOUNCED BY", "WHY"];
const SESSION_HEADINGS = ["BGP SESSIONS WITH", "CHANGE", "NODES", "WHY"];
const WORDS = { opens: "open", closes: "close", restarts: "start again", goesOn: "change in place" };

function serviceCells({ service, before, after, why }: ServiceChange): string[] {
  const [had, has] = [before, after].map((it) => it?.addresses.join(",") || "none");
  const [was, is] = [before, after].map((it) => announcedBy(it?.announcers ?? []) || "nobody");
  return [service, became(had!, has!), became(was!, is!), why.join(". ")];
}

function became(before: string, after: string): string {
  return before === after ? after : `${before} -> ${after}`;
}
