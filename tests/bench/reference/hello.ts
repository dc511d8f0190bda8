/**
 * The least a Deno program can do: what starting the runtime costs.
 *
 * @module
 */
console.log("hello");
