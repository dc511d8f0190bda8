/**
 * The status objects that exist, by the Service they are about.
 *
 * Shape: an in-memory index; whole collections or single objects in, the objects of one Service out. What is new is found
 * by identity: an object that did not change is the same one.
 *
 * @module
 */
import { keyOf, type ObjectKey } from "../../k8s/types/meta.ts";
import { serviceOf, type StatusObject } from "./service_statuses.ts";

/** See the module comment. */
export class StatusIndex {
  readonly #objects = new Map<ObjectKey, StatusObject>();
  readonly #byService = new Map<ObjectKey, Set<ObjectKey>>();

  /** The Services there is an object of. */
  services(): Iterable<ObjectKey> {
    return this.#byService.keys();
  }

  /** The Services there is an object of that speaks for this node. */
  ofNode(node: string): ReadonlySet<ObjectKey> {
    const services = new Set<ObjectKey>();
    for (const object of this.#objects.values()) {
      const service = object.status?.node === node ? serviceOf(object) : null;
      if (service !== null) services.add(service);
    }
    return services;
  }

  /** The objects of a Service. */
  of(service: ObjectKey): readonly StatusObject[] {
    return [...this.#byService.get(service) ?? []].map((key) => this.#objects.get(key)!);
  }

  /** Takes these for all there are; returns the Services whose objects changed. */
  replace(objects: ReadonlyMap<ObjectKey, StatusObject>): ReadonlySet<ObjectKey> {
    const changed = new Set<ObjectKey>();
    const note = (service: ObjectKey | null): unknown => service !== null && changed.add(service);
    for (const [key, object] of objects) {
      if (this.#objects.get(key) === object) continue;
      note(this.#remove(key));
      note(this.put(object));
    }
    if (this.#objects.size === objects.size) return changed;
    for (const key of [...this.#objects.keys()]) {
      if (!objects.has(key)) note(this.#remove(key));
    }
    return changed;
  }

  /** Takes in one object; returns its Service. */
  put(object: StatusObject): ObjectKey | null {
    const key = keyOf(object);
    this.#remove(key);
    this.#objects.set(key, object);
    const service = serviceOf(object);
    if (service === null) return null;
    const keys = this.#byService.get(service);
    if (keys === undefined) this.#byService.set(service, new Set([key]));
    else keys.add(key);
    return service;
  }

  /** Forgets one object. */
  remove(key: ObjectKey): void {
    this.#remove(key);
  }

  #remove(key: ObjectKey): ObjectKey | null {
    const object = this.#objects.get(key);
    if (object === undefined) return null;
    this.#objects.delete(key);
    const service = serviceOf(object);
    const keys = service === null ? undefined : this.#byService.get(service);
    if (keys?.delete(key) && keys.size === 0) this.#byService.delete(service!);
    return service;
  }
}
