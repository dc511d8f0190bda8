/**
 * Keeps the objects of one status kind saying what this node does, whoever changes or deletes them.
 *
 * Source: client-go's controllers: a queue of keys, each settled from what is true when its turn comes.
 * Shape: {@linkcode StatusKeeper.check} names the Services that changed and never blocks; the requests follow, several
 * Services at a time, one at a time for each. Nothing is written before the author is known and every object has been
 * listed.
 * Not here: which requests (agent/report/service_statuses.ts), retrying (../status_writer.ts).
 *
 * @module
 */
import { ApiError } from "../../../k8s/api/api_error.ts";
import type { ApiFault } from "../../../k8s/api/api_source.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import { FollowedKind } from "../../../k8s/api/follow/followed_kind.ts";
import type { JsonSchema } from "../../../k8s/schema/schema.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../../../k8s/types/meta.ts";
import {
  planServiceStatus,
  type StatusAuthor,
  type StatusChange,
  type StatusKind,
  type StatusObject,
} from "../../report/service_statuses.ts";
import { StatusIndex } from "../../report/status_index.ts";
import { retryPauseMs, StatusWriter } from "../status_writer.ts";

const PARALLEL_WRITES = 8;
/** How long others' changes are gathered: nodes that do not agree yet must not undo each other's work without a pause. */
const GATHER_MS = 200;
/** Plans for one Service in a row before it has to wait: what we learn from one may call for another. */
const PLANS = 3;

export interface StatusKeeperOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly kind: StatusKind;
  readonly schema: JsonSchema;
  /** This one's name. */
  readonly node: string;
  /** Every Service that may be announced. */
  readonly services: () => Iterable<ObjectKey>;
  /** The names to list for a Service; null when this node does not announce it. */
  readonly namesOf: (service: ObjectKey) => readonly string[] | null;
  readonly onFault: (fault: ApiFault) => void;
  readonly onMended: (resource: string) => void;
  readonly onFailure: (resource: string, error: Error, attempt: number) => void;
}

/** See the module comment. Disposing it ends it and removes nothing. */
export class StatusKeeper implements AsyncDisposable {
  readonly #options: StatusKeeperOptions;
  readonly #path: string;
  readonly #followed: FollowedKind<StatusObject>;
  readonly #index = new StatusIndex();
  readonly #writer: StatusWriter<{ readonly key: ObjectKey }>;
  readonly #atFirst = Promise.withResolvers<ReadonlySet<ObjectKey>>();
  #author: StatusAuthor | null = null;
  #isListed = false;
  #gathering: ReturnType<typeof setTimeout> | null = null;

  constructor(options: StatusKeeperOptions) {
    this.#options = options;
    const { client, namespace, schema, kind: { kind, resource } } = options;
    this.#path = `/apis/metallb.io/v1beta1/namespaces/${namespace}/${resource}`;
    this.#writer = new StatusWriter({
      parallel: PARALLEL_WRITES,
      pauseMs: retryPauseMs,
      write: ({ key }) => this.#settle(key),
      onFailure: (_, error, attempt) => options.onFailure(resource, error, attempt),
    });
    this.#followed = new FollowedKind<StatusObject>({
      client,
      kind,
      apiVersion: "metallb.io/v1beta1",
      schema,
      path: this.#path,
      onNews: () => this.#gathering ??= setTimeout(() => this.#takeNews(), GATHER_MS),
      onFault: (error, attempt) => options.onFault({ resource, error, attempt }),
      onMended: () => options.onMended(resource),
    });
  }

  /** The Services that objects of this node spoke of when all were listed, before anything was written. */
  get atFirst(): Promise<ReadonlySet<ObjectKey>> {
    return this.#atFirst.promise;
  }

  /** From now on writes, in this author's name. */
  begin(author: StatusAuthor): void {
    this.#author = author;
    this.#checkAll();
  }

  /** Looks at these Services again. */
  check(services: Iterable<ObjectKey>): void {
    for (const key of services) if (this.#plan(key).length > 0) this.#writer.submit({ key });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#author = null;
    await this.#writer[Symbol.asyncDispose]();
    await this.#followed[Symbol.asyncDispose]();
    if (this.#gathering !== null) clearTimeout(this.#gathering);
  }

  #takeNews(): void {
    this.#gathering = null;
    const { objects } = this.#followed;
    if (objects === null) return;
    const changed = this.#index.replace(objects);
    if (this.#isListed) return this.check(changed);
    this.#isListed = true;
    this.#atFirst.resolve(this.#index.ofNode(this.#options.node));
    this.#checkAll();
  }

  #checkAll(): void {
    this.check(new Set([...this.#options.services(), ...this.#index.services()]));
  }

  #plan(service: ObjectKey): readonly StatusChange[] {
    const author = this.#author;
    if (author === null || !this.#isListed) return [];
    const { kind, namesOf } = this.#options;
    return planServiceStatus(kind, author, service, namesOf(service), this.#index.of(service));
  }

  async #settle(service: ObjectKey): Promise<void> {
    for (let plans = 0; plans < PLANS; plans++) {
      const changes = this.#plan(service);
      if (changes.length === 0) return;
      for (const change of changes) await this.#carryOut(change);
    }
    if (this.#plan(service).length === 0) return;
    throw new Error(`What others write to the ${this.#options.kind.kind} of ${service} is not what we write`);
  }

  async #carryOut(change: StatusChange): Promise<void> {
    const { client } = this.#options;
    if (change.type === "Create") {
      const created = await client.create<KubernetesObject>(this.#path, change.object);
      this.#put(created);
      return await this.#change(created.metadata.name, "/status", { status: change.status });
    }
    const { name } = change;
    switch (change.type) {
      case "SetStatus":
        return await this.#change(name, "/status", { status: change.status });
      case "SetOwner":
        return await this.#change(name, "", { metadata: { ownerReferences: [change.owner] } });
      case "Delete":
        await ignoreMissing(client.delete(`${this.#path}/${name}`));
        return this.#forget(name);
    }
  }

  /** Patches an object; one that is gone is forgotten, and what that means is for the next plan to say. */
  async #change(name: string, subresource: "" | "/status", patch: unknown): Promise<void> {
    const path = `${this.#path}/${name}${subresource}`;
    const written = await ignoreMissing(this.#options.client.patch<KubernetesObject>("merge", path, patch));
    if (written === null) this.#forget(name);
    else this.#put(written);
  }

  #put(written: KubernetesObject): void {
    const object = this.#followed.putWritten(keyOf(written), written);
    if (object !== undefined) this.#index.put(object);
  }

  #forget(name: string): void {
    const key = keyOf({ metadata: { name, namespace: this.#options.namespace } });
    this.#followed.remove(key);
    this.#index.remove(key);
  }
}

/** What the request answers, or null when its object is not there. */
async function ignoreMissing<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return null;
    throw error;
  }
}
