/**
 * A Service's status as it is kept beside the manifests: a file a person can read, laid over the Service it is of.
 *
 * Source: core/v1 Service; a null annotation hides the manifest's own, as in a merge patch (RFC 7396).
 * Shape: pure. One file a Service, "service.<namespace>.<name>.json"; neither name may hold a dot, so the name is
 * unambiguous. JSON, because every speaker reads all of them when it starts, and JSON is read sixty times faster.
 * Not here: the folder they stand in (status_folder.ts).
 *
 * @module
 */
import { parseIp } from "../../protocols/net/ip.ts";
import { checkSchema } from "../schema/check.ts";
import { LOAD_BALANCER_INGRESS } from "../schema/core.ts";
import { fields, type JsonSchema, LABEL_NAME, listOf, oneOf } from "../schema/schema.ts";
import type { ObjectError, ServiceStatusWrite } from "../source.ts";
import type { LoadBalancerIngress, Service } from "../types/core.ts";
import type { ObjectKey } from "../types/meta.ts";
import { parseJson } from "./documents.ts";
import { frozenCopy } from "./json.ts";

/** What the controller last said of one Service. */
export type ServiceStatusRecord = ServiceStatusWrite;

/** The file of this Service's status, or null when the key is none of a Service. */
export function statusFileName(key: ObjectKey): string | null {
  const [namespace, name, ...more] = key.split("/");
  if (more.length > 0 || !isLabelName(namespace) || !isLabelName(name)) return null;
  return `service.${namespace}.${name}.json`;
}

/** The Service whose status this file holds, or null when the name says it is no such file. */
export function serviceOfStatusFile(fileName: string): ObjectKey | null {
  const match = /^service\.([^.]+)\.([^.]+)\.json$/.exec(fileName);
  if (match === null) return null;
  const key = `${match[1]}/${match[2]}`;
  return statusFileName(key) === null ? null : key;
}

/** The record after a write: annotations that the write does not name stay as they are. */
export function recordAfter(
  before: ServiceStatusRecord | undefined,
  write: ServiceStatusWrite,
): ServiceStatusRecord {
  return { ...write, annotations: { ...before?.annotations, ...write.annotations } };
}

/** The file's text; equal records have equal text. */
export function formatStatus(record: ServiceStatusRecord): string {
  const [namespace, name] = record.key.split("/");
  const annotations = Object.fromEntries(
    Object.entries(record.annotations).sort(([a], [b]) => a < b ? -1 : 1),
  );
  const ingress = record.ingress.map(({ ip, hostname, ipMode }) => ({ ip, hostname, ipMode }));
  const object = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name, annotations },
    status: { loadBalancer: { ingress } },
  };
  return `${JSON.stringify(object, null, 2)}\n`;
}

const STATUS: JsonSchema = fields({
  apiVersion: oneOf("v1"),
  kind: oneOf("Service"),
  metadata: fields({ name: LABEL_NAME, namespace: LABEL_NAME, annotations: { type: "object" } }, [
    "name",
    "namespace",
  ]),
  status: fields({ loadBalancer: fields({ ingress: listOf(LOAD_BALANCER_INGRESS) }) }, ["loadBalancer"]),
}, ["apiVersion", "kind", "metadata", "status"]);

interface StatusFile {
  readonly metadata: { readonly annotations?: Readonly<Record<string, unknown>> };
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly LoadBalancerIngress[] } };
}

/** A status file that is not as it was written. */
export interface DamagedStatus {
  readonly errors: readonly ObjectError[];
  /** The addresses that can still be read in it, which are better than none; null when there are none. */
  readonly rest: ServiceStatusRecord | null;
}

/** Reads a status file back; `file` is its path for messages. */
export function parseStatus(
  key: ObjectKey,
  file: string,
  text: string,
): ServiceStatusRecord | DamagedStatus {
  const document = parseJson(text)[0] ?? { ok: false, line: 1, message: "Expected a Service, found nothing" };
  if (!document.ok) {
    const message = `${document.message} (${file} line ${document.line})`;
    return { errors: [{ object: `Service/${key}`, field: "status", message }], rest: restOf(key, text) };
  }
  const value = document.value;
  const errors = checkSchema(STATUS, value).map(({ field, path, message }) => ({
    object: `Service/${key}`,
    field,
    message: `${message} (${file} line ${document.lineOf(path)})`,
  }));
  if (errors.length > 0) return { errors, rest: restOf(key, text) };
  const { metadata, status } = value as StatusFile;
  const annotations: Record<string, string | null> = {};
  for (const [name, text] of Object.entries(metadata.annotations ?? {})) {
    if (typeof text === "string" || text === null) annotations[name] = text;
  }
  return {
    key,
    ingress: (frozenCopy(status) as StatusFile["status"]).loadBalancer.ingress ?? [],
    annotations,
  };
}

/** Unknown is not absent: whatever befell the file, an address that stands in it whole is the Service's. */
function restOf(key: ObjectKey, text: string): ServiceStatusRecord | null {
  const ips = [...text.matchAll(/"ip"\s*:\s*"([^"]*)"/g)].flatMap(([, ip]) => parseIp(ip!) ?? []);
  return ips.length === 0 ? null : { key, ingress: ips.map((ip) => ({ ip })), annotations: {} };
}

const merged = new WeakMap<Service, { readonly record: ServiceStatusRecord; readonly service: Service }>();

/** The Service with its status laid over it; the same object for the same two. */
export function withStatus(service: Service, record: ServiceStatusRecord | undefined): Service {
  if (record === undefined) return service;
  const known = merged.get(service);
  if (known?.record === record) return known.service;
  const annotations: Record<string, string> = { ...service.metadata.annotations };
  for (const [name, text] of Object.entries(record.annotations)) {
    if (text === null) delete annotations[name];
    else annotations[name] = text;
  }
  const laid = frozenCopy({
    ...service,
    metadata: { ...service.metadata, annotations },
    status: { ...service.status, loadBalancer: { ingress: record.ingress } },
  }) as Service;
  merged.set(service, { record, service: laid });
  return laid;
}

function isLabelName(text: string | undefined): boolean {
  return text !== undefined && checkSchema(LABEL_NAME, text).length === 0;
}
