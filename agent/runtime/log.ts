/**
 * The program's log: one JSON object a line on standard output, constant `msg`, data in keys.
 *
 * Source: MetalLB's log level words (all, debug, info, warn, error, none) and its keys `ts`, `level`, `caller`, `msg`.
 * Shape: {@linkcode openLog} once in main; everybody else asks {@linkcode logOf} for a logger by the name of its part.
 * Not here: protocol machines, which do not log; the loop logs their transitions.
 *
 * @module
 */
import { configureSync, getLogger, type Logger, type LogRecord } from "@logtape/logtape";

/** MetalLB's words for --log-level. */
export const LOG_LEVELS = ["all", "debug", "info", "warn", "error", "none"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

const LOWEST = {
  all: "trace",
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
  none: null,
} as const;

/** Starts the log at that level; lines go to `write` whole, with their newline. */
export function openLog(level: LogLevel, write: (line: string) => void = writeToStdout): void {
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(formatLine(record)) },
    loggers: [
      { category: "ingot", sinks: ["lines"], lowestLevel: LOWEST[level] },
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });
}

/** The logger of one part of the program; its name becomes the line's `caller`. */
export function logOf(caller: string): Logger {
  return getLogger(["ingot", caller]);
}

function formatLine(record: LogRecord): string {
  const level = record.level === "warning" ? "warn" : record.level;
  const line = {
    ts: new Date(record.timestamp).toISOString(),
    level,
    caller: record.category.at(-1),
    msg: record.message.join(""),
    ...record.properties,
  };
  return JSON.stringify(line, replaceUnprintable) + "\n";
}

/** Errors print as their message, big numbers as text; anything else as JSON would have it. */
function replaceUnprintable(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  if (typeof value === "bigint") return value.toString();
  return value;
}

const encoder = new TextEncoder();

function writeToStdout(line: string): void {
  const octets = encoder.encode(line);
  for (let written = 0; written < octets.length;) {
    try {
      written += Deno.stdout.writeSync(octets.subarray(written));
    } catch {
      // A reader that went away must not take the announcing process with it.
      return;
    }
  }
}
