/**
 * Random Services of both families with every annotation, and their endpoints.
 *
 * @module
 */
import { type Body, NODES } from "../step.ts";
import type { Dice } from "./dice.ts";
import { addressesNear } from "./pools.ts";
import { labels, SERVICE_WORDS } from "./selectors.ts";

/** What a Service may ask for. */
export interface Offer {
  /** By name. */
  readonly pools: ReadonlyMap<string, Body>;
  readonly hasIpv6: boolean;
}

type Spec = Readonly<Record<string, unknown>>;

const PORTS = [["TCP", 80], ["TCP", 443], ["TCP", 53], ["UDP", 53]] as const;
const NO_LOAD_BALANCER: Spec = { type: "ClusterIP" };
const PREFIXES = ["metallb.io", "metallb.io", "metallb.io", "metallb.universe.tf"];

/** A new Service. */
export function service(dice: Dice, offer: Offer): Body {
  const families = dice.percent(50) ? ["IPv4", "IPv6"] : ["IPv6", "IPv4"];
  const spec = {
    ...familiesOf(dice, offer.hasIpv6 ? families : ["IPv4", "IPv6"], offer.hasIpv6 ? 45 : 15),
    ports: ports(dice),
    ...dice.percent(95) ? loadBalancer(dice) : NO_LOAD_BALANCER,
  };
  return requesting(dice, offer, { labels: labels(dice, SERVICE_WORDS), spec });
}

/** The Service with one thing about it different. */
export function changedService(dice: Dice, before: Body, offer: Offer): Body {
  const spec = before.spec as Spec;
  switch (dice.pick(["request", "request", "labels", "ports", "backend", "families", "families", "type"])) {
    case "request": {
      const { labels: own = {} } = before;
      return requesting(dice, offer, { labels: own, spec: without(spec, "loadBalancerIP") });
    }
    case "labels":
      return { ...before, labels: labels(dice, SERVICE_WORDS) };
    case "ports":
      return { ...before, spec: { ...spec, ports: ports(dice) } };
    case "backend":
      if (spec["type"] === "ClusterIP") return before;
      return {
        ...before,
        spec: { ...without(spec, "externalTrafficPolicy"), ...backend(dice), ...traffic(dice) },
      };
    case "families": {
      const [first] = spec["ipFamilies"] as string[];
      const families = first === "IPv4" ? ["IPv4", "IPv6"] : ["IPv6", "IPv4"];
      return { ...before, spec: { ...spec, ...familiesOf(dice, families, 60) } };
    }
    default: {
      const rest = without(spec, "type", "externalTrafficPolicy", "loadBalancerClass", "loadBalancerIP");
      const type = spec["type"] === "ClusterIP" ? loadBalancer(dice) : NO_LOAD_BALANCER;
      return { ...before, spec: { ...rest, ...type } };
    }
  }
}

/** Endpoints on some nodes, most of them ready. */
export function endpointSlice(dice: Dice, serviceName: string): Body {
  const endpoints = Array.from({ length: dice.between(dice.percent(10) ? 0 : 1, 3) }, () => ({
    ...dice.percent(90) && {
      conditions: dice.pick([{ ready: true }, { ready: true }, { ready: true }, { ready: false }, {
        ready: false,
        serving: true,
        terminating: true,
      }]),
    },
    ...dice.percent(90) && { nodeName: dice.pick(NODES) },
  }));
  return { labels: { "kubernetes.io/service-name": serviceName }, endpoints };
}

function familiesOf(dice: Dice, families: readonly string[], percentDual: number): Spec {
  if (!dice.percent(percentDual)) return { ipFamilyPolicy: "SingleStack", ipFamilies: families.slice(0, 1) };
  return { ipFamilyPolicy: dice.pick(["PreferDualStack", "RequireDualStack"]), ipFamilies: families };
}

function ports(dice: Dice): unknown {
  return dice.some(PORTS, dice.percent(30) ? 2 : 1)
    .map(([protocol, port]) => ({ protocol, port }));
}

function backend(dice: Dice): Spec {
  return dice.percent(50) ? { selector: { app: "db" } } : {};
}

function loadBalancer(dice: Dice): Spec {
  return {
    ...traffic(dice),
    ...dice.percent(4) && { loadBalancerClass: "example.org/other" },
  };
}

function traffic(dice: Dice): Spec {
  return dice.percent(35) ? { externalTrafficPolicy: "Local" } : {};
}

function without(spec: Spec, ...fields: readonly string[]): Spec {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !fields.includes(field)));
}

/** The Service with the requests that only it makes. */
function requesting(dice: Dice, offer: Offer, { labels: own = {}, spec = {} }: Body): Body {
  const annotations: Record<string, string> = {};
  const annotate = (name: string, value: string): void => {
    annotations[`${dice.pick(PREFIXES)}/${name}`] = value;
  };
  const isLoadBalancer = spec["type"] !== "ClusterIP";
  if (dice.percent(18)) {
    annotate("address-pool", dice.pick([...offer.pools.keys(), ...offer.pools.keys(), "absent"]));
  }
  if (dice.percent(30)) annotate("allow-shared-ip", dice.pick(["k1", "k1", "k2", ""]));
  let loadBalancerIP: string | null = null;
  if (offer.pools.size > 0 && dice.percent(25)) {
    const { ipv4, ipv6 } = addressesNear(dice, dice.pick([...offer.pools.values()]));
    const families = dice.percent(90) ? spec["ipFamilies"] as string[] : ["IPv4"];
    const asked = dice.shuffled(families).map((family) => family === "IPv4" ? ipv4 : ipv6);
    if (isLoadBalancer && asked.length === 1 && dice.percent(40)) loadBalancerIP = asked[0]!;
    else annotate("loadBalancerIPs", dice.percent(95) ? asked.join(dice.pick([",", ", "])) : "nonsense");
    if (dice.percent(4)) loadBalancerIP = ipv4;
  }
  return {
    labels: own,
    ...Object.keys(annotations).length > 0 && { annotations },
    spec: { ...spec, ...loadBalancerIP !== null && isLoadBalancer && { loadBalancerIP } },
  };
}
