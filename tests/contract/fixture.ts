/**
 * What the contract needs of each ClusterSource to be put to the test.
 *
 * @module
 */
import type { ClusterSource } from "../../k8s/source.ts";

/** The namespace configuration is read from. */
export const NAMESPACE = "metallb-system";

/** A source and the world behind it. */
export interface Fixture extends AsyncDisposable {
  readonly source: ClusterSource;
  /** Creates or changes an object, given as a manifest. */
  put(object: unknown): Promise<void>;
  remove(object: unknown): Promise<void>;
}

/** One kind of source. */
export interface Fixtures {
  readonly name: string;
  /** Registers a test; where it cannot run, as an ignored one. */
  readonly test: (name: string, fn: (test: Deno.TestContext) => Promise<void>) => void;
  open(): Promise<Fixture>;
}

/** Waits until the source says so: looks whenever it says that something changed. */
export async function until(source: ClusterSource, isSo: () => boolean, withinMs = 15_000): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`Waited in vain until ${isSo}`)), withinMs);
  source.onChange(() => isSo() ? resolve() : undefined);
  try {
    if (!isSo()) await promise;
  } finally {
    clearTimeout(timer);
  }
}
