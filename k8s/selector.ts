/**
 * Label selectors, compiled once and matched often.
 *
 * Source: Kubernetes API conventions, meta/v1 LabelSelector; conversion rules as in apimachinery's LabelSelectorAsSelector:
 * In and NotIn need values, Exists and DoesNotExist must have none, keys and values must be well-formed, NotIn and
 * DoesNotExist match objects that lack the key.
 * Shape: a LabelSelector in, a {@linkcode Selector} or the first thing wrong with it out.
 * Not here: what is well-formed as a label (label_syntax.ts).
 *
 * @module
 */
import { labelKeyProblem, labelValueProblem } from "./label_syntax.ts";
import type { Labels, LabelSelector, LabelSelectorRequirement } from "./types/meta.ts";

/** A compiled selector; `text` is canonical: equal selectors have equal text. */
export interface Selector {
  readonly text: string;
  matches(labels: Labels | undefined): boolean;
}

/** A selector, or what is wrong and in which field below the selector, "matchExpressions[0].operator". */
export type CompiledSelector =
  | { readonly ok: true; readonly selector: Selector }
  | { readonly ok: false; readonly error: SelectorError };

export interface SelectorError {
  readonly field: string;
  readonly message: string;
}

/** The selector that matches every object: an empty LabelSelector. */
export const MATCH_ALL: Selector = { text: "", matches: () => true };

/** One condition; a selector is the conjunction of its requirements. */
interface Requirement {
  readonly key: string;
  readonly text: string;
  holds(value: string | undefined): boolean;
}

/** Compiles a selector; absent and empty ones match everything. */
export function compileSelector(selector: LabelSelector | null | undefined): CompiledSelector {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    const error = checkLabel(`matchLabels[${key}]`, key, value);
    if (error !== null) return { ok: false, error };
    requirements.push({ key, text: `${key}=${value}`, holds: (actual) => actual === value });
  }
  for (const [index, expression] of (selector?.matchExpressions ?? []).entries()) {
    const compiled = compileExpression(`matchExpressions[${index}]`, expression);
    if ("error" in compiled) return { ok: false, error: compiled.error };
    requirements.push(compiled.requirement);
  }
  return { ok: true, selector: conjunctionOf(requirements) };
}

function conjunctionOf(requirements: readonly Requirement[]): Selector {
  if (requirements.length === 0) return MATCH_ALL;
  return {
    text: requirements.map((it) => it.text).sort().join(","),
    matches: (labels) =>
      requirements.every(({ key, holds }) =>
        holds(labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined)
      ),
  };
}

type CompiledExpression = { readonly requirement: Requirement } | { readonly error: SelectorError };

function compileExpression(field: string, expression: LabelSelectorRequirement): CompiledExpression {
  const { key, operator } = expression;
  const values = expression.values ?? [];
  const wrongKey = labelKeyProblem(key ?? "");
  if (wrongKey !== null) return { error: { field: `${field}.key`, message: wrongKey } };
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        return { error: { field: `${field}.values`, message: `${operator} needs at least one value` } };
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        return { error: { field: `${field}.values`, message: `${operator} takes no values: remove them` } };
      }
      break;
    default: {
      const message = `"${operator ?? ""}" is not a valid label selector operator: ` +
        "use In, NotIn, Exists or DoesNotExist";
      return { error: { field: `${field}.operator`, message } };
    }
  }
  for (const [index, value] of values.entries()) {
    const message = labelValueProblem(value);
    if (message !== null) return { error: { field: `${field}.values[${index}]`, message } };
  }
  return { requirement: requirementOf(key, operator, values) };
}

type Operator = "In" | "NotIn" | "Exists" | "DoesNotExist";

/**
 * Text as apimachinery prints it. A lone `In` stays apart from equality, because MetalLB tells duplicates by this text:
 * what it accepts as two selectors must stay two.
 */
function requirementOf(key: string, operator: Operator, values: readonly string[]): Requirement {
  const set = new Set(values);
  const list = [...set].sort().join(",");
  switch (operator) {
    case "In":
      return { key, text: `${key} in (${list})`, holds: (actual) => actual !== undefined && set.has(actual) };
    case "NotIn":
      return {
        key,
        text: `${key} notin (${list})`,
        holds: (actual) => actual === undefined || !set.has(actual),
      };
    case "Exists":
      return { key, text: key, holds: (actual) => actual !== undefined };
    case "DoesNotExist":
      return { key, text: `!${key}`, holds: (actual) => actual === undefined };
  }
}

function checkLabel(field: string, key: string, value: string): SelectorError | null {
  const message = labelKeyProblem(key) ?? labelValueProblem(value);
  return message === null ? null : { field, message };
}
