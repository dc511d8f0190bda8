/**
 * Logs each object error once when it appears and once when it is mended, however often it is seen.
 *
 * Shape: the whole list of errors in force each time; the difference to the last list is logged.
 *
 * @module
 */
import type { Logger } from "@logtape/logtape";
import type { ObjectError } from "../../k8s/source.ts";

/** See the module comment. */
export class ErrorReporter {
  readonly #log: Logger;
  readonly #msg: { readonly appeared: string; readonly mended: string };
  #known = new Map<string, ObjectError>();

  constructor(log: Logger, msg: { readonly appeared: string; readonly mended: string }) {
    this.#log = log;
    this.#msg = msg;
  }

  /** Takes the errors in force now. */
  report(errors: readonly ObjectError[]): void {
    const now = new Map(errors.map((error) => [JSON.stringify(error), error]));
    for (const [text, error] of now) {
      if (!this.#known.has(text)) {
        this.#log.error(this.#msg.appeared, { object: error.object, field: error.field, err: error.message });
      }
    }
    for (const [text, error] of this.#known) {
      if (!now.has(text)) this.#log.info(this.#msg.mended, { object: error.object, field: error.field });
    }
    this.#known = now;
  }
}
