/**
 * Where in a JSON text a value stands, for messages: JSON.parse does not tell.
 *
 * Source: RFC 8259.
 * Shape: valid JSON text and a path in, an offset out.
 *
 * @module
 */

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** An object or list that is open where we are; `step` is the key or index of the value that comes next. */
interface Open {
  readonly isList: boolean;
  step: string | number | null;
}

/** The offset of the value at `path`, or of the nearest value around it that exists. */
export function offsetInJson(text: string, path: readonly (string | number)[]): number {
  const open: Open[] = [];
  let nearest = 0, matched = -1;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const inner = open.at(-1);
    if (token === "}" || token === "]") open.pop();
    else if (token === ":") continue;
    else if (token === ",") {
      if (inner !== undefined) inner.step = inner.isList ? Number(inner.step) + 1 : null;
    } else if (inner?.step === null) inner.step = JSON.parse(token) as string;
    else {
      if (open.length > matched && open.every(({ step }, depth) => step === path[depth])) {
        [nearest, matched] = [index, open.length];
        if (matched === path.length) return nearest;
      }
      if (token === "{") open.push({ isList: false, step: null });
      else if (token === "[") open.push({ isList: true, step: 0 });
    }
  }
  return nearest;
}
