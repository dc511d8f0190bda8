/**
 * A random cluster: objects created one after another, then changed and deleted.
 *
 * Shape: a seed in, steps out; the same seed gives the same steps. Nodes and Namespaces are labelled first. What is left to
 * chance in MetalLB is left out (pools.ts).
 * Not here: the objects (pools.ts, advertisements.ts, services.ts).
 *
 * @module
 */
import { type Body, NAMESPACES, NODES, type Step, type StepKind } from "../step.ts";
import { bgpAdvertisement, bgpPeer, l2Advertisement } from "./advertisements.ts";
import { Dice } from "./dice.ts";
import { changedPool, leavesToChance, pool } from "./pools.ts";
import { labels, NAMESPACE_WORDS, NODE_WORDS } from "./selectors.ts";
import { changedService, endpointSlice, type Offer, service } from "./services.ts";

const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** The steps of this seed. */
export function script(seed: number): readonly Step[] {
  return new Author(seed).write();
}

/** Writes one script, and knows what is there at each point of it. */
class Author {
  readonly #dice: Dice;
  readonly #steps: Step[] = [];
  readonly #there = new Map<StepKind, Map<string, Body>>();
  readonly #numbers = new Map<string, number>();
  readonly #hasBgp: boolean;
  #counter = 0;

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    this.#hasBgp = this.#dice.percent(25);
  }

  write(): readonly Step[] {
    const dice = this.#dice;
    for (const name of NODES) this.#put("Node", name, { labels: labels(dice, NODE_WORDS) });
    for (const name of NAMESPACES) this.#put("Namespace", name, { labels: labels(dice, NAMESPACE_WORDS) });
    const first = [...times(dice.between(2, 4), "pool"), ...times(dice.between(1, 3), "advertisement")];
    const then = times(dice.between(4, 9), "service");
    if (this.#hasBgp) first.push("peer", "peer", "bgp advertisement");
    const creations = dice.percent(65)
      ? [...dice.shuffled(first), ...then]
      : ["pool", ...dice.shuffled([...first.slice(1), ...then])];
    for (const what of creations) this.#create(what);
    for (let left = dice.between(7, 15); left > 0; left--) this.#happen();
    return this.#steps;
  }

  #all(kind: StepKind): Map<string, Body> {
    let all = this.#there.get(kind);
    if (all === undefined) this.#there.set(kind, all = new Map());
    return all;
  }

  /** Adds a step, unless it would change nothing. */
  #put(kind: StepKind, key: string, body: Body | null): void {
    const all = this.#all(kind);
    if (JSON.stringify(all.get(key) ?? null) === JSON.stringify(body)) return;
    if (body === null) all.delete(key);
    else all.set(key, body);
    this.#steps.push({ kind, key, body });
  }

  #create(what: string): void {
    const dice = this.#dice;
    const number = this.#counter++;
    switch (what) {
      case "pool":
        this.#numbers.set(`p${number}`, number);
        return this.#putPool(`p${number}`, () => pool(dice, number, { hasIpv6: !this.#hasBgp }));
      case "advertisement":
        return this.#put("L2Advertisement", `l${number}`, l2Advertisement(dice, this.#poolNames()));
      case "peer":
        return this.#put("BGPPeer", `b${number}`, bgpPeer(dice, number));
      case "bgp advertisement": {
        const peers = [...this.#all("BGPPeer").keys()];
        return this.#put("BGPAdvertisement", `a${number}`, bgpAdvertisement(dice, this.#poolNames(), peers));
      }
      default:
        return this.#createService(`${dice.pick(NAMESPACES)}/s${number}`);
    }
  }

  /** A pool that leaves nothing to chance; after some attempts none at all. */
  #putPool(name: string, make: () => Body): void {
    for (let attempt = 0; attempt < 20; attempt++) {
      const body = make();
      if (leavesToChance(new Map(this.#all("IPAddressPool")).set(name, body).values())) continue;
      return this.#put("IPAddressPool", name, body);
    }
  }

  #createService(key: string): void {
    const dice = this.#dice;
    const name = key.split("/")[1]!;
    const [slice, isFirst] = [dice.percent(95) ? endpointSlice(dice, name) : null, dice.percent(50)];
    if (slice !== null && isFirst) this.#put("EndpointSlice", key, slice);
    this.#put("Service", key, service(dice, this.#offer()));
    if (slice !== null && !isFirst) this.#put("EndpointSlice", key, slice);
  }

  #poolNames(): readonly string[] {
    return [...this.#all("IPAddressPool").keys()];
  }

  #offer(): Offer {
    return { pools: this.#all("IPAddressPool"), hasIpv6: !this.#hasBgp };
  }

  /** Something changes. */
  #happen(): void {
    const dice = this.#dice;
    const happening = dice.pick(HAPPENINGS);
    switch (happening) {
      case "node is relabelled":
      case "node goes or comes":
        return this.#changeNode(dice.pick(NODES), happening === "node is relabelled");
      case "namespace is relabelled":
        return this.#put("Namespace", dice.pick(NAMESPACES), { labels: labels(dice, NAMESPACE_WORDS) });
      case "pool changes":
        return this.#onOne("IPAddressPool", (name, body) => {
          const number = this.#numbers.get(name)!;
          this.#putPool(name, () => changedPool(dice, body, number, { hasIpv6: !this.#hasBgp }));
        });
      case "pool is broken":
        return this.#break();
      case "service changes":
        return this.#onOne(
          "Service",
          (key, body) => this.#put("Service", key, changedService(dice, body, this.#offer())),
        );
      case "endpoints change":
        return this.#onOne(
          "EndpointSlice",
          (key) => this.#put("EndpointSlice", key, endpointSlice(dice, key.split("/")[1]!)),
        );
      case "advertisement changes":
        return this.#onOne(
          "L2Advertisement",
          (key) => this.#put("L2Advertisement", key, l2Advertisement(dice, this.#poolNames())),
        );
      case "bgp advertisement changes":
        return this.#onOne("BGPAdvertisement", (key) => {
          const peers = [...this.#all("BGPPeer").keys()];
          this.#put("BGPAdvertisement", key, bgpAdvertisement(dice, this.#poolNames(), peers));
        });
      case "something goes": {
        const kind = dice.pick(GOING);
        return this.#onOne(kind, (key) => this.#put(kind, key, null));
      }
      default:
        return this.#create(happening);
    }
  }

  #onOne(kind: StepKind, change: (key: string, body: Body) => void): void {
    const all = [...this.#all(kind)];
    if (all.length > 0) change(...this.#dice.pick(all));
  }

  #changeNode(name: string, isLabels: boolean): void {
    const { labels: before = {}, isUnavailable = false } = this.#all("Node").get(name)!;
    const dice = this.#dice;
    if (isLabels) {
      return this.#put("Node", name, {
        labels: labels(dice, NODE_WORDS),
        ...isUnavailable && { isUnavailable },
      });
    }
    if (dice.percent(50)) {
      return this.#put("Node", name, { labels: before, ...!isUnavailable && { isUnavailable: true } });
    }
    const { [EXCLUDE_LABEL]: excluded, ...rest } = before;
    const after = excluded === undefined ? { ...before, [EXCLUDE_LABEL]: "" } : rest;
    this.#put("Node", name, { labels: after, ...isUnavailable && { isUnavailable } });
  }

  /** A pool nobody can use is there for some steps: what was in force before stays in force. */
  #break(): void {
    const dice = this.#dice;
    const [first] = [...this.#all("IPAddressPool").values()];
    const clash = (first?.spec?.["addresses"] as string[] | undefined)?.[0] ?? "10.99.0.0/33";
    const addresses = dice.pick([[clash], ["10.99.0.0/33"], ["10.99.0.9-10.99.0.1"], []]);
    this.#put("IPAddressPool", "broken", { spec: { addresses } });
    for (const what of times(dice.between(1, 3), "service")) this.#create(what);
    this.#put("IPAddressPool", "broken", null);
  }
}

function times(count: number, what: string): string[] {
  return Array<string>(count).fill(what);
}

const GOING: readonly StepKind[] = [
  "Service",
  "Service",
  "Service",
  "EndpointSlice",
  "L2Advertisement",
  "IPAddressPool",
  "BGPPeer",
];

/** Each as often as it is to be likely. */
const HAPPENINGS = [
  ...times(2, "node is relabelled"),
  ...times(2, "node goes or comes"),
  ...times(2, "namespace is relabelled"),
  ...times(4, "pool changes"),
  ...times(1, "pool is broken"),
  ...times(6, "service changes"),
  ...times(3, "endpoints change"),
  ...times(3, "advertisement changes"),
  ...times(1, "bgp advertisement changes"),
  ...times(3, "something goes"),
  ...times(4, "service"),
  ...times(1, "pool"),
  ...times(1, "advertisement"),
];
