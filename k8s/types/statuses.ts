/**
 * The custom resources that Ingot writes and people read: where a Service is announced, whether the configuration is in
 * force.
 *
 * Source: metallb.io/v1beta1; Condition as in meta/v1.
 *
 * @module
 */
import type { KubernetesObject, ObjectMeta } from "./meta.ts";

/** meta/v1 OwnerReference: the object goes when all its owners are gone. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** An object that others own. */
export interface OwnedObject extends KubernetesObject {
  readonly metadata: ObjectMeta & { readonly ownerReferences?: readonly OwnerReference[] };
}

/** What is announced, and by whom; the API server lets none of these change. */
export interface Announced {
  readonly node?: string;
  readonly serviceName?: string;
  readonly serviceNamespace?: string;
}

/** metallb.io/v1beta1 ServiceL2Status: the node that answers for a Service by ARP and NDP. */
export interface ServiceL2Status extends OwnedObject {
  /** Interfaces it answers on; every interface when empty. */
  readonly status?: Announced & { readonly interfaces?: readonly { readonly name?: string }[] };
}

/** metallb.io/v1beta1 ServiceBGPStatus: the routers that a node tells of a Service. */
export interface ServiceBGPStatus extends OwnedObject {
  /** Names of BGPPeers. */
  readonly status?: Announced & { readonly peers?: readonly string[] };
}

/** metallb.io/v1beta1 ConfigurationState: what a controller or speaker says of the configuration. */
export interface ConfigurationState extends OwnedObject {
  readonly status?: ConfigurationVerdict;
}

export interface ConfigurationVerdict {
  /** "Valid", "Invalid" or "Unknown". */
  readonly result?: string;
  readonly errorSummary?: string;
  readonly conditions?: readonly Condition[];
}

/** meta/v1 Condition. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}
