/**
 * What is wrong with a Service's request whatever the pools and the other Services are.
 *
 * Shape: a Service in, errors of its object out; pure. The controller says the same by an Event once the Service exists.
 *
 * @module
 */
import type { ObjectError } from "../../../k8s/source.ts";
import type { Service } from "../../../k8s/types/core.ts";
import type { ObjectKey } from "../../../k8s/types/meta.ts";
import { requestOf } from "../../allocate/request.ts";

const ANNOTATION = /^metallb\.(io|universe\.tf)\/loadBalancerIPs$/;

/** See the module comment; none for a Service of another type. */
export function requestErrors(key: ObjectKey, service: Service): readonly ObjectError[] {
  const { isLoadBalancer, addresses } = requestOf(key, service);
  if (!isLoadBalancer || addresses.ok) return [];
  const annotation = Object.keys(service.metadata.annotations ?? {}).find((it) => ANNOTATION.test(it));
  const field = annotation === undefined
    ? "spec.loadBalancerIP"
    : `metadata.annotations[${JSON.stringify(annotation)}]`;
  return [{ object: `Service/${key}`, field, message: addresses.message }];
}
