/**
 * The HTTP listener: /healthz, /readyz and /metrics for whoever watches this process.
 *
 * Source: MetalLB's health paths and metric names.
 * Shape: plain HTTP, on loopback but for a controller's Pod; opened where a port was asked for, closed by disposal.
 *
 * @module
 */
import type { Registry } from "prom-client";

/** What the endpoint shows. */
export interface EndpointOptions {
  readonly hostname: string;
  readonly port: number;
  /** True once objects were read and a configuration is in force. */
  readonly isReady: () => boolean;
  /** Metrics as of now. */
  readonly metrics: () => Registry | Promise<Registry>;
}

/** Starts listening; throws when the port is taken. */
export function openEndpoint(options: EndpointOptions): AsyncDisposable {
  const { hostname, port } = options;
  try {
    return Deno.serve(
      { hostname, port, onListen: () => {} },
      (request) => answer(request, options),
    );
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`Cannot listen on ${hostname}:${port}: ${reason}; give --health-probe-port a free port`, {
      cause,
    });
  }
}

async function answer(request: Request, options: EndpointOptions): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case "/healthz":
      return new Response("ok");
    case "/readyz":
      return options.isReady()
        ? new Response("ok")
        : new Response("no configuration in force yet", { status: 503 });
    case "/metrics": {
      const registry = await options.metrics();
      return new Response(await registry.metrics(), { headers: { "content-type": registry.contentType } });
    }
    default:
      return new Response("not found", { status: 404 });
  }
}
