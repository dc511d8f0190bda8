/**
 * The plain listener for whoever watches this program on its host: /healthz and /readyz, and /metrics without a cluster.
 *
 * Source: MetalLB's health paths and addresses. METALLB: there both paths say ok as soon as the program runs.
 * Shape: HTTP; opened where a port was asked for, closed by disposal. That /healthz is answered at all says that the main
 * thread turns.
 * Not here: metrics in a cluster, where others could read them (metrics_listener.ts).
 *
 * @module
 */
import { CONTENT_TYPE } from "../../report/exposition.ts";

const CLOSE_WITHIN_MS = 1000;

/** Who may ask: this host alone, or everybody who reaches it. */
export type Reach = "host" | "network";

/** What the listener shows. */
export interface HealthOptions {
  readonly reach: Reach;
  readonly port: number;
  /** False when only another start of the program can help. */
  readonly isAlive: () => boolean;
  /** True once objects were read and a configuration is in force. */
  readonly isReady: () => boolean;
  /** Metrics as of now; null where this listener does not show them. */
  readonly metrics: (() => Promise<string>) | null;
}

/** Starts listening; throws when the port is taken. */
export function openHealth(options: HealthOptions): AsyncDisposable {
  const { port } = options;
  const hostnames = hostnamesOf(options.reach);
  for (const [index, hostname] of hostnames.entries()) {
    try {
      const server = Deno.serve(
        { hostname, port, onListen: () => {} },
        (request) => answer(request, options),
      );
      return { [Symbol.asyncDispose]: () => close(server) };
    } catch (cause) {
      if (!(cause instanceof Deno.errors.AddrInUse) && index < hostnames.length - 1) continue;
      const reason = (cause as Error).message;
      const message = `Cannot listen on ${hostname}:${port}: ${reason}; give --health-probe-port a free port`;
      throw new Error(message, { cause });
    }
  }
  throw new Error("There is always an address to listen on");
}

/** Lets requests under way end, for a time: one may never. */
async function close(server: Deno.HttpServer): Promise<void> {
  let bound: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<void>((resolve) => bound = setTimeout(resolve, CLOSE_WITHIN_MS));
  await Promise.race([server.shutdown(), tooLong]);
  clearTimeout(bound);
}

/** The addresses to listen on, in the order to try them: a host without IPv6 has no "::", which else is both families. */
export function hostnamesOf(reach: Reach): readonly string[] {
  return reach === "host" ? ["127.0.0.1"] : ["::", "0.0.0.0"];
}

async function answer(request: Request, { isAlive, isReady, metrics }: HealthOptions): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case "/healthz":
      return isAlive()
        ? new Response("ok")
        : new Response("the network thread does not answer", { status: 503 });
    case "/readyz":
      return isReady() ? new Response("ok") : new Response("no configuration in force yet", { status: 503 });
    case "/metrics":
      if (metrics === null) break;
      return new Response(await metrics(), { headers: { "content-type": CONTENT_TYPE } });
  }
  return new Response("not found", { status: 404 });
}
