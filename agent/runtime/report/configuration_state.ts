/**
 * Keeps a role's ConfigurationState saying what is wrong with the configuration, whoever changes or deletes it.
 *
 * Shape: {@linkcode ConfigurationStateKeeper.say} never blocks; the newest verdict is applied, and again after a pause when
 * that fails. Nothing is written before the author is known and it is known what stands.
 * Not here: what is applied (agent/report/configuration_state.ts).
 *
 * @module
 */
import { apply } from "../../../k8s/api/write/apply.ts";
import type { ApiFault } from "../../../k8s/api/api_source.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import { FollowedKind } from "../../../k8s/api/follow/followed_kind.ts";
import { CONFIGURATION_STATE } from "../../../k8s/schema/statuses.ts";
import type { ObjectError } from "../../../k8s/source.ts";
import { keyOf } from "../../../k8s/types/meta.ts";
import type { ConfigurationState } from "../../../k8s/types/statuses.ts";
import { planConfigurationState, type Reporter } from "../../report/configuration_state.ts";
import type { StatusAuthor } from "../../report/service_statuses.ts";
import { coalesce } from "../coalesce.ts";
import { retryPauseMs } from "../status_writer.ts";

const RESOURCE = "configurationstates";

/** In whose name it is written. */
export type StateAuthor = Pick<StatusAuthor, "namespace" | "owner">;

export interface ConfigurationStateKeeperOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly reporter: Reporter;
  readonly onFault: (fault: ApiFault) => void;
  readonly onMended: (resource: string) => void;
  readonly onFailure: (resource: string, error: Error, attempt: number) => void;
}

/** See the module comment. Disposing it ends it; the object stays. */
export class ConfigurationStateKeeper implements AsyncDisposable {
  readonly #options: ConfigurationStateKeeperOptions;
  readonly #key: string;
  readonly #followed: FollowedKind<ConfigurationState>;
  readonly #look: () => void;
  #author: StateAuthor | null = null;
  /** Undefined until something has been said. */
  #errors: readonly ObjectError[] | null | undefined;
  #writing: Promise<void> | null = null;
  #failures = 0;
  #pause: ReturnType<typeof setTimeout> | null = null;

  constructor(options: ConfigurationStateKeeperOptions) {
    this.#options = options;
    const { client, namespace, reporter: { name } } = options;
    this.#key = keyOf({ metadata: { name, namespace } });
    this.#look = coalesce(() => this.#settle());
    this.#followed = new FollowedKind<ConfigurationState>({
      client,
      kind: "ConfigurationState",
      apiVersion: "metallb.io/v1beta1",
      schema: CONFIGURATION_STATE,
      path: `/apis/metallb.io/v1beta1/namespaces/${namespace}/${RESOURCE}`,
      selection: { fieldSelector: `metadata.name=${name}` },
      onNews: this.#look,
      onFault: (error, attempt) => options.onFault({ resource: RESOURCE, error, attempt }),
      onMended: () => options.onMended(RESOURCE),
    });
  }

  /** From now on writes, in this author's name. */
  begin(author: StateAuthor): void {
    this.#author = author;
    this.#look();
  }

  /** This is wrong with the configuration now; null for one who does not judge it. */
  say(errors: readonly ObjectError[] | null): void {
    if (errors === this.#errors) return;
    this.#errors = errors;
    this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#author = null;
    if (this.#pause !== null) clearTimeout(this.#pause);
    await this.#writing;
    await this.#followed[Symbol.asyncDispose]();
  }

  #settle(): void {
    if (this.#writing !== null || this.#pause !== null) return;
    const change = this.#plan();
    if (change === null || (change.object === null && change.status === null)) return;
    this.#writing = this.#write([change.object, change.status]);
  }

  #plan(): ReturnType<typeof planConfigurationState> | null {
    const existing = this.#followed.objects;
    if (this.#author === null || this.#errors === undefined || existing === null) return null;
    const now = new Date().toISOString().replace(/\.\d+Z/, "Z");
    const { reporter } = this.#options;
    return planConfigurationState(reporter, this.#author, this.#errors, existing.get(this.#key) ?? null, now);
  }

  async #write(
    [object, status]: readonly [ConfigurationState | null, ConfigurationState | null],
  ): Promise<void> {
    const options = { resource: RESOURCE, fieldManager: this.#options.reporter.fieldManager };
    try {
      const { client } = this.#options;
      if (object !== null) this.#followed.putWritten(this.#key, await apply(client, object, options));
      if (status !== null) {
        this.#followed.putWritten(
          this.#key,
          await apply(client, status, { ...options, subresource: "status" }),
        );
      }
      this.#failures = 0;
    } catch (error) {
      this.#retryLater(error instanceof Error ? error : new Error(String(error)));
    }
    this.#writing = null;
    this.#look();
  }

  #retryLater(error: Error): void {
    if (this.#author === null) return;
    this.#options.onFailure(RESOURCE, error, ++this.#failures);
    this.#pause = setTimeout(() => {
      this.#pause = null;
      this.#look();
    }, retryPauseMs(this.#failures));
  }
}
