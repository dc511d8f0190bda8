/**
 * Lint rule "imports": a file imports only what its layer may know.
 *
 * Not here: the table of layers (layer_table.ts).
 *
 * @module
 */
import { isFree, type Layer, layerOf, mayImport } from "./layer_table.ts";
import { repositoryPath } from "./repository.ts";

/** The folder of a path, with its slash; "" at the top. */
function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

/** What is wrong with this import, or null. `file` is relative to the repository. */
function breach(file: string, layer: Layer | null, specifier: string): string | null {
  if (/^(npm|jsr|https?|data|blob):/.test(specifier)) {
    return `"${specifier}" bypasses the import map: name the package in deno.json and import it by that name`;
  }
  if (specifier.startsWith("file:") || specifier.startsWith("/")) return `"${specifier}" is an absolute path`;
  if (isFree(file)) return null;
  if (layer === null) return null; // Reported once for the whole file.
  if (specifier.startsWith(".")) {
    const imported = new URL(specifier, `file:///${folderOf(file)}`).pathname.slice(1);
    if (imported === "main.ts") return "main.ts is imported by nobody";
    return mayImport(layer, imported) ? null : `${layer.path} may not import ${imported}`;
  }
  if (layer.packages === "any" || layer.packages.includes(specifier)) return null;
  return `${layer.path} may not import the package "${specifier}"`;
}

/** A file imports only what its layer may know. */
export const importsRule: Deno.lint.Rule = {
  create(cx) {
    const file = repositoryPath(cx.filename);
    if (file === null) return {};
    const layer = layerOf(file);
    const look = (source: Deno.lint.Node | null | undefined): void => {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const message = breach(file, layer, source.value);
      if (message === null) return;
      cx.report({ node: source, message, hint: "tests/style/layer_table.ts says who may know whom" });
    };
    return {
      Program() {
        if (layer !== null || isFree(file)) return;
        cx.report({
          range: [0, 0],
          message: `${file} belongs to no layer`,
          hint: "Move it into a folder that has a row in tests/style/layer_table.ts, or add the row",
        });
      },
      ImportDeclaration: (node) => look(node.source),
      ExportNamedDeclaration: (node) => look(node.source),
      ExportAllDeclaration: (node) => look(node.source),
      ImportExpression: (node) => look(node.source),
    };
  },
};
