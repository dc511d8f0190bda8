/**
 * Octets to lines of text, those that arrive together in one list.
 *
 * Source: Kubernetes API concepts: a watch sends one JSON object a line.
 *
 * @module
 */

/** LIMIT: etcd takes no object above 1.5 MB; JSON escapes may make it a few times that. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** See the module comment. Empty lines are left out; a last line without an end is cut off, so none. */
export async function* splitLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf("\n");
    rest = text.slice(end + 1);
    if (rest.length > LONGEST_LINE) throw new Error(`A line of more than ${LONGEST_LINE} characters`);
    if (end < 0) continue;
    const lines = text.slice(0, end).split("\n").filter((line) => line !== "");
    if (lines.length > 0) yield lines;
  }
}
