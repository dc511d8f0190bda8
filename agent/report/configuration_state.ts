/**
 * What a speaker says of the configuration, as an object that `kubectl get` shows: ConfigurationState.
 *
 * Source: MetalLB's API and its speaker: name, labels, condition and the texts around an error are its own. METALLB: it
 * writes after every look at the configuration, with the time of that look; here `lastTransitionTime` is what its name
 * says, and a verdict that stands is not written again.
 * Shape: pure; errors and the object as it stands in, what to apply out.
 * Not here: applying it (agent/runtime/report/configuration_state.ts).
 *
 * @module
 */
import type { ObjectError } from "../../k8s/source.ts";
import type { Condition, ConfigurationState, ConfigurationVerdict } from "../../k8s/types/statuses.ts";
import type { StatusAuthor } from "./service_statuses.ts";

/** The condition that speaks for a speaker's configuration. */
const CONDITION = "configReconcilerValid";
/** LIMIT: what the API server takes as the message of a condition, in characters. */
const MESSAGE_LENGTH = 32_768;

/** The name of a node's object. */
export function configurationStateName(node: string): string {
  return `speaker-${node}`;
}

/** What is to be applied; null for what stands already. */
export interface ConfigurationStateChange {
  /** The object without its status. */
  readonly object: ConfigurationState | null;
  /** The object with nothing but its status. */
  readonly status: ConfigurationState | null;
}

/** Makes the object say what is wrong with the configuration now; `now` is RFC 3339. */
export function planConfigurationState(
  author: StatusAuthor,
  errors: readonly ObjectError[],
  existing: ConfigurationState | null,
  now: string,
): ConfigurationStateChange {
  const { node, namespace, owner } = author;
  const labels = { "metallb.io/component-type": "speaker", "metallb.io/node-name": node };
  const identity = { apiVersion: "metallb.io/v1beta1", kind: "ConfigurationState" };
  const metadata = { name: configurationStateName(node), namespace };
  const ownerReferences = owner === null ? {} : { ownerReferences: [owner] };
  const verdict = verdictOn(errors, conditionIn(existing), now);
  return {
    object: existing !== null && isOurs(existing, labels, author)
      ? null
      : { ...identity, metadata: { ...metadata, labels, ...ownerReferences } },
    status: existing !== null && isSaid(existing, verdict)
      ? null
      : { ...identity, metadata, status: verdict },
  };
}

function verdictOn(
  errors: readonly ObjectError[],
  before: Condition | null,
  now: string,
): ConfigurationVerdict & { readonly conditions: readonly [Condition] } {
  const isValid = errors.length === 0;
  const message = isValid
    ? ""
    : `configuration error: ${errors.map(lineOf).join("\n")}`.slice(0, MESSAGE_LENGTH);
  const status = isValid ? "True" : "False";
  const condition: Condition = {
    type: CONDITION,
    status,
    reason: isValid ? "Reconciled" : "ConfigurationError",
    message,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
  };
  return { result: isValid ? "Valid" : "Invalid", errorSummary: message, conditions: [condition] };
}

function lineOf({ object, field, message }: ObjectError): string {
  return field === "" ? `${object}: ${message}` : `${object} ${field}: ${message}`;
}

function conditionIn(existing: ConfigurationState | null): Condition | null {
  return existing?.status?.conditions?.find(({ type }) => type === CONDITION) ?? null;
}

function isOurs(
  { metadata }: ConfigurationState,
  labels: Readonly<Record<string, string>>,
  { owner }: StatusAuthor,
): boolean {
  return Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value) &&
    (owner === null || (metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.uid));
}

function isSaid(
  existing: ConfigurationState,
  { result, errorSummary, conditions: [wanted] }: ReturnType<typeof verdictOn>,
): boolean {
  const { status } = existing;
  const condition = conditionIn(existing);
  return status?.result === result && (status?.errorSummary ?? "") === errorSummary &&
    condition?.status === wanted.status && condition.reason === wanted.reason &&
    condition.message === wanted.message;
}
