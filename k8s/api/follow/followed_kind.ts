/**
 * One kind that is read beside the source's: a store, kept up to date.
 *
 * Shape: a path in, the objects out, null until all have been listed. What a write of the owner's made of an object can be
 * put in at once, so that a decision made before the watch tells of it does not repeat the write.
 * Not here: the kinds that decisions are made from (../api_source.ts).
 *
 * @module
 */
import type { KubernetesObject, ObjectKey } from "../../types/meta.ts";
import type { JsonSchema } from "../../schema/schema.ts";
import type { ApiClient, Query } from "../client.ts";
import { Reflector } from "./reflector.ts";
import { Store } from "./store.ts";

export interface FollowedKindOptions {
  readonly client: ApiClient;
  /** "ServiceL2Status" and "metallb.io/v1beta1". */
  readonly kind: string;
  readonly apiVersion: string;
  /** The fields that are kept. */
  readonly schema: JsonSchema;
  /** Where the API serves its objects. */
  readonly path: string;
  /** Which of them; all when absent. */
  readonly selection?: Query;
  readonly onNews: () => void;
  readonly onFault: (error: Error, attempt: number) => void;
  readonly onMended: () => void;
}

/** See the module comment; `T` is what the schema keeps. Disposing it ends it. */
export class FollowedKind<T extends KubernetesObject> implements AsyncDisposable {
  readonly #store: Store;
  readonly #reflector: Reflector;

  constructor(options: FollowedKindOptions) {
    const { kind, apiVersion, schema, selection = {} } = options;
    const versions = new Map([[apiVersion, { schema, adopt: (object: KubernetesObject) => object }]]);
    this.#store = new Store({ kind: { kind, versions }, apiVersion });
    this.#reflector = new Reflector({ ...options, selection, store: this.#store });
  }

  /** All objects; the same map as long as nothing changes. */
  get objects(): ReadonlyMap<ObjectKey, T> | null {
    // What a store holds has been trimmed to its schema: this is where JSON becomes typed.
    return this.#store.isComplete ? this.#store.objects as ReadonlyMap<ObjectKey, T> : null;
  }

  /** The newest resource version of an object. */
  revisionOf(key: ObjectKey): string | undefined {
    return this.#store.revisionOf(key);
  }

  /** Takes in what a write made of an object; returns the object as it is kept, undefined when it is gone by now. */
  putWritten(key: ObjectKey, written: unknown): T | undefined {
    this.#store.putWritten(written);
    return this.#store.get(key) as T | undefined;
  }

  /** Takes in that an object is gone. */
  remove(key: ObjectKey): void {
    const [name, namespace] = key.split("/").reverse();
    this.#store.remove({ metadata: { name, namespace } });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#reflector[Symbol.asyncDispose]();
  }
}
