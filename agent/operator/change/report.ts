/**
 * What would change in a cluster: the report behind `ingot plan --kubeconfig`.
 *
 * Source: what is so now is what statuses hold and the configuration makes of it; what would be is what the roles decide on
 * the objects with the manifests laid over them, or, without manifests, on the objects as they are: what is pending.
 * Shape: pure; the plan's report, and `changes` beside it.
 * Not here: the overlay (overlay.ts), Services (services.ts), sessions (sessions.ts), the table (table.ts).
 *
 * @module
 */
import type { ObjectError } from "../../../k8s/source.ts";
import type { ObjectKey } from "../../../k8s/types/meta.ts";
import { everyError } from "../../config/every_error.ts";
import { isAboutConfiguration } from "../../config/last_good.ts";
import { parseConfig } from "../../config/parse.ts";
import type { ClusterPlanOptions } from "../../plan/cluster_plan.ts";
import { addressesOf, isOfClass } from "../../plan/service_decision.ts";
import { type Snapshot, snapshotOf } from "../../snapshot.ts";
import {
  decide,
  type Decided,
  decideNow,
  type Held,
  type PlannedService,
  planQuestionOf,
  type PlanReport,
  planReport,
} from "../plan.ts";
import type { AppliedObject, Overlaid } from "./overlay.ts";
import { type ServiceChange, serviceChanges } from "./services.ts";
import { type SessionChange, sessionChanges } from "./sessions.ts";

/** What would change; the fields stand in the order they are printed in. */
export interface Changes {
  /** False when the configuration would have errors: the one in force stays, and nothing changes. */
  readonly takesEffect: boolean;
  /** The objects of the manifests; empty without them. */
  readonly applied: readonly AppliedObject[];
  readonly services: readonly ServiceChange[];
  readonly sessions: readonly SessionChange[];
  /** What is wrong with the configuration as it is: while that is so, nobody can tell from outside who announces what. */
  readonly errorsNow: readonly ObjectError[];
}

/** `services` and `errors` are what would be; see {@linkcode PlanReport}. */
export interface ChangeReport extends PlanReport {
  readonly changes: Changes;
}

/** Compares; the same objects give the same report. */
export function changeReport(now: Held, next: Overlaid, options: ClusterPlanOptions): ChangeReport {
  const question = planQuestionOf(next, options);
  const decided = decide(question);
  const plan = planReport(question, decided);
  const [snapshot, errorsNow] = [snapshotOf(now.objects), errorsOf(now)];
  const parsed = parseConfig(now.objects);
  const present = parsed.ok && errorsNow.length === 0 ? decideNow(snapshot, parsed.config, options) : null;
  if (decided === null) {
    const { applied } = next;
    return { ...plan, changes: { takesEffect: false, applied, services: [], sessions: [], errorsNow } };
  }
  const before = { services: ourServices(snapshot, options, present), decided: present };
  const ours = plan.services.filter(({ reason }) => reason !== "foreignLoadBalancerClass");
  const after = { services: new Map(ours.map((it) => [it.service, it])), decided };
  return {
    ...plan,
    changes: {
      takesEffect: true,
      applied: next.applied,
      services: serviceChanges(before, after, next.guessed),
      sessions: present === null ? [] : sessionChanges(present.config, decided.config),
      errorsNow,
    },
  };
}

function errorsOf({ objects, faulty, errors }: Held): readonly ObjectError[] {
  return [...errors.filter((it) => isAboutConfiguration(it)), ...everyError(objects, faulty).errors];
}

/** Without a configuration only the addresses of a Service are known. */
function ourServices(
  { services }: Snapshot,
  { loadBalancerClass }: ClusterPlanOptions,
  decided: Decided | null,
): ReadonlyMap<ObjectKey, PlannedService> {
  const ours = new Map<ObjectKey, PlannedService>();
  for (const [service, object] of services) {
    if (object.spec?.type !== "LoadBalancer" || !isOfClass(object, loadBalancerClass)) continue;
    const addresses = addressesOf(object.status?.loadBalancer?.ingress ?? []) ?? [];
    const bare = { service, addresses, pool: null, reason: null, message: "", announcers: [] };
    ours.set(service, decided?.serviceOf(service) ?? bare);
  }
  return ours;
}
