/**
 * The configuration in force: the last one that had no error.
 *
 * Source: MetalLB keeps its last valid configuration while the current one is invalid; unlike it, errors are forgotten
 * as soon as parsing succeeds, even when the configuration is the one in force already.
 * Shape: the previous {@linkcode LastGood}, a snapshot and a scope in, the next one out. As long as nothing that a configuration
 * is made of changes, its Config stays the identical object, so whatever is memoised by it stays valid: a node's
 * heartbeat, a pool's status, any Service or EndpointSlice costs no parsing.
 * Not here: parsing (parse.ts).
 *
 * @module
 */
import type { FaultyObject, ObjectError } from "../../k8s/source.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../../k8s/types/meta.ts";
import { SecretValue } from "../../k8s/types/secret_value.ts";
import type { Config } from "./config.ts";
import { compareText } from "./error_list.ts";
import { everyError } from "./every_error.ts";
import { ownAnnotations } from "./own_annotations.ts";
import { parseConfig } from "./parse.ts";
import type { ConfigObjects } from "./scope.ts";
import type { ConfigScope } from "./scope.ts";

/** See the module comment. */
export interface LastGood {
  /** null until a configuration without error was seen. */
  readonly config: Config | null;
  /** What is wrong with the configuration now; empty when `config` is what the objects say. */
  readonly errors: readonly ObjectError[];
  /** What the objects said, kind by kind; null before the first. */
  readonly said: readonly Said[] | null;
  /** What could be read of those that cannot be used. */
  readonly faulty: readonly FaultyObject[];
  /** True while no first configuration is taken because an object of it cannot be read. */
  readonly isHeldUp: boolean;
}

/** What objects say, to be compared: their text, and the secrets that it does not show, in the order they stand in it. */
interface Said {
  readonly text: string;
  readonly secrets: readonly SecretValue[];
}

/** Before the first snapshot. */
export const NO_CONFIG_YET: LastGood = {
  config: null,
  errors: [],
  said: null,
  faulty: [],
  isHeldUp: false,
};

const ALLOCATION_KINDS = /^(IPAddressPool|L2Advertisement|Community)\//;
const BGP_KINDS = /^(BGPPeer|BGPAdvertisement|BFDProfile|Secret)\//;

/** An object of the configuration that cannot be read: without it, addresses in use would look as if nobody owned them. */
export function isAboutConfiguration({ object }: ObjectError, scope: ConfigScope = "everything"): boolean {
  return ALLOCATION_KINDS.test(object) || (scope !== "allocation" && BGP_KINDS.test(object));
}

/**
 * The configuration in force after this snapshot; `previous` itself when nothing relevant changed. `unreadable` is what the
 * source could not use: as long as that concerns the configuration, no first one is taken. `faulty` is what it could read of
 * that, so that every error is told at once.
 */
export function nextLastGood(
  previous: LastGood,
  objects: ConfigObjects,
  unreadable: readonly ObjectError[] = [],
  scope: ConfigScope = "everything",
  faulty: readonly FaultyObject[] = [],
): LastGood {
  const isHeldUp = previous.config === null && unreadable.some((it) => isAboutConfiguration(it, scope));
  const said = [
    saidOfKind(objects.ipAddressPools, true),
    saidOfKind(objects.l2Advertisements, true),
    saidOfKind(objects.communities, true),
    saidOfKind(objects.nodes, false),
    saidOfKind(objects.namespaces, false),
  ];
  if (scope !== "allocation") {
    said.push(
      saidOfKind(objects.bgpPeers, true),
      saidOfKind(objects.bgpAdvertisements, true),
      saidOfKind(objects.bfdProfiles, true),
      saidOfKind(objects.secrets, true),
    );
  }
  const isAsBefore = previous.said !== null && said.every((it, kind) => isSame(it, previous.said?.[kind]));
  if (isAsBefore && isHeldUp === previous.isHeldUp && sameFaulty(faulty, previous.faulty)) return previous;
  const parsed = parseConfig(objects, scope);
  const errors = parsed.ok && faulty.length === 0 ? [] : everyError(objects, faulty, scope).errors;
  const config = parsed.ok && !isHeldUp ? parsed.config : previous.config;
  return { config: isAsBefore ? previous.config ?? config : config, errors, said, faulty, isHeldUp };
}

function sameFaulty(a: readonly FaultyObject[], b: readonly FaultyObject[]): boolean {
  return a === b || (a.length === b.length && a.every((it, i) => it.object === b[i]?.object));
}

type Kind = ReadonlyMap<ObjectKey, KubernetesObject>;

const saidOfKinds = new WeakMap<Kind, Said>();
const saidOfObjects = new WeakMap<KubernetesObject, Said>();

/** All that parsing reads of one kind; made again only for a map, and in it for objects, not seen before. */
function saidOfKind(objects: Kind, readsSpec: boolean): Said {
  let said = saidOfKinds.get(objects);
  if (said === undefined) {
    const each = [...objects.values()].map((it) => saidOfObject(it, readsSpec)).sort((a, b) =>
      compareText(a.text, b.text)
    );
    said = { text: each.map((it) => it.text).join("\n"), secrets: each.flatMap((it) => it.secrets) };
    saidOfKinds.set(objects, said);
  }
  return said;
}

function saidOfObject(object: KubernetesObject, readsSpec: boolean): Said {
  let said = saidOfObjects.get(object);
  if (said === undefined) {
    const { labels } = object.metadata;
    const { spec, type, data } = object as Readable;
    const fields = readsSpec ? [ownAnnotations(object), spec, type, data] : [];
    const secrets: SecretValue[] = [];
    const text = JSON.stringify([keyOf(object), labels, ...fields], function (this: Holder, key, value) {
      const raw = this[key];
      if (raw instanceof SecretValue) secrets.push(raw);
      return value;
    });
    said = { text, secrets };
    saidOfObjects.set(object, said);
  }
  return said;
}

type Readable = KubernetesObject & {
  readonly spec?: unknown;
  readonly type?: unknown;
  readonly data?: unknown;
};
type Holder = Readonly<Record<string, unknown>>;

function isSame(a: Said, b: Said | undefined): boolean {
  return b !== undefined && a.text === b.text && a.secrets.length === b.secrets.length &&
    a.secrets.every((secret, index) => secret.equals(b.secrets[index]!));
}
