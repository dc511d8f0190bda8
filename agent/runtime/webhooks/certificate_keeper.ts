/**
 * Keeps the webhooks' certificate in its Secret: makes it, renews it ahead of its end, mends it, and follows it.
 *
 * Source: MetalLB's rotation: looked at twice a day and whenever the Secret changes.
 * Shape: every replica runs one. All of them look at the same Secret and write it by revision, so of two that make a
 * certificate one writes and the other takes that one.
 * Not here: what is due (kept_certificate.ts), who else must know the authority (authority_writer.ts).
 *
 * @module
 */
import { ApiError } from "../../../k8s/api/api_error.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import { FollowedKind } from "../../../k8s/api/follow/followed_kind.ts";
import { pathOfObject } from "../../../k8s/api/kinds.ts";
import { fields, metadata, STRING_MAP, SUBDOMAIN_NAME } from "../../../k8s/schema/schema.ts";
import type { KubernetesObject } from "../../../k8s/types/meta.ts";
import { Retried } from "../retried.ts";
import { canServe, dueOf, formatKept, type KeptCertificate, parseKept, renew } from "./kept_certificate.ts";
import type { SecretContents } from "./kept_certificate.ts";

const LOOK_EVERY_MS = 12 * 3_600_000;
const SECRET = fields({ metadata: metadata(SUBDOMAIN_NAME), data: STRING_MAP }, ["metadata"]);

interface StoredSecret extends KubernetesObject {
  readonly data?: SecretContents;
}

export interface CertificateKeeperOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly secretName: string;
  /** The name that the API server calls. */
  readonly serverName: string;
  /** One that can be served from now on: the first and each new one. */
  readonly onCertificate: (kept: KeptCertificate) => void;
  /** Called before a certificate is written, with the reason. */
  readonly onRenewal: (due: string) => void;
  readonly onFault: (error: Error) => void;
  readonly onMended: () => void;
}

/** See the module comment. Disposing it ends it. */
export class CertificateKeeper implements AsyncDisposable {
  readonly #options: CertificateKeeperOptions;
  readonly #key: string;
  readonly #secret: FollowedKind<StoredSecret>;
  readonly #looking: Retried;
  #shown = "";

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    const { client, namespace, secretName, onFault, onMended } = options;
    this.#key = `${namespace}/${secretName}`;
    this.#looking = new Retried({ run: (signal) => this.#keep(signal), onFault, everyMs: LOOK_EVERY_MS });
    this.#secret = new FollowedKind({
      client,
      kind: "Secret",
      apiVersion: "v1",
      schema: SECRET,
      path: `/api/v1/namespaces/${namespace}/secrets`,
      selection: { fieldSelector: `metadata.name=${secretName}` },
      onNews: () => this.#looking.ask(),
      onFault,
      onMended,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#secret[Symbol.asyncDispose]();
    await this.#looking[Symbol.asyncDispose]();
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { serverName, onCertificate, onRenewal } = this.#options;
    const secret = this.#secret.objects?.get(this.#key);
    const kept = parseKept(secret?.data ?? {});
    const now = new Date();
    const due = dueOf(kept, serverName, now);
    if (kept !== null && canServe(kept, serverName, now) && kept.serving.certificate !== this.#shown) {
      this.#shown = kept.serving.certificate;
      onCertificate(kept);
    }
    if (due === "nothing") return;
    onRenewal(due);
    await this.#write(secret, await renew(kept, due, serverName, now), signal);
  }

  /** Writes it unless somebody else has written meanwhile; then the watch tells what. */
  async #write(
    secret: StoredSecret | undefined,
    made: KeptCertificate,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, namespace, secretName } = this.#options;
    const path = pathOfObject("v1", "secrets", this.#key);
    const data = formatKept(made);
    try {
      const written = secret === undefined
        ? await client.create(path.slice(0, path.lastIndexOf("/")), {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: secretName, namespace },
          data,
        }, { signal })
        : await client.patch("merge", path, {
          metadata: { resourceVersion: this.#secret.revisionOf(this.#key) },
          data,
        }, { signal });
      this.#secret.putWritten(this.#key, written);
      this.#looking.ask();
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 409)) throw error;
    }
  }
}
