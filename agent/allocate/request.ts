/**
 * What one Service asks for and what it says it has, read from its object.
 *
 * Source: MetalLB's annotations under both prefixes and its readings of spec; Kubernetes dual-stack fields.
 * Shape: a Service in, a plain {@linkcode Request} out; unreadable text becomes a value, never an exception. Pure.
 * Not here: whether it can be had (converge.ts, pool_choice.ts).
 *
 * @module
 */
import type { Service } from "../../k8s/types/core.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import { type Family, familyOf, type Ip, parseIp } from "../../protocols/net/ip.ts";

const PREFIX = "metallb.io/";
const DEPRECATED_PREFIX = "metallb.universe.tf/";

/** The annotation that says which pool a Service's addresses come from; written, never read. */
export const ALLOCATED_FROM_POOL: string = `${PREFIX}ip-allocated-from-pool`;

/** The families of a list of addresses: one, one of each, or neither of these. */
export type Families = Family | "dual" | "unknown";

/** What a Service brings along to hold an address. */
export interface Claim {
  readonly key: ObjectKey;
  readonly service: Service;
  /** "TCP/80", sorted, each once. */
  readonly ports: readonly string[];
  /** Who may share with this Service: only those with the same text; empty when it shares with nobody. */
  readonly sharing: string;
}

/** Addresses asked for by name; none when `ips` is empty. */
export type RequestedAddresses =
  | { readonly ok: true; readonly ips: readonly Ip[] }
  | { readonly ok: false; readonly message: string };

/** See the module comment. */
export interface Request {
  readonly claim: Claim;
  readonly isLoadBalancer: boolean;
  readonly clusterIPCount: number;
  readonly families: Families;
  readonly policy: "SingleStack" | "PreferDualStack" | "RequireDualStack";
  /** The family to take when only one of two can be had. */
  readonly primaryFamily: Family;
  /** Name of the pool asked for, or null. */
  readonly pool: string | null;
  readonly addresses: RequestedAddresses;
  /** The addresses in status; null for one that cannot be read. */
  readonly published: readonly (Ip | null)[];
}

/** Reads a Service. */
export function requestOf(key: ObjectKey, service: Service): Request {
  const spec = service.spec ?? {};
  const single = spec.clusterIP === undefined || spec.clusterIP === "" ? [] : [spec.clusterIP];
  const clusterIPs = spec.clusterIPs !== undefined && spec.clusterIPs.length > 0 ? spec.clusterIPs : single;
  const policy = spec.ipFamilyPolicy;
  return {
    claim: { key, service, ports: portsOf(service), sharing: sharingOf(service) },
    isLoadBalancer: spec.type === "LoadBalancer",
    clusterIPCount: clusterIPs.length,
    families: familiesOf(clusterIPs.map(parseIp)),
    policy: policy === "PreferDualStack" || policy === "RequireDualStack" ? policy : "SingleStack",
    primaryFamily: spec.ipFamilies?.[0] === "IPv6" ? "ipv6" : "ipv4",
    pool: annotationOf(service, "address-pool") || null,
    addresses: requestedAddressesOf(service),
    published: (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ? [parseIp(ip)] : []),
  };
}

/** The families of a list; null stands for an address that cannot be read. */
export function familiesOf(ips: readonly (Ip | null)[]): Families {
  const [first, second] = ips;
  if (first === undefined || first === null || ips.length > 2) return "unknown";
  if (second === undefined) return familyOf(first);
  return second === null || familyOf(first) === familyOf(second) ? "unknown" : "dual";
}

/** The annotation keys of a Service that still carry the old prefix, sorted. */
export function deprecatedAnnotationsOf(service: Service): string[] {
  const keys = Object.keys(service.metadata.annotations ?? {});
  return keys.filter((key) => key.startsWith("metallb.universe.tf")).sort();
}

/** METALLB: the new prefix wins by presence: an empty value there hides the old annotation. */
function annotationOf(service: Service, name: string): string {
  const annotations = service.metadata.annotations ?? {};
  return annotations[PREFIX + name] ?? annotations[DEPRECATED_PREFIX + name] ?? "";
}

function requestedAddressesOf(service: Service): RequestedAddresses {
  const annotation = annotationOf(service, "loadBalancerIPs");
  const field = service.spec?.loadBalancerIP ?? "";
  if (annotation !== "" && field !== "") {
    return refused(
      "Addresses are asked for both in the annotation loadBalancerIPs and in spec.loadBalancerIP; keep one",
    );
  }
  if (annotation === "" && field === "") return { ok: true, ips: [] };
  const texts = field !== "" ? [field] : annotation.split(",").map((text) => text.trim());
  const ips: Ip[] = [];
  for (const text of texts) {
    const ip = parseIp(text);
    if (ip === null) {
      const where = field !== "" ? "spec.loadBalancerIP" : "The annotation loadBalancerIPs";
      return refused(
        `${where} asks for "${text}", which is not an IP address; write it like 192.0.2.1 or 2001:db8::1`,
      );
    }
    ips.push(ip);
  }
  if (familiesOf(ips) !== "unknown") return { ok: true, ips };
  return refused(
    `The annotation loadBalancerIPs asks for ${
      ips.join(", ")
    }; ask for one address, or one IPv4 and one IPv6`,
  );
}

function refused(message: string): RequestedAddresses {
  return { ok: false, message };
}

function portsOf(service: Service): string[] {
  const ports = (service.spec?.ports ?? []).map(({ protocol, port }) => `${protocol ?? "TCP"}/${port}`);
  return ports.length < 2 ? ports : [...new Set(ports)].sort();
}

/**
 * METALLB: sharing keys are not namespaced, and neither are the selectors compared under externalTrafficPolicy Local: a
 * Local Service without selector shares with Cluster ones, and equal selectors in two namespaces count as one backend.
 */
function sharingOf(service: Service): string {
  const key = annotationOf(service, "allow-shared-ip");
  return key === "" ? "" : JSON.stringify([key, backendOf(service)]);
}

function backendOf(service: Service): string {
  if (service.spec?.externalTrafficPolicy !== "Local") return "";
  return Object.entries(service.spec.selector ?? {}).map(([key, value]) => `${key}=${value}`).sort().join();
}
