/**
 * Where Ingot decides otherwise than MetalLB on purpose, each with the reason.
 *
 * Shape: a list; the first difference that explains a finding counts. What none explains is a mistake of one of the two.
 * Not here: finding them (comparison.ts).
 *
 * @module
 */
import type { Finding } from "./comparison.ts";
import type { IngotCluster } from "./ingot.ts";
import { NOTHING, type Step, type Verdict } from "./step.ts";

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
];

/** True when MetalLB looks at the Service again after such a step. */
function isRetry({ kind, key }: Step, service: string): boolean {
  return kind === "IPAddressPool" || kind === "Namespace" || (kind === "Service" && key === service);
}

function sameAddresses(a: Verdict = NOTHING, b: Verdict): boolean {
  return a.addresses.join() === b.addresses.join();
}
