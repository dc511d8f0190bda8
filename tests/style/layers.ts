/**
 * The lint plugin that keeps the architecture: who may know whom, what is pure, what things are called.
 *
 * Shape: named in deno.json under lint.plugins, so `deno lint` and every editor show a broken layer like any mistake.
 * Not here: the rules themselves (the files imported below) and the table of layers (layer_table.ts).
 *
 * @module
 */
import { ambientRule } from "./ambient_rule.ts";
import { headerRule, lengthRule } from "./file_rules.ts";
import { importsRule } from "./imports_rule.ts";
import { namesRule } from "./names_rule.ts";

const plugin: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    imports: importsRule,
    ambient: ambientRule,
    names: namesRule,
    header: headerRule,
    length: lengthRule,
  },
};
export default plugin;
