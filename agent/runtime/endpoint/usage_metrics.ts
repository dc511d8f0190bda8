/**
 * What this program uses of its host, under the names that every exporter has for it.
 *
 * Source: Prometheus, "Writing client libraries", standard metrics; proc(5).
 * Shape: asks the kernel at each call; what a host does not tell is left out.
 *
 * @module
 */
import { type Metric, single } from "../../report/exposition.ts";
import process from "node:process";

const STARTED_AT_SECONDS = performance.timeOrigin / 1000;

/** See the module comment. */
export function usageMetrics(): readonly Metric[] {
  const { user, system } = process.cpuUsage();
  const metrics = [
    single("process_cpu_seconds_total", "counter", "CPU time used, in seconds", (user + system) / 1e6),
    single("process_resident_memory_bytes", "gauge", "Resident memory, in bytes", Deno.memoryUsage().rss),
    single("process_start_time_seconds", "gauge", "Start, in seconds since 1970", STARTED_AT_SECONDS),
  ];
  const open = openFileCount();
  if (open !== null) metrics.push(single("process_open_fds", "gauge", "Open file descriptors", open));
  return metrics;
}

function openFileCount(): number | null {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length;
  } catch {
    return null;
  }
}
