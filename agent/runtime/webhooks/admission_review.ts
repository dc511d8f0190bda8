/**
 * The API server's question whether a change may be made, and the answer.
 *
 * Source: admission.k8s.io/v1 AdmissionReview. METALLB: what is refused has code 403, an object that cannot be read 400.
 * Shape: pure. Any JSON in, {@linkcode AdmissionQuestion} out; a {@linkcode Verdict} in, the JSON to send out.
 * Not here: the verdict (agent/config/admission).
 *
 * @module
 */
import { isRecord } from "../../../k8s/manifests/json.ts";
import type { Change, Verdict } from "../../config/admission/verdict.ts";
import { reviewedObject } from "./reviewed_object.ts";

/** What is asked, or why that cannot be told. */
export interface AdmissionQuestion {
  readonly uid: string;
  readonly change: Change | { readonly type: "Unreadable"; readonly message: string };
}

const OPERATIONS = ["CREATE", "UPDATE", "DELETE"] as const;

/** The question in a request's body; null when it is no AdmissionReview at all. */
export function parseAdmissionReview(body: unknown): AdmissionQuestion | null {
  if (!isRecord(body) || body["kind"] !== "AdmissionReview" || !isRecord(body["request"])) return null;
  const { uid, operation: word, object, oldObject } = body["request"];
  const operation = OPERATIONS.find((one) => one === word);
  if (typeof uid !== "string" || operation === undefined) return null;
  const after = reviewedObject(operation === "DELETE" ? oldObject : object);
  if (!after.ok) return { uid, change: { type: "Unreadable", message: after.message } };
  // What there was need not be readable: a change may be what mends it.
  const before = operation === "UPDATE" ? reviewedObject(oldObject) : null;
  const { collection, object: result } = after;
  return {
    uid,
    change: {
      operation,
      kind: result.kind,
      collection,
      object: result,
      before: before?.ok === true ? before.object : null,
    },
  };
}

/** The answer to the question with this uid. */
export function formatAdmission(uid: string, verdict: Verdict | { readonly unreadable: string }): unknown {
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid, ...responseOf(verdict) },
  };
}

function responseOf(verdict: Verdict | { readonly unreadable: string }): Readonly<Record<string, unknown>> {
  if ("unreadable" in verdict) return refusal(400, "BadRequest", verdict.unreadable);
  if (!verdict.allowed) return refusal(403, "Forbidden", verdict.message);
  const { warnings } = verdict;
  return { allowed: true, status: { code: 200 }, ...(warnings.length === 0 ? {} : { warnings }) };
}

function refusal(code: number, reason: string, message: string): Readonly<Record<string, unknown>> {
  return { allowed: false, status: { code, reason, message } };
}
