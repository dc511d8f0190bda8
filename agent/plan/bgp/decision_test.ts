import assert from "node:assert/strict";
import { config, pool, service, slice } from "../../../tests/parity/sketch.ts";
import type { BgpAdvert } from "../../config/config.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import { decideBgp } from "./decision.ts";

const ADVERT: BgpAdvert = {
  name: "routed",
  aggregationLength: { ipv4: 32, ipv6: 128 },
  localPref: null,
  communities: [],
  peers: null,
  nodes: new Set(),
  serviceSelectors: [],
};
const POOL = { ...pool("lan", "10.20.30.0/24"), bgpAdvertisements: [ADVERT] };

function messageWith(available: readonly string[]): string {
  const view = { available: new Set(available), absent: new Map() };
  const [addresses, slices] = [["10.20.30.1" as Ip], [slice("web", ["iris1", true])]];
  return decideBgp({
    service: service(),
    slices,
    pool: POOL,
    addresses,
    config: config(POOL),
    view,
    node: null,
  })
    .message;
}

Deno.test("decideBgp() blames nodeSelectors only where there are Nodes", () => {
  assert.equal(messageWith([]), "There is no Node; add one for every host that runs a speaker");
  assert.match(messageWith(["iris1"]), /^The nodeSelectors of BGPAdvertisement "routed" match no node/);
});
