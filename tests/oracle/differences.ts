/**
 * Where Ingot decides otherwise than MetalLB on purpose, each with the reason.
 *
 * Shape: a list; the first difference that explains a finding counts. What none explains is a mistake of one of the two.
 * Not here: finding them (comparison.ts); the choices that MetalLB leaves to chance, which no cluster offers (random/pools.ts).
 *
 * @module
 */
import type { Finding } from "./comparison.ts";
import type { IngotCluster } from "./ingot.ts";
import { NOTHING, serviceIn, type Step, type Verdict } from "./step.ts";

/** One deliberate difference. */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** True when the finding is no more than this difference; Ingot stands where it was made. */
  readonly explains: (finding: Finding, ingot: IngotCluster) => boolean;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    name: "who comes first",
    reason:
      "Services that need an address at the same time are served by MetalLB in the order of its informer's cache, which is " +
      "none: Ingot serves them by age, so that a change of pools has one outcome. Here some order leads to what MetalLB did",
    explains: ({ story, index, aspect }, ingot) =>
      aspect === "allocates" && ingot.canDecide(story.scenes[index]!.verdicts),
  },
  {
    name: "interfaces that are not there",
    reason:
      "An advertisement is changed so that it names only interfaces its node does not have. MetalLB's speaker says that it " +
      "failed and goes on answering where the advertisement let it before; Ingot stops answering where nobody lets it any more",
    explains: ({ story, index, aspect, service, metallb, ingot: { node } }, ingot) =>
      aspect === "announces" && node === null && metallb.node !== null &&
      story.scenes[index - 1]?.verdicts.get(service)?.node === metallb.node &&
      ingot.reasonOn(metallb.node, service) === "announceFailed",
  },
  {
    name: "nobody waits for what is free",
    reason:
      "A Service gives up an address or a port, and another one waits for it. MetalLB looks at those who wait only after " +
      "some changes: not when a Service moves to another address or listens on fewer ports. Ingot serves them at once",
    explains: ({ story: { scenes }, index, aspect, service, metallb, ingot }) => {
      if (aspect === "announces" || !metallb.addresses.every((ip) => ingot.addresses.includes(ip))) {
        return false;
      }
      const retried = scenes.slice(0, index + 1).findLastIndex(({ step }) => isRetry(step, service));
      const since = scenes.slice(retried, index + 1);
      return since.some(({ step }) => step.kind === "Service" && step.key !== service) &&
        since.every(({ verdicts }) => sameAddresses(verdicts.get(service), metallb));
    },
  },
  {
    name: "namespaces that nobody is in",
    reason:
      "A pool is for the Namespaces that some selectors match, and they match none. MetalLB then takes the pool for one " +
      "without namespaces, open to whoever asks for it, so that a lost label opens what was closed; Ingot lets nobody have it",
    explains: ({ aspect, metallb }, ingot) =>
      aspect !== "announces" && ingot.pool(metallb.pool)?.serviceAllocation?.namespaces?.size === 0,
  },
  {
    name: "one answerer",
    reason:
      "Services that share an address have endpoints on different nodes, or other first addresses. MetalLB elects a node for " +
      "each of the Services, and several nodes answer for one address; with Ingot one node does",
    explains: ({ story, index, aspect, service, metallb, ingot }) =>
      aspect === "announces" && metallb.node !== null &&
      [...story.scenes[index]!.verdicts].some(([other, { addresses, node }]) =>
        other !== service && node === ingot.node && node !== metallb.node &&
        addresses.some((ip) => metallb.addresses.includes(ip))
      ),
  },
  {
    name: "one address for two families",
    reason:
      "A Service that holds the one address it asks for becomes a dual-stack Service. MetalLB gives it a second one, finds that " +
      "this is not what was asked for, takes both away and then refuses the request; Ingot leaves it as it is",
    explains: ({ story, index, aspect, service, metallb, ingot }) =>
      aspect === "allocates" && metallb.addresses.length === 0 && ingot.addresses.length === 1 &&
      serviceIn(story, index, service)?.spec?.["ipFamilyPolicy"] === "PreferDualStack" &&
      sameAddresses(story.scenes[index - 1]?.verdicts.get(service), ingot),
  },
  {
    name: "the order that was asked for",
    reason:
      "MetalLB publishes two addresses in the order they are asked for, and in its next pass sorts them as texts; Ingot leaves " +
      "them in the order that was asked for",
    explains: ({ aspect, metallb, ingot }) =>
      aspect === "allocates" && metallb.pool === ingot.pool &&
      metallb.addresses.join() === [...ingot.addresses].sort().join(),
  },
];

/** True when MetalLB looks at the Service again after such a step. */
function isRetry({ kind, key }: Step, service: string): boolean {
  return kind === "IPAddressPool" || kind === "Namespace" || (kind === "Service" && key === service);
}

function sameAddresses(a: Verdict = NOTHING, b: Verdict): boolean {
  return a.addresses.join() === b.addresses.join();
}
