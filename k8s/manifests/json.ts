/**
 * Plain JSON values: checked for shape, made immutable, compared.
 *
 * Source: Kubernetes API conventions: null is the zero value of a field, so absent for all but strings in maps.
 *
 * @module
 */
import { SecretValue } from "../types/secret_value.ts";

/** LIMIT: levels of nesting; the deepest field that is read stands at 7, and recursion must end. */
const NESTING_LEVELS = 64;

/** Why a value is no tree of reasonable depth (YAML aliases may tie knots), or null when it is one. */
export function findNestingFault(value: unknown, ancestors: unknown[] = []): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (ancestors.includes(value)) return "An alias contains itself";
  if (ancestors.length >= NESTING_LEVELS) return `Nested deeper than ${NESTING_LEVELS} levels`;
  ancestors.push(value);
  for (const child of Object.values(value)) {
    const fault = findNestingFault(child, ancestors);
    if (fault !== null) return fault;
  }
  ancestors.pop();
  return null;
}

/** Maps from string to string, where Kubernetes reads null as "" and does not drop the key. */
const STRING_MAPS: ReadonlySet<string> = new Set(["labels", "annotations", "matchLabels", "selector"]);

/** A frozen copy, nulls gone. */
export function frozenCopy(value: unknown, field = ""): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => frozenCopy(item)));
  const copy: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    // No field has this name, and assigning it would change the copy's prototype.
    if (key === "__proto__") continue;
    if (child !== null) copy[key] = frozenCopy(child, key);
    else if (STRING_MAPS.has(field)) copy[key] = "";
  }
  return Object.freeze(copy);
}

/** Whether two JSON values say the same, whatever the order of their keys; secrets among them by what they hide. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof SecretValue) return b instanceof SecretValue && a.equals(b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]));
}

/** Whether a value is a JSON object, neither list nor null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
