/**
 * The webhooks of the controller: an HTTPS server that the API server asks, and the certificate it is trusted by.
 *
 * Source: MetalLB: port 9443, behind the Service metallb-webhook-service.
 * Shape: opened by every replica, whether it acts or stands by, with a connection to the API server of its own. Nothing here
 * ends the program: what fails is told and tried again, and meanwhile the API server goes by each webhook's failurePolicy.
 * Not here: the answers (answer.ts).
 *
 * @module
 */
import { ApiClient } from "../../../k8s/api/client.ts";
import { openCredentials } from "../../../k8s/api/access/credentials.ts";
import { Transport } from "../../../k8s/api/access/transport.ts";
import { hostnamesOf } from "../endpoint/health.ts";
import { logOf } from "../log.ts";
import { Retried } from "../retried.ts";
import { CertificateFiles } from "../tls/certificate_files.ts";
import { HttpsListener, type TlsVersion } from "../tls/https_listener.ts";
import type { KeyPair } from "../tls/self_signed.ts";
import type { WebhookTerms } from "../options/webhooks.ts";
import { answerWebhook } from "./answer.ts";
import { AuthorityWriter } from "./authority_writer.ts";
import { CertificateKeeper } from "./certificate_keeper.ts";

const PORT = 9443;
/** LIMIT: the API server's own requests are 3 MB at most, and a review holds two objects. */
const MOST_BODY_OCTETS = 8 * 1024 * 1024;
const log = logOf("webhooks");

export interface WebhookOptions extends WebhookTerms {
  /** null for the Pod's own account. */
  readonly kubeconfig: string | null;
  /** Where the configuration is read from, and where the Service and the Secret are. */
  readonly namespace: string;
  readonly leastVersion: TlsVersion;
}

/** See the module comment. Disposing them ends them. */
export class Webhooks implements AsyncDisposable {
  readonly #options: WebhookOptions;
  readonly #client: ApiClient;
  readonly #listening = new Retried({
    run: () => this.#listen(),
    onFault: (err) => log.error("webhooks not served, trying again", { err }),
  });
  readonly #stack = new AsyncDisposableStack();
  #pair: KeyPair | null = null;
  #listener: HttpsListener | null = null;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#client = this.#stack.use(new ApiClient(new Transport(openCredentials(options.kubeconfig))));
    this.#stack.defer(() => this.#listener?.[Symbol.asyncDispose]());
    this.#stack.use(this.#listening);
    if (options.certificateFolder === null) this.#keepCertificate();
    else this.#followFiles(options.certificateFolder);
  }

  /** True when this program is to do nothing else. */
  get isAll(): boolean {
    return this.#options.mode === "onlywebhook";
  }

  /** True once the API server can ask. */
  get isServing(): boolean {
    return this.#listener !== null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  #keepCertificate(): void {
    const { namespace, secretName, serviceName } = this.#options;
    const authority = this.#stack.use(
      new AuthorityWriter({
        client: this.#client,
        onWritten: (object) => log.info("authority of the webhooks written", { object }),
        onFault: logFault,
        onMended: logMended,
      }),
    );
    this.#stack.use(
      new CertificateKeeper({
        client: this.#client,
        namespace,
        secretName,
        serverName: `${serviceName}.${namespace}.svc`,
        onCertificate: (kept) => {
          log.info("certificate of the webhooks in use", { secret: secretName });
          this.#show(kept.serving);
          authority.tell(kept.authority.certificate);
        },
        onRenewal: (due) => log.info("certificate of the webhooks to be made", { secret: secretName, due }),
        onFault: (error) => logFault("secrets", error),
        onMended: () => logMended("secrets"),
      }),
    );
  }

  #followFiles(folder: string): void {
    this.#stack.use(
      new CertificateFiles({
        folder,
        onCertificate: (pair) => {
          log.info("certificate of the webhooks in use", { folder });
          this.#show(pair);
        },
        onFault: (err) => log.warn("certificate of the webhooks cannot be used, the last one stays", { err }),
      }),
    );
  }

  #show(pair: KeyPair): void {
    this.#pair = pair;
    if (this.#listener === null) this.#listening.ask();
    else this.#listener.use(pair);
  }

  async #listen(): Promise<void> {
    if (this.#listener !== null || this.#pair === null) return;
    const pair = this.#pair;
    this.#listener = await this.#open(pair);
    if (this.#pair !== pair) this.#listener.use(this.#pair);
    log.info("webhooks served", { port: PORT });
  }

  async #open(pair: KeyPair): Promise<HttpsListener> {
    const { namespace, http2, leastVersion } = this.#options;
    const answer = (request: Request): Promise<Response> => answerWebhook(request, this.#client, namespace);
    const [first, ...others] = hostnamesOf("network").map((hostname) => () =>
      HttpsListener.open({
        hostname,
        port: PORT,
        leastVersion,
        http2,
        mostBodyOctets: MOST_BODY_OCTETS,
        answer,
      }, pair)
    );
    // A host without IPv6 refuses the first; a port that is taken is refused by all.
    return await others.reduce((opening, next) => opening.catch(next), first!());
  }
}

function logFault(resource: string, err: Error): void {
  log.warn("request failed, trying again", { resource, err });
}

function logMended(resource: string): void {
  log.info("following the resource again", { resource });
}
