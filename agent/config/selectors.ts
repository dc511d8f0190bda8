/**
 * Lists of label selectors as the custom resources carry them: an OR, with repetition refused.
 *
 * Source: MetalLB's validateLabelSelectorDuplicate and selectorsFor (internal/config).
 * Shape: the list and its field path in, compiled selectors in order of their text out.
 *
 * @module
 */
import { compileSelector, type Selector } from "../../k8s/selector.ts";
import type { Labels, LabelSelector, LabelSelectorRequirement } from "../../k8s/types/meta.ts";
import { compareText, type Refuse } from "./error_list.ts";

/** Compiles a list; every repeated value, expression and selector is refused, as in MetalLB. */
export function parseSelectors(
  list: readonly LabelSelector[] | null | undefined,
  field: string,
  refuse: Refuse,
): Selector[] {
  const selectors = new Map<string, Selector>();
  for (const [index, item] of (list ?? []).entries()) {
    refuseRepeatedExpressions(item, `${field}[${index}]`, refuse);
    const selector = parseSelector(item, `${field}[${index}]`, refuse);
    if (selector === null) continue;
    if (selectors.has(selector.text)) {
      refuse(`${field}[${index}]`, `duplicate definition of label selector "${selector.text}"`);
    }
    selectors.set(selector.text, selector);
  }
  return [...selectors.values()].sort((a, b) => compareText(a.text, b.text));
}

/** Compiles one selector on its own; null once it is refused. */
export function parseSelector(
  selector: LabelSelector | null | undefined,
  field: string,
  refuse: Refuse,
): Selector | null {
  const compiled = compileSelector(selector);
  if (compiled.ok) return compiled.selector;
  refuse(`${field}.${compiled.error.field}`, compiled.error.message);
  return null;
}

/** True when any selector matches. */
export function matchesAny(selectors: readonly Selector[], labels: Labels | undefined): boolean {
  return selectors.some((selector) => selector.matches(labels));
}

/** Refuses each string that stands in the list a second time. */
export function refuseRepeated(
  list: readonly string[] | null | undefined,
  field: string,
  what: string,
  refuse: Refuse,
): void {
  const seen = new Set<string>();
  for (const [index, text] of (list ?? []).entries()) {
    if (seen.has(text)) refuse(`${field}[${index}]`, `duplicate definition of ${what} "${text}"`);
    seen.add(text);
  }
}

function refuseRepeatedExpressions(selector: LabelSelector, field: string, refuse: Refuse): void {
  const texts = new Set<string>();
  for (const [index, expression] of (selector.matchExpressions ?? []).entries()) {
    const expressionField = `${field}.matchExpressions[${index}]`;
    refuseRepeated(expression.values, `${expressionField}.values`, "value", refuse);
    const text = textOf(expression);
    if (texts.has(text)) refuse(expressionField, `duplicate definition of match expression "${text}"`);
    texts.add(text);
  }
}

function textOf(expression: LabelSelectorRequirement): string {
  const { key, operator, values } = expression;
  return `${key} ${operator} (${[...(values ?? [])].sort().join(",")})`;
}
