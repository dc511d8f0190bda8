/**
 * Turns any number of calls within one turn of the event loop into one run.
 *
 * Source: client-go's workqueue: work is marked as needed before it is done, so nothing that arrives meanwhile is lost.
 * Shape: level-triggered work, `run`, that reads what is true now; a run that throws is a bug and ends the process.
 *
 * @module
 */

/** A function that asks for `run` to be called soon, once. */
export function coalesce(run: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    setTimeout(() => {
      asked = false;
      run();
    }, 0);
  };
}
