/**
 * The part of the command line that only a cluster has a use for: metrics behind a token, this program's Pod, the secret
 * of MetalLB's speakers.
 *
 * Source: MetalLB's flags and environment variables, with its defaults.
 * Shape: the flags and the environment in, {@linkcode ClusterOptions} or one line of refusal out.
 * Not here: the webhooks' flags (webhooks.ts), everything else (command_line.ts).
 *
 * @module
 */
import { type Command as Commander, Option } from "commander";
import { parseTlsTerms, type TlsFlags, type TlsTerms } from "../tls/terms.ts";
import { addWebhookFlags, type WebhookFlags, type WebhookTerms, webhookTermsOf } from "./webhooks.ts";

const METRICS_PORT = 9120;

/** See the module comment. */
export interface ClusterOptions {
  /** The port of /metrics over HTTPS; 0 opens none. */
  readonly metricsPort: number;
  /** Folder with tls.crt and tls.key for it; null for a certificate of its own making. */
  readonly metricsCertDir: string | null;
  readonly tls: TlsTerms;
  /** The Pod this runs in, which owns what it writes of itself; null outside of one. */
  readonly podName: string | null;
  readonly memberlist: MemberlistTerms | null;
  readonly webhooks: WebhookTerms;
}

/** The secret that MetalLB's speakers share, as the controller is to make it. */
export interface MemberlistTerms {
  readonly secretName: string;
  /** The Deployment that owns it. */
  readonly deployment: string;
}

/** As commander found them. */
export interface ClusterFlags extends TlsFlags, WebhookFlags {
  readonly port?: number;
  readonly metricsCertDir?: string;
  readonly podName?: string;
  readonly mlSecretName?: string;
  readonly deployment?: string;
}

/** Adds the flags; `portNumber` parses one. */
export function addClusterFlags(program: Commander, portNumber: (text: string) => number): void {
  program
    .addOption(
      new Option(
        "--port <port>",
        `in a cluster: serve /metrics over HTTPS on this port; 0: do not (default: ${METRICS_PORT})`,
      )
        .argParser(portNumber),
    )
    .option("--metrics-cert-dir <dir>", "folder with tls.crt and tls.key for it (default: makes its own)")
    .option("--tls-min-version <version>", "VersionTLS12 or VersionTLS13 (default: VersionTLS13)")
    .addOption(new Option("--tls-cipher-suites <names>").hideHelp())
    .addOption(new Option("--tls-curve-preferences <numbers>").hideHelp())
    .option("--pod-name <name>", "in a cluster: the Pod this runs in (or METALLB_POD_NAME)")
    .option(
      "--ml-secret-name <name>",
      "controller: the Secret to make for MetalLB's speakers (or METALLB_ML_SECRET_NAME; default: none)",
    )
    .option("--deployment <name>", "controller: the Deployment that owns it (or METALLB_DEPLOYMENT)");
  addWebhookFlags(program);
}

/** See the module comment. */
export function parseClusterOptions(
  flags: ClusterFlags,
  env: (name: string) => string | undefined,
): ClusterOptions | string {
  const tls = parseTlsTerms(flags);
  if (typeof tls === "string") return tls;
  const secretName = flags.mlSecretName ?? env("METALLB_ML_SECRET_NAME") ?? "";
  return {
    metricsPort: flags.port ?? METRICS_PORT,
    metricsCertDir: flags.metricsCertDir || null,
    tls,
    podName: flags.podName || env("METALLB_POD_NAME") || null,
    memberlist: secretName === ""
      ? null
      : { secretName, deployment: flags.deployment ?? env("METALLB_DEPLOYMENT") ?? "" },
    webhooks: webhookTermsOf(flags),
  };
}
