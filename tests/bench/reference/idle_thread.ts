/**
 * The Worker of idle.ts.
 *
 * @module
 */
setInterval(() => {}, 3_600_000);
