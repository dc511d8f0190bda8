/**
 * What a role says of the configuration, as an object that `kubectl get` shows: ConfigurationState.
 *
 * Source: MetalLB's API, its controller and its speaker: names, labels, conditions and the texts around an error are their
 * own. METALLB: they write after every look at the configuration, with the time of that look; here `lastTransitionTime` is
 * what its name says, and a verdict that stands is not written again.
 * Shape: pure; errors and the object as it stands in, what to apply out.
 * Not here: applying it (agent/runtime/report/configuration_state.ts).
 *
 * @module
 */
import type { ObjectError } from "../../k8s/source.ts";
import type { Condition, ConfigurationState, ConfigurationVerdict } from "../../k8s/types/statuses.ts";
import { asLabel, asObjectName } from "./names.ts";
import type { StatusAuthor } from "./service_statuses.ts";

/** Who speaks: a controller or the speaker of a node. */
export interface Reporter {
  /** The name of its object. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The type of the condition that is its verdict. */
  readonly condition: string;
  /** Who owns the fields; MetalLB's name for the part of it that writes the condition. */
  readonly fieldManager: string;
}

/** The controller, whichever replica acts. */
export const CONTROLLER_REPORTER: Reporter = {
  name: "controller",
  labels: { "metallb.io/component-type": "controller" },
  condition: "poolReconcilerValid",
  fieldManager: "poolReconciler",
};

/** The speaker of a node. */
export function speakerReporter(node: string): Reporter {
  return {
    name: asObjectName(`speaker-${node}`),
    labels: { "metallb.io/component-type": "speaker", "metallb.io/node-name": asLabel(node) },
    condition: "configReconcilerValid",
    fieldManager: "configReconciler",
  };
}

/** LIMIT: what the API server takes as the message of a condition, in characters. */
const MESSAGE_LENGTH = 32_768;

/** What is to be applied; null for what stands already. */
export interface ConfigurationStateChange {
  /** The object without its status. */
  readonly object: ConfigurationState | null;
  /** The object with nothing but its status. */
  readonly status: ConfigurationState | null;
}

/**
 * Makes the object say what is wrong with the configuration now; `now` is RFC 3339. Null in the place of errors is for
 * whoever does not judge it: that says Unknown, unless somebody else does.
 */
export function planConfigurationState(
  reporter: Reporter,
  author: Pick<StatusAuthor, "namespace" | "owner">,
  errors: readonly ObjectError[] | null,
  existing: ConfigurationState | null,
  now: string,
): ConfigurationStateChange {
  const { namespace, owner } = author;
  const { name, labels, condition } = reporter;
  const identity = { apiVersion: "metallb.io/v1beta1", kind: "ConfigurationState" };
  const metadata = { name, namespace };
  const ownerReferences = owner === null ? {} : { ownerReferences: [owner] };
  const verdict = errors === null
    ? UNKNOWN
    : verdictOn(errors, condition, conditionIn(existing, condition), now);
  const isLeft = errors === null && (existing?.status?.conditions ?? []).length > 0;
  return {
    object: existing !== null && isOurs(existing, labels, owner)
      ? null
      : { ...identity, metadata: { ...metadata, labels, ...ownerReferences } },
    status: existing !== null && (isLeft || isSaid(existing, verdict))
      ? null
      : { ...identity, metadata, status: verdict },
  };
}

const UNKNOWN: ConfigurationVerdict = { result: "Unknown", errorSummary: "" };

function verdictOn(
  errors: readonly ObjectError[],
  type: string,
  before: Condition | null,
  now: string,
): ConfigurationVerdict {
  const isValid = errors.length === 0;
  const message = isValid
    ? ""
    : `configuration error: ${errors.map(lineOf).join("\n")}`.slice(0, MESSAGE_LENGTH);
  const status = isValid ? "True" : "False";
  const condition: Condition = {
    type,
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

function conditionIn(existing: ConfigurationState | null, wanted: string): Condition | null {
  return existing?.status?.conditions?.find(({ type }) => type === wanted) ?? null;
}

function isOurs(
  { metadata }: ConfigurationState,
  labels: Readonly<Record<string, string>>,
  owner: StatusAuthor["owner"],
): boolean {
  return Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value) &&
    (owner === null || (metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.uid));
}

function isSaid(
  existing: ConfigurationState,
  { result, errorSummary, conditions = [] }: ConfigurationVerdict,
): boolean {
  const { status } = existing;
  return status?.result === result && (status?.errorSummary ?? "") === errorSummary &&
    conditions.every((wanted) => {
      const condition = conditionIn(existing, wanted.type);
      return condition?.status === wanted.status && condition.reason === wanted.reason &&
        condition.message === wanted.message;
    });
}
