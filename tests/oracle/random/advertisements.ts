/**
 * Random L2Advertisements, BGPAdvertisements and BGPPeers with every selector they have.
 *
 * @module
 */
import type { Body } from "../step.ts";
import type { Dice } from "./dice.ts";
import { NODE_WORDS, POOL_WORDS, selector, selectors, SERVICE_WORDS } from "./selectors.ts";

/** An L2Advertisement for some of these pools, or for one that is not there. */
export function l2Advertisement(dice: Dice, pools: readonly string[]): Body {
  return {
    spec: {
      ...selection(dice, pools),
      ...dice.percent(25) && { interfaces: dice.some(["eth0", "eth1", "absent0"], dice.between(1, 2)) },
      ...dice.percent(35) && {
        preferredNodeSelectors: Array.from({ length: dice.between(1, 2) }, () => ({
          weight: dice.pick([1, 10, 10, 100]),
          preference: selector(dice, NODE_WORDS),
        })),
      },
    },
  };
}

/** A BGPAdvertisement for some of these pools and peers. */
export function bgpAdvertisement(dice: Dice, pools: readonly string[], peers: readonly string[]): Body {
  return {
    spec: {
      ...selection(dice, pools),
      ...dice.percent(30) && { peers: dice.some([...peers, "absent"], dice.between(1, 2)) },
      ...dice.percent(15) && { localPref: dice.pick([100, 200]) },
      ...dice.percent(15) && { communities: [dice.pick(["65000:1", "65000:2"])] },
      ...dice.percent(15) && { aggregationLength: 32 },
    },
  };
}

/** A BGPPeer with this number, where nobody listens. */
export function bgpPeer(dice: Dice, number: number): Body {
  return {
    spec: {
      myASN: 64500,
      peerASN: 64501,
      peerAddress: `10.77.0.${240 + number}`,
      ...dice.percent(40) && { nodeSelectors: selectors(dice, NODE_WORDS, 2) },
    },
  };
}

/** What both kinds of advertisement select. */
function selection(dice: Dice, pools: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    ...dice.percent(25) && { ipAddressPools: dice.some([...pools, "absent"], dice.between(1, 3)) },
    ...dice.percent(20) && { ipAddressPoolSelectors: selectors(dice, POOL_WORDS, 2) },
    ...dice.percent(40) && { nodeSelectors: selectors(dice, NODE_WORDS, 2) },
    ...dice.percent(18) && { serviceSelectors: selectors(dice, SERVICE_WORDS, 2) },
  };
}
