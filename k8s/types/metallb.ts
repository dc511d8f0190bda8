/**
 * MetalLB's custom resources as they stand in the API.
 *
 * Source: metallb.io/v1beta1, and v1beta2 for BGPPeer. What the values mean is agent/config's affair.
 *
 * @module
 */
import type { KubernetesObject, LabelSelector } from "./meta.ts";
import type { SecretValue } from "./secret_value.ts";

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

/** metallb.io/v1beta2 BGPPeer; v1beta1 is converted as it is read. */
export interface BGPPeer extends KubernetesObject {
  readonly spec: BGPPeerSpec;
}

export interface BGPPeerSpec {
  readonly myASN: number;
  /** 0 is absent. */
  readonly peerASN?: number;
  readonly dynamicASN?: string;
  readonly localASN?: number;
  readonly peerAddress?: string;
  readonly interface?: string;
  readonly sourceAddress?: string;
  /** 179 when absent. */
  readonly peerPort?: number;
  /** Durations, "90s". */
  readonly holdTime?: string;
  readonly keepaliveTime?: string;
  readonly connectTime?: string;
  readonly routerID?: string;
  readonly nodeSelectors?: readonly LabelSelector[];
  readonly password?: SecretValue;
  readonly passwordSecret?: { readonly name?: string; readonly namespace?: string };
  readonly bfdProfile?: string;
  readonly enableGracefulRestart?: boolean;
  readonly ebgpMultiHop?: boolean;
  readonly vrf?: string;
  /** Deprecated, without effect. */
  readonly disableMP?: boolean;
  readonly dualStackAddressFamily?: boolean;
}

/** metallb.io/v1beta1 BFDProfile; intervals in milliseconds. */
export interface BFDProfile extends KubernetesObject {
  readonly spec?: {
    readonly receiveInterval?: number;
    readonly transmitInterval?: number;
    readonly detectMultiplier?: number;
    readonly echoInterval?: number;
    readonly echoMode?: boolean;
    readonly passiveMode?: boolean;
    readonly minimumTtl?: number;
  };
}

/** metallb.io/v1beta1 BGPAdvertisement. */
export interface BGPAdvertisement extends KubernetesObject {
  readonly spec?: {
    readonly aggregationLength?: number;
    readonly aggregationLengthV6?: number;
    readonly localPref?: number;
    readonly communities?: readonly string[];
    readonly ipAddressPools?: readonly string[];
    readonly ipAddressPoolSelectors?: readonly LabelSelector[];
    readonly nodeSelectors?: readonly LabelSelector[];
    readonly peers?: readonly string[];
    readonly serviceSelectors?: readonly LabelSelector[];
  };
}
