/**
 * Everything that is wrong with a configuration, in one round: also with objects that are not of the form their schema asks
 * for, as far as that can be told.
 *
 * Shape: pure; usable objects and what is left of faulty ones in, errors out. Nothing is reported that only follows from a
 * fault: not of a field that cannot be judged without the faulty one, and not of objects that refer to a faulty object.
 * Not here: the faults of form themselves, which the source reports; what stays in force (last_good.ts).
 *
 * @module
 */
import { CUSTOM_COLLECTIONS, type FaultyObject, KIND_OF, type ObjectError } from "../../k8s/source.ts";
import type { KubernetesObject, ObjectKey } from "../../k8s/types/meta.ts";
import { compareText, type Lack } from "./error_list.ts";
import { parseConfig } from "./parse.ts";
import type { ConfigObjects, ConfigScope } from "./scope.ts";

/** See the module comment. */
export interface Findings {
  /** By object, then field, then message. */
  readonly errors: readonly ObjectError[];
  /** Those of the errors that another object would take away. */
  readonly lacks: ReadonlyMap<ObjectError, Lack>;
}

/** LIMIT: so many faulty objects are looked into; each costs a parse of its own. */
const LOOKED_INTO = 50;

/** Kinds with a rule for more than one field: what a field is judged by, besides itself. */
const JUDGED_BY: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  BGPPeer: {
    "spec.peerASN": ["spec.dynamicASN"],
    "spec.dynamicASN": ["spec.peerASN"],
    "spec.ebgpMultiHop": ["spec.peerASN", "spec.myASN"],
    "spec.peerAddress": ["spec.interface", "spec.nodeSelectors", "spec.vrf", "spec.peerPort", "metadata"],
    "spec.interface": ["spec.peerAddress", "spec.nodeSelectors", "spec.vrf", "spec.peerPort", "metadata"],
    "spec.holdTime": ["spec.keepaliveTime"],
    "spec.keepaliveTime": ["spec.holdTime"],
    "spec.password": ["spec.passwordSecret"],
    "metadata": ["spec.ebgpMultiHop"],
  },
  BGPAdvertisement: {
    "spec.aggregationLength": ["spec.serviceSelectors", "spec.ipAddressPools", "spec.ipAddressPoolSelectors"],
    "spec.aggregationLengthV6": [
      "spec.serviceSelectors",
      "spec.ipAddressPools",
      "spec.ipAddressPoolSelectors",
    ],
    "spec.localPref": ["spec"],
  },
};

/** Only these are looked into. */
const CUSTOM: ReadonlySet<string> = new Set(CUSTOM_COLLECTIONS);

/** See the module comment. */
export function everyError(
  objects: ConfigObjects,
  faulty: readonly FaultyObject[],
  scope: ConfigScope = "everything",
): Findings {
  const parsed = parseConfig(objects, scope);
  if (faulty.length === 0) return parsed.ok ? NOTHING_FOUND : parsed;
  const lacks = new Map<ObjectError, Lack>();
  const errors: ObjectError[] = [];
  const take = (found: typeof parsed, isWanted: (error: ObjectError) => boolean): void => {
    if (found.ok) return;
    for (const error of found.errors) {
      const lack = found.lacks.get(error);
      if (!isWanted(error) || (lack !== undefined && faulty.some((it) => settles(it, lack)))) continue;
      errors.push(error);
      if (lack !== undefined) lacks.set(error, lack);
    }
  };
  const names = new Set(faulty.map(nameOf));
  take(parsed, ({ object }) => !names.has(object));
  for (const one of faulty.filter(({ collection }) => CUSTOM.has(collection)).slice(0, LOOKED_INTO)) {
    const found = parseConfig(withObject(objects, one), scope);
    take(found, (error) => error.object === nameOf(one) && !one.fields.some((it) => clouds(it, error)));
  }
  return { errors: errors.sort(byObjectAndField), lacks };
}

const NOTHING_FOUND: Findings = { errors: [], lacks: new Map() };

function nameOf({ collection, key }: FaultyObject): string {
  return `${KIND_OF[collection]}/${key}`;
}

function settles({ collection, object }: FaultyObject, lack: Lack): boolean {
  return collection === lack.collection && (lack.name === null || object.metadata.name === lack.name);
}

/** What is left of a faulty object is of the form its kind's schema asks for. */
function withObject(objects: ConfigObjects, { collection, key, object }: FaultyObject): ConfigObjects {
  const all = objects as Readonly<Record<string, ReadonlyMap<ObjectKey, KubernetesObject>>>;
  return { ...objects, [collection]: new Map(all[collection]).set(key, object) };
}

/** True when the field of the error cannot be judged because of a fault at `fault`. */
function clouds(fault: string, { object, field }: ObjectError): boolean {
  if (fault === "apiVersion" || isWithin(fault, field) || isWithin(field, fault)) return true;
  const rules = JUDGED_BY[object.split("/", 1)[0]!] ?? {};
  return Object.entries(rules).some(([judged, by]) =>
    isWithin(field, judged) && by.some((it) => isWithin(fault, it))
  );
}

/** True when `field` is `outer` or a part of it. */
function isWithin(field: string, outer: string): boolean {
  return field === outer || (field.startsWith(outer) && /^[.[]/.test(field.slice(outer.length)));
}

function byObjectAndField(a: ObjectError, b: ObjectError): number {
  return compareText(a.object, b.object) || compareText(a.field, b.field) ||
    compareText(a.message, b.message);
}
