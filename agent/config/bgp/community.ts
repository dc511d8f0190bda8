/**
 * BGP communities as text, and the aliases that Community objects give them.
 *
 * Source: MetalLB's internal/bgp/community; RFC 1997 (standard, 16:16 bits), RFC 8092 (large, 32:32:32 bits).
 * Shape: Community objects in, alias to value out; then the communities of an advertisement in, sorted values out.
 * A large value loses its marker: "large:1:2:3" becomes "1:2:3".
 *
 * @module
 */
import type { Community } from "../../../k8s/types/metallb.ts";
import type { ErrorList, Refuse } from "../error_list.ts";
import { refuseRepeated } from "../selectors.ts";

/** A community's canonical text, or the reason why it is none. */
export type ParsedCommunity =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string };

/** Parses "1:2" or "large:1:2:3". */
export function parseCommunity(text: string): ParsedCommunity {
  const sections = text.split(":");
  if (sections.length === 2) return parseSections(text, sections, 0xffff);
  if (sections.length !== 4) return { ok: false, message: `invalid community format: ${text}` };
  if (sections[0] === "large") return parseSections(text, sections.slice(1), 0xffff_ffff);
  const message = `invalid community value: expected community to be of format large, got "${text}"`;
  return { ok: false, message };
}

function parseSections(text: string, sections: readonly string[], max: number): ParsedCommunity {
  const numbers: number[] = [];
  for (const section of sections) {
    const number = /^[0-9]+$/.test(section) ? Number(section) : NaN;
    if (!(number <= max)) {
      const message = `invalid community value: invalid section "${section}" of community "${text}": ` +
        `it must be a number from 0 to ${max}`;
      return { ok: false, message };
    }
    numbers.push(number);
  }
  return { ok: true, value: numbers.join(":") };
}

/** All aliases of these objects; they share one name space, and the objects' order decides who is blamed for a clash. */
export function parseCommunities(objects: readonly Community[], errors: ErrorList): Map<string, string> {
  const owners = new Map<string, string>();
  const aliases: [string, string][] = [];
  for (const object of objects) {
    const refuse = errors.of("Community", object);
    for (const [index, alias] of (object.spec?.communities ?? []).entries()) {
      const field = `spec.communities[${index}]`;
      const name = alias.name ?? "";
      const owner = owners.get(name);
      if (owner !== undefined) {
        refuse(
          `${field}.name`,
          `duplicate definition of community "${name}": Community "${owner}" has it already`,
        );
      }
      owners.set(name, owner ?? object.metadata.name);
      const community = parseCommunity(alias.value ?? "");
      if (!community.ok) refuse(`${field}.value`, community.message);
      // An alias without a sound value is an alias all the same: who uses it is not to blame.
      aliases.push([name, community.ok ? community.value : ""]);
    }
  }
  return new Map(aliases);
}

/** The communities of an advertisement in ascending order, each value once; an alias counts before a literal. */
export function resolveCommunities(
  texts: readonly string[],
  aliases: ReadonlyMap<string, string>,
  refuse: Refuse,
): string[] {
  refuseRepeated(texts, "spec.communities", "community", refuse);
  const values = new Set<string>();
  for (const [index, text] of texts.entries()) {
    const parsed: ParsedCommunity = aliases.has(text)
      ? { ok: true, value: aliases.get(text)! }
      : parseCommunity(text);
    if (parsed.ok) values.add(parsed.value);
    else {
      // What has no colon can only be meant for an alias.
      const lack = text.includes(":") ? undefined : { collection: "communities", name: null } as const;
      refuse(`spec.communities[${index}]`, `${parsed.message}; no Community has an alias of that name`, lack);
    }
  }
  return [...values].sort(compareCommunities);
}

/** MetalLB's order: by the three numbers of a large community; a standard one is its 32 bits and two zeros. */
export function compareCommunities(a: string, b: string): number {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return x[i]! < y[i]! ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function numbersOf(value: string): readonly number[] {
  const numbers = value.split(":").map(Number);
  return numbers.length === 2 ? [numbers[0]! * 0x1_0000 + numbers[1]!, 0, 0] : numbers;
}
