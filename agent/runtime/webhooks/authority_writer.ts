/**
 * Tells the API server whom to trust as its webhooks: writes the authority where it looks for it.
 *
 * Source: MetalLB writes into ValidatingWebhookConfiguration metallb-webhook-configuration and into the conversion of
 * CustomResourceDefinition bgppeers.metallb.io; what is not there, or does not ask for a webhook, is left alone.
 * Shape: follows both objects, so that one which comes later, or is applied anew without the authority, gets it at once.
 * Not here: the authority (certificate_keeper.ts).
 *
 * @module
 */
import type { ApiClient } from "../../../k8s/api/client.ts";
import { FollowedKind } from "../../../k8s/api/follow/followed_kind.ts";
import {
  fields,
  type JsonSchema,
  listOf,
  metadata,
  STRING,
  SUBDOMAIN_NAME,
} from "../../../k8s/schema/schema.ts";
import type { KubernetesObject } from "../../../k8s/types/meta.ts";
import { Retried } from "../retried.ts";

const FIELD_MANAGER = "ingot-webhooks";
const CLIENT_CONFIG = fields({ caBundle: STRING });

interface Trusting {
  readonly caBundle?: string;
}

interface WebhookConfiguration extends KubernetesObject {
  readonly webhooks?: readonly { readonly name: string; readonly clientConfig?: Trusting }[];
}

interface Definition extends KubernetesObject {
  readonly spec?: {
    readonly conversion?: {
      readonly strategy?: string;
      readonly webhook?: { readonly clientConfig?: Trusting };
    };
  };
}

/** One object that names an authority. */
interface Target<T extends KubernetesObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly name: string;
  readonly schema: JsonSchema;
  /** The patch that makes the object name this authority; null when it does already, or has no use for one. */
  readonly patchOf: (object: T, caBundle: string) => Readonly<Record<string, unknown>> | null;
}

const VALIDATION: Target<WebhookConfiguration> = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  resource: "validatingwebhookconfigurations",
  name: "metallb-webhook-configuration",
  schema: fields({
    metadata: metadata(SUBDOMAIN_NAME),
    webhooks: listOf(fields({ name: STRING, clientConfig: CLIENT_CONFIG })),
  }),
  patchOf: ({ webhooks = [] }, caBundle) => {
    if (webhooks.every(({ clientConfig }) => clientConfig?.caBundle === caBundle)) return null;
    return { webhooks: webhooks.map(({ name }) => ({ name, clientConfig: { caBundle } })) };
  },
};

const CONVERSION: Target<Definition> = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  resource: "customresourcedefinitions",
  name: "bgppeers.metallb.io",
  schema: fields({
    metadata: metadata(SUBDOMAIN_NAME),
    spec: fields({
      conversion: fields({ strategy: STRING, webhook: fields({ clientConfig: CLIENT_CONFIG }) }),
    }),
  }),
  patchOf: ({ spec }, caBundle) => {
    const { strategy, webhook } = spec?.conversion ?? {};
    if (strategy !== "Webhook" || webhook?.clientConfig?.caBundle === caBundle) return null;
    return { spec: { conversion: { strategy, webhook: { clientConfig: { caBundle } } } } };
  },
};

export interface AuthorityWriterOptions {
  readonly client: ApiClient;
  readonly onWritten: (object: string) => void;
  readonly onFault: (resource: string, error: Error) => void;
  readonly onMended: (resource: string) => void;
}

/** See the module comment. Disposing it ends it. */
export class AuthorityWriter implements AsyncDisposable {
  readonly #writers: readonly [TargetWriter<WebhookConfiguration>, TargetWriter<Definition>];

  constructor(options: AuthorityWriterOptions) {
    this.#writers = [new TargetWriter(VALIDATION, options), new TargetWriter(CONVERSION, options)];
  }

  /** The authority from now on, PEM. */
  tell(certificate: string): void {
    for (const writer of this.#writers) writer.tell(btoa(certificate));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer[Symbol.asyncDispose]()));
  }
}

/** Keeps one object up to date. */
class TargetWriter<T extends KubernetesObject> implements AsyncDisposable {
  readonly #target: Target<T>;
  readonly #options: AuthorityWriterOptions;
  readonly #followed: FollowedKind<T>;
  readonly #writing: Retried;
  #caBundle = "";

  constructor(target: Target<T>, options: AuthorityWriterOptions) {
    this.#target = target;
    this.#options = options;
    const { apiVersion, resource, name } = target;
    const onFault = (error: Error): void => options.onFault(resource, error);
    this.#writing = new Retried({ run: (signal) => this.#patch(signal), onFault });
    this.#followed = new FollowedKind({
      ...target,
      client: options.client,
      path: `/apis/${apiVersion}/${resource}`,
      selection: { fieldSelector: `metadata.name=${name}` },
      onNews: () => this.#writing.ask(),
      onFault,
      onMended: () => options.onMended(resource),
    });
  }

  tell(caBundle: string): void {
    this.#caBundle = caBundle;
    this.#writing.ask();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#followed[Symbol.asyncDispose]();
    await this.#writing[Symbol.asyncDispose]();
  }

  async #patch(signal: AbortSignal): Promise<void> {
    const { apiVersion, kind, resource, name, patchOf } = this.#target;
    const object = this.#followed.objects?.get(name);
    if (object === undefined || this.#caBundle === "") return;
    const patch = patchOf(object, this.#caBundle);
    if (patch === null) return;
    const body = { apiVersion, kind, metadata: { name }, ...patch };
    // A list of webhooks is joined by name in this kind of patch alone.
    const written = await this.#options.client.patch(
      "apply",
      `/apis/${apiVersion}/${resource}/${name}`,
      body,
      {
        query: { fieldManager: FIELD_MANAGER, force: true },
        signal,
      },
    );
    this.#followed.putWritten(name, written);
    this.#options.onWritten(`${kind}/${name}`);
  }
}
