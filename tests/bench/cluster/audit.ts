/**
 * What the roles asked of the API server, counted from its audit log.
 *
 * Source: Kubernetes, "Auditing": a JSON object a line; a watch is logged when it begins and when it ends.
 * Shape: from a mark on; requests of service accounts alone.
 *
 * @module
 */

const ACCOUNTS = "system:serviceaccount:";
const READS: ReadonlySet<string> = new Set(["get", "list", "watch"]);

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
}

/** How often each, as "patch services/status". */
export type Requests = ReadonlyMap<string, number>;

/** The end of the log now. */
export async function auditMark(log: string): Promise<number> {
  return (await Deno.stat(log)).size;
}

/** The requests since a mark. */
export async function requestsSince(log: string, mark: number): Promise<Requests> {
  const requests = new Map<string, number>();
  const text = new TextDecoder().decode((await Deno.readFile(log)).subarray(mark));
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    if (line === "") continue;
    const { stage, verb, user, objectRef } = JSON.parse(line) as AuditEvent;
    const counts = verb === "watch" ? "ResponseStarted" : "ResponseComplete";
    if (stage !== counts || !user.username.startsWith(ACCOUNTS)) continue;
    const { resource = "?", subresource } = objectRef ?? {};
    const request = `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`}`;
    requests.set(request, (requests.get(request) ?? 0) + 1);
  }
  return requests;
}

/** How many of them changed something other than a Lease. */
export function writesIn(requests: Requests): number {
  let count = 0;
  for (const [request, times] of requests) {
    if (!READS.has(request.split(" ")[0]!) && !request.endsWith(" leases")) count += times;
  }
  return count;
}

/** "12 get leases, 5 watch services", the most frequent first; every watch as one. */
export function formatRequests(requests: Requests): string {
  const merged = new Map<string, number>();
  for (const [request, count] of requests) {
    const name = request.startsWith("watch ") ? "watch" : request;
    merged.set(name, (merged.get(name) ?? 0) + count);
  }
  const sorted = [...merged].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${count} ${name}`).join(", ") || "none";
}
