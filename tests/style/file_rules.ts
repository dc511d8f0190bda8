/**
 * Lint rules on files as wholes: each opens with its `@module` comment, and none grows past the soft ceiling.
 *
 * Shape: a missing header is an error. A long file is only a warning on stderr, because the ceiling is soft and a lint
 * plugin knows no level below error.
 *
 * @module
 */
import { repositoryPath } from "./repository.ts";

/** Lines a file may have before it should be two. */
const SOFT_CEILING = 400;

/** What may stand above the header: a shebang, lint directives, blank lines. */
const HEADER = /^(?:#![^\n]*\n)?(?:\/\/ deno-lint-ignore-file[^\n]*\n|\s)*(\/\*\*[\s\S]*?\*\/)/;

/** A file's first words say what it is. */
export const headerRule: Deno.lint.Rule = {
  create(cx) {
    const file = repositoryPath(cx.filename);
    if (file === null || file.endsWith("_test.ts")) return {};
    return {
      Program() {
        if (HEADER.exec(cx.sourceCode.text)?.[1]?.includes("@module")) return;
        cx.report({
          range: [0, 0],
          message: `${file} does not open with a @module comment`,
          hint: "Say what it is, its source, its shape, and what is not here; then @module",
        });
      },
    };
  },
};

/** A file holds one idea. */
export const lengthRule: Deno.lint.Rule = {
  create(cx) {
    const file = repositoryPath(cx.filename);
    if (file === null || file.endsWith("_test.ts") || file.startsWith("tests/")) return {};
    return {
      Program() {
        const lines = cx.sourceCode.text.split("\n").length - 1;
        if (lines > SOFT_CEILING) {
          console.warn(`warning: ${file} has ${lines} lines; the soft ceiling is ${SOFT_CEILING}`);
        }
      },
    };
  },
};
