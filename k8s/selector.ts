/**
 * Label selectors, compiled once and matched often.
 *
 * Source: Kubernetes API conventions, meta/v1 LabelSelector; conversion rules as in apimachinery's LabelSelectorAsSelector:
 * In and NotIn need values, Exists and DoesNotExist must have none, keys and values must be well-formed, NotIn and
 * DoesNotExist match objects that lack the key.
 *
 * @module
 */
import type { Labels } from "./types/meta.ts";

/** A compiled selector; `text` is canonical: equal selectors have equal text. */
export interface Selector {
  readonly text: string;
  matches(labels: Labels | undefined): boolean;
}
