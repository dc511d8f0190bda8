/**
 * Lint rule "names": words that say nothing stand in no file name and in no declared name.
 *
 * Shape: only the words that are never right, whole words only: "dispatchUtility" and "handle" pass, "dispatchUtil" and
 * "PeerHandler" do not. The wider list of words to avoid is left to a reader's judgement.
 *
 * @module
 */
import { repositoryPath } from "./repository.ts";

const BANNED_WORDS: ReadonlySet<string> = new Set(
  ["common", "handler", "handlers", "helper", "helpers", "manager", "managers", "misc", "util", "utils"],
);

/** The words of a name in camelCase, PascalCase, snake_case, SCREAMING_CASE or kebab-case, in lower case. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

function bannedWord(name: string): string | undefined {
  return wordsOf(name).find((word) => BANNED_WORDS.has(word));
}

/** Names carry meaning. */
export const namesRule: Deno.lint.Rule = {
  create(cx) {
    const file = repositoryPath(cx.filename);
    if (file === null) return {};
    const look = (id: Deno.lint.Node | null): void => {
      if (id?.type !== "Identifier") return;
      const word = bannedWord(id.name);
      if (word === undefined) return;
      cx.report({
        node: id,
        message: `"${word}" in the name ${id.name} says nothing`,
        hint: "Say what it is or does",
      });
    };
    return {
      Program() {
        const word = bannedWord(file);
        if (word === undefined) return;
        cx.report({
          range: [0, 0],
          message: `"${word}" in the path ${file} says nothing`,
          hint: "Name the one idea the file holds; if there is none, it is two files",
        });
      },
      FunctionDeclaration: (node) => look(node.id),
      ClassDeclaration: (node) => look(node.id),
      TSInterfaceDeclaration: (node) => look(node.id),
      TSTypeAliasDeclaration: (node) => look(node.id),
      TSEnumDeclaration: (node) => look(node.id),
      "ExportNamedDeclaration VariableDeclarator": (node: Deno.lint.VariableDeclarator) => look(node.id),
    };
  },
};
