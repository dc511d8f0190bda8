/**
 * Who gets which address: every Service of our load-balancer class, decided anew whenever something changed.
 *
 * Source: MetalLB's controller and allocator; where they are order-dependent or forgetful, the choice is marked METALLB.
 * Shape: snapshot and configuration in, {@linkcode Decision}s out. Level-triggered: the same snapshots in the same order give the
 * same decisions, whatever the order of their maps. Unchanged Services cost an identity comparison, or nothing. Owns the address
 * table, which outlives a status write that fails: whoever carries out the writes repeats a decision's `write` until it succeeds.
 * Not here: one Service's rules (converge.ts), carrying out writes and events (agent/controller.ts).
 *
 * Order of one pass: what is gone is released; every changed Service keeps what it may keep, unchanged ones first, then by
 * key; only then are those without an address given one, by creationTimestamp, namespace and name.
 *
 * @module
 */
import type { Config, Pool } from "../config/config.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import { keysToCompare } from "../../k8s/versioned_map.ts";
import { type Ip, parseIp } from "../../protocols/net/ip.ts";
import type { Snapshot } from "../snapshot.ts";
import { AddressTable, type Holding, type PoolCounters } from "./address_table.ts";
import { complete, keep, type Next, type Outcome } from "./converge.ts";
import { type AllocationEvent, type Decision, isSameDecision, isSameOutcome } from "./decision.ts";
import { deprecatedAnnotationsOf, type Request, requestOf } from "./request.ts";
import { statusWriteFor } from "./status_write.ts";

/** What the operator chose. */
export interface AllocationOptions {
  /** The spec.loadBalancerClass served; null serves Services that name none. */
  readonly loadBalancerClass: string | null;
}

/** One Service on its way through a pass. */
interface Draft {
  readonly request: Request;
  /** What happened before the last outcome. */
  pastEvents: readonly AllocationEvent[];
  next: Next;
  /** False for one that is only tried again because another Service freed something. */
  readonly isChanged: boolean;
  outcome: Outcome | null;
}

const NONE_HELD: ReadonlyMap<string, ObjectKey> = new Map();

/** See the module comment. */
export class Allocation {
  readonly #options: AllocationOptions;
  readonly #table = new AddressTable();
  readonly #decisions = new Map<ObjectKey, Decision>();
  /** Every object of the last pass, ours or not. */
  readonly #seen = new Map<ObjectKey, Service>();
  /** Services that may be helped when another one frees something. */
  readonly #waiting = new Set<ObjectKey>();
  #seenMap: Snapshot["services"] = new Map();
  /** Addresses of Services that cannot be read, by address; nobody else gets them. */
  #reserved: ReadonlyMap<Ip, ObjectKey> = new Map();
  #config: Config | null = null;

  constructor(options: AllocationOptions) {
    this.#options = options;
  }

  /** The decision for every Service of type LoadBalancer and of our class, and for others that still have to be cleared. */
  get decisions(): ReadonlyMap<ObjectKey, Decision> {
    return this.#decisions;
  }

  /** How many addresses of each pool are held and left. */
  counters(): ReadonlyMap<string, PoolCounters> {
    return this.#table.counters();
  }

  /**
   * Brings every decision up to date and returns those that changed, and those of changed objects that still need a write,
   * by key. A null configuration leaves the last one in force; before the first one nothing is touched.
   */
  reconcile(
    snapshot: Snapshot,
    config: Config | null,
    heldByUnreadable: ReadonlyMap<string, ObjectKey> = NONE_HELD,
  ): readonly Decision[] {
    const arePoolsNew = config !== null && this.#adopt(config);
    const isLessReserved = this.#reserve(heldByUnreadable);
    const isNothingNew = !arePoolsNew && !isLessReserved && snapshot.services === this.#seenMap;
    if (this.#config === null || isNothingNew) return [];
    const { changed, gone } = this.#differences(snapshot.services);
    const freed = this.#releaseAll(gone) || arePoolsNew || isLessReserved;
    const drafts = new Map<ObjectKey, Draft>();
    const opened = this.#keepAll(snapshot.services, changed, arePoolsNew, drafts) || freed;
    const giveBack = this.#table.reserve(this.#reserved);
    this.#completeAll(snapshot.services, drafts, opened);
    giveBack();
    for (const key of gone) this.#seen.delete(key);
    for (const key of changed) this.#seen.set(key, snapshot.services.get(key) as Service);
    this.#seenMap = snapshot.services;
    return this.#conclude(drafts);
  }

  /** True when the configuration differs from the last one in anything that allocation looks at. */
  #adopt(config: Config): boolean {
    if (this.#config !== null && allocatesAlike(this.#config, config)) return false;
    this.#config = config;
    this.#table.load(config);
    return true;
  }

  /** Notes what is reserved from now on; true when somebody may now have what was reserved before. */
  #reserve(held: ReadonlyMap<string, ObjectKey>): boolean {
    const reserved = new Map<Ip, ObjectKey>();
    for (const [text, key] of held) {
      const ip = parseIp(text);
      if (ip !== null) reserved.set(ip, key);
    }
    const before = this.#reserved;
    this.#reserved = reserved;
    return [...before.keys()].some((ip) => !reserved.has(ip));
  }

  #differences(services: Snapshot["services"]): { changed: ObjectKey[]; gone: ObjectKey[] } {
    const [changed, gone]: [ObjectKey[], ObjectKey[]] = [[], []];
    for (const key of keysToCompare(this.#seenMap, services)) {
      const service = services.get(key);
      if (service === undefined) gone.push(key);
      else if (service !== this.#seen.get(key)) changed.push(key);
    }
    return { changed: changed.sort(), gone };
  }

  /** True when any of them held something. */
  #releaseAll(gone: readonly ObjectKey[]): boolean {
    let freed = false;
    for (const key of gone) freed = this.#forget(key) || freed;
    return freed;
  }

  #forget(key: ObjectKey): boolean {
    this.#decisions.delete(key);
    this.#waiting.delete(key);
    return this.#table.release(key) !== null;
  }

  /**
   * Lets every changed Service, or with new pools every Service, keep what it may; true when something became free.
   *
   * Changed Services are taken out of the table together before any of them is put back: two that swap ports, or change their
   * sharing key at the same time, do not stand in each other's way.
   */
  #keepAll(
    services: Snapshot["services"],
    changed: readonly ObjectKey[],
    arePoolsNew: boolean,
    drafts: Map<ObjectKey, Draft>,
  ): boolean {
    const held = new Map<ObjectKey, Holding | null>();
    for (const key of changed) held.set(key, this.#table.release(key));
    if (arePoolsNew) {
      for (const key of [...services.keys()].sort()) {
        const service = services.get(key) as Service;
        if (!held.has(key) && this.#isOurs(service)) {
          this.#keepOne(key, service, this.#table.holdingOf(key), false, drafts);
        }
      }
    }
    let opened = false;
    for (const key of changed) {
      const service = services.get(key) as Service;
      const before = held.get(key) ?? null;
      if (this.#isOurs(service)) {
        this.#keepOne(key, service, this.#isAnother(key, service) ? null : before, true, drafts);
      } else {
        // METALLB: a Service that stops being ours keeps its address reserved there until the controller restarts.
        this.#forget(key);
      }
      opened ||= opens(before, this.#table.holdingOf(key));
    }
    return opened;
  }

  #keepOne(
    key: ObjectKey,
    service: Service,
    before: Holding | null,
    isChanged: boolean,
    drafts: Map<ObjectKey, Draft>,
  ): void {
    const request = requestOf(key, service);
    const { next, events } = keep(request, before?.ips ?? null, this.#table);
    drafts.set(key, { request, pastEvents: events, next, isChanged, outcome: null });
  }

  /** METALLB: the class filter comes before everything else; a Service of another class is never touched. */
  #isOurs(service: Service): boolean {
    return (service.spec?.loadBalancerClass ?? null) === this.#options.loadBalancerClass;
  }

  /** True when the Service was deleted and created again under the same name since the last pass. */
  #isAnother(key: ObjectKey, service: Service): boolean {
    const [before, now] = [this.#seen.get(key)?.metadata.uid, service.metadata.uid];
    return before !== undefined && now !== undefined && before !== now;
  }

  /**
   * Gives addresses to those that need one, in order of age.
   *
   * METALLB: waiting Services are tried again there only after some releases; here after every freed address, port or sharing
   * key. An address that becomes shareable may help one that waited longer, and what a refusal says should hold at the end of the
   * pass; hence the loop, until a round gives nothing to anybody.
   */
  #completeAll(services: Snapshot["services"], drafts: Map<ObjectKey, Draft>, opened: boolean): void {
    if (opened) {
      for (const key of this.#waiting) {
        const service = services.get(key);
        if (service === undefined || drafts.has(key)) continue;
        const [request, next] = [requestOf(key, service), this.#nextOfWaiting(key)];
        drafts.set(key, { request, pastEvents: [], next, isChanged: false, outcome: null });
      }
    }
    let queue = [...drafts.values()].sort(compareByAge);
    for (let again = true; again;) {
      again = false;
      for (const draft of queue) {
        const { key } = draft.request.claim;
        const before = this.#table.holdingOf(key);
        draft.outcome = complete(draft.request, draft.next, this.#table);
        again ||= this.#table.holdingOf(key) !== before;
      }
      queue = queue.filter((draft) => draft.outcome?.isWaiting);
      if (queue.length === 0) return;
      if (again) { for (const draft of queue) this.#prepareNextRound(draft); }
    }
  }

  /** A Service that got one of two addresses in this round is told so, whatever becomes of the second. */
  #prepareNextRound(draft: Draft): void {
    const allocated = draft.outcome?.events.filter(({ reason }) => reason === "IPAllocated") ?? [];
    draft.pastEvents = [...draft.pastEvents, ...allocated];
    draft.next = this.#nextOfWaiting(draft.request.claim.key);
  }

  #nextOfWaiting(key: ObjectKey): Next {
    return { type: this.#table.holdingOf(key) === null ? "NeedsAddress" : "WantsSecond" };
  }

  /** Turns drafts into decisions and returns those worth acting on. */
  #conclude(drafts: ReadonlyMap<ObjectKey, Draft>): Decision[] {
    const news: Decision[] = [];
    for (const key of [...drafts.keys()].sort()) {
      const draft = drafts.get(key) as Draft;
      if (draft.outcome?.isWaiting) this.#waiting.add(key);
      else this.#waiting.delete(key);
      const before = this.#decisions.get(key);
      const decision = this.#decisionOf(draft, before);
      if (!draft.request.isLoadBalancer && decision.write === null) {
        this.#decisions.delete(key);
        continue;
      }
      this.#decisions.set(key, decision);
      const isNew = before === undefined || !isSameOutcome(before, decision);
      if (isNew || (decision.write !== null && (draft.isChanged || !isSameDecision(before, decision)))) {
        news.push(decision);
      }
    }
    return news;
  }

  #decisionOf({ request, pastEvents, outcome }: Draft, before: Decision | undefined): Decision {
    const { key, service } = request.claim;
    const ips = this.#table.holdingOf(key)?.ips ?? [];
    const pool = this.#table.spaceOwning(ips)?.pool.name ?? null;
    const write = outcome?.isWritable ? statusWriteFor(key, service, ips, pool) : null;
    const decision: Decision = {
      key,
      addresses: ips,
      pool,
      reason: outcome?.refusal?.reason ?? null,
      message: outcome?.message ?? "",
      events: [...pastEvents, ...(outcome?.events ?? [])],
      write,
    };
    // METALLB: events repeat there with every pass; here only what is new since the last decision is told.
    if (before !== undefined && isSameDecision(before, decision)) return { ...decision, events: [] };
    return write === null
      ? decision
      : { ...decision, events: [...deprecations(service), ...decision.events] };
  }
}

/** True when others may now have what they could not have before. */
function opens(before: Holding | null, after: Holding | null): boolean {
  const [had, has] = [before?.claim.sharing ?? "", after?.claim.sharing ?? ""];
  if (has !== "" && (has !== had || after?.ips.some((ip) => !before?.ips.includes(ip)))) return true;
  if (before === null) return false;
  if (after === null || has !== had || before.ips.some((ip) => !after.ips.includes(ip))) return true;
  return before.claim.ports.some((port) => !after.claim.ports.includes(port));
}

function deprecations(service: Service): AllocationEvent[] {
  return deprecatedAnnotationsOf(service).map((annotation) => ({
    type: "Warning",
    reason: "deprecatedAnnotation",
    message: `Annotation ${annotation} is deprecated; use metallb.io/${
      annotation.slice(annotation.indexOf("/") + 1)
    }`,
  }));
}

function compareByAge(a: Draft, b: Draft): number {
  const [x, y] = [a.request.claim.service.metadata, b.request.claim.service.metadata];
  return compareTexts(x.creationTimestamp ?? "", y.creationTimestamp ?? "") ||
    compareTexts(x.namespace ?? "default", y.namespace ?? "default") || compareTexts(x.name, y.name);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A changed Node or L2Advertisement makes a new Config, but moves no address. */
function allocatesAlike(a: Config, b: Config): boolean {
  if (a === b) return true;
  const [pools, others] = [[...a.pools.values()], [...b.pools.values()]];
  return pools.length === others.length &&
    pools.every((pool, at) => textOf(pool) === textOf(others[at] as Pool));
}

function textOf(pool: Pool): string {
  const allocation = pool.serviceAllocation;
  return JSON.stringify([
    pool.name,
    pool.prefixes,
    pool.autoAssign,
    pool.avoidBuggyIPs,
    allocation?.priority,
    allocation?.namespaces && [...allocation.namespaces].sort(),
    allocation?.serviceSelectors.map((selector) => selector.text),
  ]);
}
