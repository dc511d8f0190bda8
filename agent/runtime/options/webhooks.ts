/**
 * The part of the command line that is about the webhooks of the controller.
 *
 * Source: MetalLB's flags, with its defaults.
 * Shape: the flags in, {@linkcode WebhookTerms} out.
 * Not here: the least version of TLS, which is every listener's (../tls/terms.ts).
 *
 * @module
 */
import { type Command as Commander, Option } from "commander";

const WEBHOOK_MODES = ["enabled", "disabled", "onlywebhook"] as const;
/** onlywebhook: this program serves them and leaves all else to others. */
export type WebhookMode = typeof WEBHOOK_MODES[number];

/** Whether webhooks are served, and how. */
export interface WebhookTerms {
  readonly mode: WebhookMode;
  /** The Secret that the certificate is kept in. */
  readonly secretName: string;
  /** The Service by which the API server calls. */
  readonly serviceName: string;
  /** Folder with tls.crt and tls.key that somebody else keeps; null: the certificate is made and kept here. */
  readonly certificateFolder: string | null;
  /** HTTP/2 with those who prefer it. */
  readonly http2: boolean;
}

/** As commander found them. */
export interface WebhookFlags {
  readonly webhookMode?: WebhookMode;
  readonly webhookSecret?: string;
  readonly webhookHttp2?: boolean;
  readonly disableCertRotation?: boolean;
  readonly certDir?: string;
  readonly certServiceName?: string;
}

const SECRET = "metallb-webhook-cert";
const SERVICE = "metallb-webhook-service";
const FOLDER = "/tmp/k8s-webhook-server/serving-certs";

/** Adds the flags. */
export function addWebhookFlags(program: Commander): void {
  program
    .addOption(
      new Option(
        "--webhook-mode <mode>",
        "controller, in a cluster: check changes before the API server takes them; onlywebhook: do nothing else (default: enabled)",
      ).choices(WEBHOOK_MODES),
    )
    .option("--webhook-secret <name>", `the Secret that their certificate is kept in (default: ${SECRET})`)
    .option("--cert-service-name <name>", `the Service they are called by (default: ${SERVICE})`)
    .option("--disable-cert-rotation", "serve a certificate that somebody else keeps in --cert-dir")
    .option("--cert-dir <dir>", `folder with its tls.crt and tls.key (default: ${FOLDER})`)
    .option("--webhook-http2", "speak HTTP/2 too");
}

/** See the module comment. */
export function webhookTermsOf(flags: WebhookFlags): WebhookTerms {
  return {
    mode: flags.webhookMode ?? "enabled",
    secretName: flags.webhookSecret || SECRET,
    serviceName: flags.certServiceName || SERVICE,
    certificateFolder: flags.disableCertRotation === true ? flags.certDir || FOLDER : null,
    http2: flags.webhookHttp2 ?? false,
  };
}
