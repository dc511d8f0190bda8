import assert from "node:assert/strict";
import { SystemError } from "./errno.ts";
import { Handle } from "./handle.ts";

class Recorded extends Handle {
  readonly released: number[] = [];

  protected override release(fd: number): void {
    this.released.push(fd);
  }
}

Deno.test("Handle.close() releases the descriptor once, however often it is called", () => {
  const handle = new Recorded(7, "test descriptor");
  assert.deepEqual([handle.fd, handle.closed], [7, false]);
  handle.close();
  handle.close();
  handle[Symbol.dispose]();
  assert.deepEqual([handle.released, handle.closed], [[7], true]);
});

Deno.test("Handle is closed at the end of a using block", () => {
  let escaped: Recorded;
  {
    using handle = new Recorded(7, "test descriptor");
    escaped = handle;
  }
  assert.deepEqual(escaped.released, [7]);
});

Deno.test("Handle.fd throws a clear error after close", () => {
  const handle = new Recorded(7, "packet socket on eth0");
  handle.close();
  assert.throws(() => handle.fd, (error) => {
    assert(error instanceof SystemError);
    assert.equal(error.message, "Cannot use packet socket on eth0: EBADF; it is closed, open a new one");
    return true;
  });
});
