/**
 * The configuration in force: the last one that had no error.
 *
 * Source: MetalLB keeps its last valid configuration while the current one is invalid; unlike it, errors are forgotten
 * as soon as parsing succeeds, even when the configuration is the one in force already.
 * Shape: the previous {@linkcode LastGood} and a snapshot in, the next one out. As long as nothing that a configuration
 * is made of changes, its Config stays the identical object, so whatever is memoised by it stays valid: a node's
 * heartbeat, a pool's status, any Service or EndpointSlice costs no parsing.
 * Not here: parsing (parse.ts).
 *
 * @module
 */
import type { ObjectError } from "../../k8s/source.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../../k8s/types/meta.ts";
import type { Config } from "./config.ts";
import { REFRESH_ANNOTATION } from "./l2_advertisement.ts";
import { type ConfigObjects, parseConfig } from "./parse.ts";

/** See the module comment. */
export interface LastGood {
  /** null until a configuration without error was seen. */
  readonly config: Config | null;
  /** What is wrong with the configuration now; empty when `config` is what the objects say. */
  readonly errors: readonly ObjectError[];
  /** What the objects said, kind by kind; null before the first. */
  readonly said: readonly string[] | null;
}

/** Before the first snapshot. */
export const NO_CONFIG_YET: LastGood = { config: null, errors: [], said: null };

const CONFIGURATION = /^(IPAddressPool|L2Advertisement|Community)\//;

/** An object of the configuration that cannot be read: without it, addresses in use would look as if nobody owned them. */
export function isAboutConfiguration(error: ObjectError): boolean {
  return CONFIGURATION.test(error.object);
}

/**
 * The configuration in force after this snapshot; `previous` itself when nothing relevant changed. `unreadable` is what the
 * source could not use: as long as that concerns the configuration, no first one is taken.
 */
export function nextLastGood(
  previous: LastGood,
  objects: ConfigObjects,
  unreadable: readonly ObjectError[] = [],
): LastGood {
  if (previous.config === null && unreadable.some(isAboutConfiguration)) return NO_CONFIG_YET;
  const said = [
    textOfKind(objects.ipAddressPools, true),
    textOfKind(objects.l2Advertisements, true),
    textOfKind(objects.communities, true),
    textOfKind(objects.nodes, false),
    textOfKind(objects.namespaces, false),
  ];
  if (previous.said !== null && said.every((text, kind) => text === previous.said?.[kind])) return previous;
  const parsed = parseConfig(objects);
  return parsed.ok
    ? { config: parsed.config, errors: [], said }
    : { config: previous.config, errors: parsed.errors, said };
}

type Kind = ReadonlyMap<ObjectKey, KubernetesObject & { readonly spec?: unknown }>;

const textsOfKinds = new WeakMap<Kind, string>();
const textsOfObjects = new WeakMap<KubernetesObject, string>();

/** All that parsing reads of one kind, as text; made again only for a map, and in it for objects, not seen before. */
function textOfKind(objects: Kind, readsSpec: boolean): string {
  let text = textsOfKinds.get(objects);
  if (text === undefined) {
    const texts: string[] = [];
    for (const object of objects.values()) {
      let one = textsOfObjects.get(object);
      if (one === undefined) {
        const { labels, annotations } = object.metadata;
        const spec = readsSpec ? [object.spec, annotations?.[REFRESH_ANNOTATION]] : [];
        one = JSON.stringify([keyOf(object), labels, ...spec]);
        textsOfObjects.set(object, one);
      }
      texts.push(one);
    }
    text = texts.sort().join("\n");
    textsOfKinds.set(objects, text);
  }
  return text;
}
