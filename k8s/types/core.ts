/**
 * The parts of the built-in Kubernetes kinds that Ingot reads: Service, Node, Namespace, EndpointSlice, Secret.
 *
 * Source: Kubernetes API reference, core/v1 and discovery.k8s.io/v1.
 *
 * @module
 */
import type { KubernetesObject, Labels } from "./meta.ts";
import type { SecretValue } from "./secret_value.ts";

/** core/v1 Service. */
export interface Service extends KubernetesObject {
  readonly spec?: ServiceSpec;
  readonly status?: ServiceStatus;
}

export interface ServiceSpec {
  readonly type?: string;
  readonly ports?: readonly ServicePort[];
  readonly selector?: Labels;
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ipFamilies?: readonly string[];
  readonly ipFamilyPolicy?: string;
  readonly loadBalancerIP?: string;
  readonly loadBalancerClass?: string;
  readonly externalTrafficPolicy?: string;
}

export interface ServicePort {
  readonly name?: string;
  /** TCP when absent. */
  readonly protocol?: string;
  readonly port: number;
}

export interface ServiceStatus {
  readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] };
}

export interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ipMode?: string;
}

/** core/v1 Node. */
export interface Node extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly NodeCondition[] };
}

export interface NodeCondition {
  readonly type: string;
  readonly status: string;
}

/** core/v1 Namespace; only its name and labels matter. */
export type Namespace = KubernetesObject;

/** discovery.k8s.io/v1 EndpointSlice; the label {@linkcode SERVICE_NAME_LABEL} names its Service. */
export interface EndpointSlice extends KubernetesObject {
  readonly endpoints?: readonly Endpoint[] | null;
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean | null; readonly serving?: boolean | null };
  readonly nodeName?: string | null;
}

/** The EndpointSlice label that names the Service it belongs to. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** core/v1 Secret, its values wrapped as it is read: base64 decoded, `stringData` merged into `data`. */
export interface Secret extends KubernetesObject {
  /** Opaque when absent. */
  readonly type?: string;
  /** Empty unless the type is {@linkcode BASIC_AUTH}: nothing else is of use, so nothing else is kept. */
  readonly data?: Readonly<Record<string, SecretValue>>;
}

/** The type of Secret that holds a password, under the key "password". */
export const BASIC_AUTH = "kubernetes.io/basic-auth";
