/**
 * Names of nodes where the API server takes shorter ones than a node may have.
 *
 * Source: Kubernetes, "Object Names and IDs" and "Labels and Selectors": a Node's name has 253 characters at most, as any
 * object's; a label's value has 63. METALLB: it has no status objects for a node with a longer name.
 * Shape: pure; a name that fits is itself, a longer one its beginning and a hash of all of it.
 *
 * @module
 */

const LABEL_LENGTH = 63;
const NAME_LENGTH = 253;

/** As the value of a label. */
export function asLabel(name: string): string {
  return shortened(name, LABEL_LENGTH);
}

/** As the name of an object. */
export function asObjectName(name: string): string {
  return shortened(name, NAME_LENGTH);
}

function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  const hash = fnv1a(name).toString(16).padStart(8, "0");
  // A part of a name ends with a letter or digit.
  return `${name.slice(0, most - hash.length - 1).replace(/[^a-z0-9]+$/i, "")}-${hash}`;
}

/** FNV-1a, 32 bits, of characters that are ASCII. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
