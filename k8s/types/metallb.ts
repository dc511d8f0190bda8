/**
 * MetalLB's custom resources that layer 2 needs, as they stand in the API.
 *
 * Source: metallb.io/v1beta1. What the values mean is agent/config's affair.
 *
 * @module
 */
import type { KubernetesObject, LabelSelector } from "./meta.ts";

/** metallb.io/v1beta1 IPAddressPool. */
export interface IPAddressPool extends KubernetesObject {
  readonly spec: {
    readonly addresses: readonly string[];
    readonly autoAssign?: boolean;
    readonly avoidBuggyIPs?: boolean;
    readonly serviceAllocation?: ServiceAllocationSpec;
  };
}

export interface ServiceAllocationSpec {
  readonly priority?: number;
  readonly namespaces?: readonly string[];
  readonly namespaceSelectors?: readonly LabelSelector[];
  readonly serviceSelectors?: readonly LabelSelector[];
}

/** metallb.io/v1beta1 L2Advertisement. */
export interface L2Advertisement extends KubernetesObject {
  readonly spec?: {
    readonly ipAddressPools?: readonly string[];
    readonly ipAddressPoolSelectors?: readonly LabelSelector[];
    readonly nodeSelectors?: readonly LabelSelector[];
    readonly interfaces?: readonly string[];
    readonly serviceSelectors?: readonly LabelSelector[];
    readonly preferredNodeSelectors?: readonly PreferredNodeSelector[];
  };
}

export interface PreferredNodeSelector {
  /** 1..100 */
  readonly weight: number;
  readonly preference: LabelSelector;
}

/** metallb.io/v1beta1 Community: aliases for BGP communities. */
export interface Community extends KubernetesObject {
  readonly spec?: {
    readonly communities?: readonly { readonly name?: string; readonly value?: string }[];
  };
}
