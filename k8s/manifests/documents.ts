/**
 * The text of a manifest as the documents in it, each with the lines its fields stand on.
 *
 * Source: YAML 1.2.2 section 9.1 (a line that begins with "---" always begins a document); core schema, no other tags;
 * RFC 8259.
 * Shape: text in, values or named syntax errors out; never throws. Lines count from 1.
 * Not here: what a document means (reading.ts).
 *
 * @module
 */
import { type Document, LineCounter, parseAllDocuments } from "yaml";
import { findNestingFault } from "./json.ts";
import { offsetInJson } from "./json_position.ts";

/** The part of a file that holds one document, and the line it begins on. */
export interface Chunk {
  readonly text: string;
  readonly line: number;
}

/** A parsed document, or why it could not be parsed. */
export type ParsedDocument =
  | { readonly ok: true; readonly value: unknown; lineOf(path: readonly (string | number)[]): number }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Splits YAML text into documents without parsing it, so that only those that changed need parsing. */
export function splitDocuments(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let from = 0, line = 1, carry = 0;
  const take = (to: number): void => {
    const chunk = text.slice(from - carry, to);
    if (isDirectives(chunk) && to < text.length) {
      carry += to - from;
    } else if (chunk.trim() !== "") {
      chunks.push({ text: chunk, line });
      carry = 0;
    }
    if (carry === 0) line += countLines(chunk);
    from = to;
  };
  for (const mark of text.matchAll(/\n---(?=[ \t\r\n]|$)/g)) take(mark.index + 1);
  take(text.length);
  return chunks;
}

/** Directives belong to the document after them; by themselves they are an error. */
function isDirectives(chunk: string): boolean {
  return chunk.startsWith("%") && chunk.split("\n").every((line) => /^(%|#|\s*$)/.test(line));
}

/** The documents of one chunk of YAML; usually one, more when "..." ends one within. Empty ones are left out. */
export function parseYaml(chunk: Chunk): readonly ParsedDocument[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(chunk.text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
    schema: "core",
    version: "1.2",
    merge: true, // "<<", as kubectl reads it.
  });
  const lineAt = (offset: number): number => chunk.line + Math.max(0, lines.linePos(offset).line - 1);
  const documents: ParsedDocument[] = [];
  for (const document of parsed as Document.Parsed[]) {
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) {
      documents.push({
        ok: false,
        line: lineAt(fault.pos[0]),
        message: syntaxMessage(fault.message, chunk.text),
      });
      continue;
    }
    const value = toValue(document, chunk.text);
    if (!value.ok) documents.push({ ok: false, line: lineAt(document.range[0]), message: value.message });
    else if (value.value !== null) {
      documents.push({ ok: true, value: value.value, lineOf: (path) => lineAt(offsetOf(document, path)) });
    }
  }
  return documents;
}

/** The one document of a JSON file. */
export function parseJson(text: string): readonly ParsedDocument[] {
  if (text.trim() === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = (error as Error).message;
    const position = /position (\d+)/.exec(message)?.[1];
    return [{
      ok: false,
      line: lineAtOffset(text, Number(position ?? 0)),
      message: syntaxMessage(message, text),
    }];
  }
  const fault = findNestingFault(value);
  if (fault !== null) return [{ ok: false, line: 1, message: fault }];
  return [{ ok: true, value, lineOf: (path) => lineAtOffset(text, offsetInJson(text, path)) }];
}

type Value = { readonly ok: true; readonly value: unknown } | {
  readonly ok: false;
  readonly message: string;
};

/** Aliases are resolved only here, so unknown ones and those that multiply without end are refused only here. */
function toValue(document: Document.Parsed, text: string): Value {
  try {
    const value: unknown = document.toJS();
    const fault = findNestingFault(value);
    return fault === null ? { ok: true, value } : { ok: false, message: fault };
  } catch (error) {
    return { ok: false, message: syntaxMessage((error as Error).message, text) };
  }
}

/** Where the node at `path` begins, or the nearest node above it that exists. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined;
    const offset = node?.range?.[0];
    if (offset !== undefined) return offset;
  }
  return document.contents?.range[0] ?? document.range[0];
}

function lineAtOffset(text: string, offset: number): number {
  return countLines(text.slice(0, offset)) + 1;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** Parsers quote what they stumble over; where passwords stand, that may be one. */
function syntaxMessage(message: string, text: string): string {
  return /secret|password/i.test(text)
    ? "Cannot be parsed; not quoted, for it may hold a password"
    : firstLine(message);
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0]!.replace(/[.:]$/, "");
}
