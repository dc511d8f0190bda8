/**
 * Metrics as text, the way Prometheus reads them.
 *
 * Source: Prometheus exposition formats, text format 0.0.4.
 * Shape: plain values in, one text out: nothing is counted here, and what is gone is not shown. Written out by hand, as the
 * usual library takes ten times as long for the 40,000 samples of a node with 10,000 Services, half a second in which nothing
 * else happens.
 * Not here: which metrics there are (metrics.ts), serving them (agent/runtime/endpoint).
 *
 * @module
 */

/** What a response with this text says it is. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Label values by label. */
export type MetricLabels = Readonly<Record<string, string>>;

/** One number. */
export type Sample = readonly [labels: MetricLabels, value: number];

/** One metric. One without samples is not shown, as in the programs it is compared with. */
export interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  /** One line. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** A metric without labels. */
export function single(name: string, type: Metric["type"], help: string, value: number): Metric {
  return { name, type, help, samples: [[{}, value]] };
}

/** The text of all of them, in their order. */
export function formatMetrics(metrics: Iterable<Metric>): string {
  let text = "";
  for (const { name, type, help, samples } of metrics) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [labels, value] of samples) text += `${name}${formatLabels(labels)} ${formatValue(value)}\n`;
  }
  return text;
}

function formatLabels(labels: MetricLabels): string {
  let text = "";
  for (const label in labels) text += `${text === "" ? "" : ","}${label}="${escape(labels[label]!)}"`;
  return text === "" ? "" : `{${text}}`;
}

function escape(value: string): string {
  return /["\\\n]/.test(value) ? value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n") : value;
}

function formatValue(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
}
