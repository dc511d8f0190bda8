/**
 * Lint rule "ambient": pure and stateful layers ask for the time, the dice and the world; they never reach for them.
 *
 * Shape: reports clocks, randomness, timers, Deno.*, console, network calls and anything asynchronous.
 * Not here: which folders are pure or stateful (layer_table.ts).
 *
 * @module
 */
import { isFree, layerOf } from "./layer_table.ts";
import { repositoryPath } from "./repository.ts";

/** Globals that are never right in a deterministic layer, whatever is done with them. */
const BANNED_GLOBALS: ReadonlySet<string> = new Set([
  "Deno",
  "Temporal",
  "Worker",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

/** Members of otherwise harmless globals. */
const BANNED_MEMBERS: ReadonlySet<string> = new Set(["Date.now", "Math.random"]);

const HINT =
  "Take it as an argument (cx.now, cx.rng) or return an effect and let agent/network or agent/runtime act";

/** The name of a member, written with a dot or in brackets. */
function memberName(node: Deno.lint.MemberExpression): string | null {
  if (!node.computed) return node.property.type === "Identifier" ? node.property.name : null;
  return node.property.type === "Literal" ? String(node.property.value) : null;
}

/** Whether this identifier is only a word (a member, a key), not a reference to a variable of that name. */
function isLabel(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property": // In shorthand the value is a node of its own.
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return parent.key === node && !parent.computed;
    case "TSQualifiedName":
      return parent.right === node;
    default:
      return false;
  }
}

/** Whether this identifier declares a name of its own, which then hides the global. */
function declaresName(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "VariableDeclarator":
      return parent.id === node;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return (parent.params as readonly Deno.lint.Node[]).includes(node);
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
      return parent.local === node;
    default:
      return false;
  }
}

/** Deterministic layers hold no clock, no dice, no I/O, nothing asynchronous. */
export const ambientRule: Deno.lint.Rule = {
  create(cx) {
    const file = repositoryPath(cx.filename);
    const layer = file === null || isFree(file) ? null : layerOf(file);
    if (layer === null || layer.purity === "effectful") return {};

    const report = (node: Deno.lint.Node, what: string): void =>
      cx.report({ node, message: `${what} in ${layer.path}, which is ${layer.purity}`, hint: HINT });
    const declared = new Set<string>();
    const references: Deno.lint.Identifier[] = [];
    const onFunction = (node: Deno.lint.Node & { async: boolean }): void => {
      if (node.async) report(node, "async function");
    };
    return {
      Identifier(node) {
        if (!BANNED_GLOBALS.has(node.name) || isLabel(node)) return;
        if (declaresName(node)) declared.add(node.name);
        else references.push(node);
      },
      MemberExpression(node) {
        if (node.object.type !== "Identifier") return;
        if (node.object.name === "Promise") return report(node, "Promise");
        const name = `${node.object.name}.${memberName(node)}`;
        if (BANNED_MEMBERS.has(name)) report(node, name);
      },
      VariableDeclarator(node) {
        if (node.init?.type !== "Identifier" || node.id.type !== "ObjectPattern") return;
        for (const property of node.id.properties) {
          if (property.type !== "Property" || property.key.type !== "Identifier") continue;
          const name = `${node.init.name}.${property.key.name}`;
          if (BANNED_MEMBERS.has(name)) report(property, name);
        }
      },
      NewExpression(node) {
        if (node.callee.type !== "Identifier") return;
        if (node.callee.name === "Date" && node.arguments.length === 0) {
          report(node, "new Date() without argument");
        }
        if (node.callee.name === "Promise") report(node, "Promise");
      },
      CallExpression(node) {
        if (node.callee.type === "Identifier" && node.callee.name === "Date") report(node, "Date()");
      },
      ImportDeclaration(node) {
        if (node.source.value !== "node:crypto") return;
        for (const specifier of node.specifiers) {
          const name = cx.sourceCode.getText(specifier);
          if (name !== "createHash") report(specifier, `${name} of node:crypto`);
        }
      },
      AwaitExpression: (node) => report(node, "await"),
      ForOfStatement(node) {
        if (node.await) report(node, "for await");
      },
      FunctionDeclaration: onFunction,
      FunctionExpression: onFunction,
      ArrowFunctionExpression: onFunction,
      "Program:exit"() {
        for (const node of references) if (!declared.has(node.name)) report(node, node.name);
      },
    };
  },
};
