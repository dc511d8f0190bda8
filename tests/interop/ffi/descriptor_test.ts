import assert from "node:assert/strict";
import { openEventDescriptor } from "../../../ffi/event_descriptor.ts";
import { lastErrno, SystemError } from "../../../ffi/errno.ts";
import type { Handle } from "../../../ffi/handle.ts";
import { libc } from "../../../ffi/libc.ts";
import { Poller, POLLIN, POLLNVAL, POLLOUT } from "../../../ffi/poller.ts";
import { openTimerDescriptor } from "../../../ffi/timer_descriptor.ts";
import { until } from "../../stage/until.ts";
import { rootTest } from "./inside.ts";

rootTest("Poller.wait() ends after the timeout, in fractions of a millisecond, and not before", () => {
  const poller = new Poller<string>();
  for (const timeoutMs of [0, 0.3, 2.5, 20]) {
    const from = performance.now();
    assert.equal(poller.wait(timeoutMs), 0);
    const tookMs = performance.now() - from;
    assert(tookMs >= timeoutMs, `${tookMs} ms instead of ${timeoutMs}`);
  }
});

rootTest("Poller.wait() gives the owners of ready descriptors, in a set that changes", () => {
  const poller = new Poller<string>();
  const events = Array.from({ length: 40 }, openEventDescriptor);
  events.forEach((event, i) => poller.watch(event.fd, POLLIN, `event ${i}`));
  assert.equal(poller.wait(0), 0);
  for (const i of [3, 17, 39]) events[i]!.signal();
  const ready = () => Array.from({ length: poller.wait(0) }, (_, i) => poller.owner(i)).toSorted();
  assert.deepEqual(ready(), ["event 17", "event 3", "event 39"]);
  poller.unwatch(events[3]!.fd);
  poller.unwatch(events[3]!.fd);
  events[17]!.drain();
  assert.deepEqual(ready(), ["event 39"]);
  assert.equal(poller.events(0), POLLIN);
  assert.equal(poller.owner(1), null);
  poller.watch(events[3]!.fd, POLLIN, "again");
  assert.equal(poller.size, 40);
  assert.deepEqual(ready(), ["again", "event 39"]);
  poller.watch(events[3]!.fd, POLLOUT, "writable");
  assert.equal(poller.size, 40);
  assert.deepEqual(ready(), ["event 39", "writable"]);
  events.forEach((event) => event.close());
});

rootTest("Poller.owner() is null for a descriptor that was unwatched in the same turn", () => {
  using one = openEventDescriptor();
  using other = openEventDescriptor();
  const poller = new Poller<string>();
  poller.watch(one.fd, POLLOUT, "one");
  poller.watch(other.fd, POLLOUT, "other");
  assert.equal(poller.wait(0), 2);
  poller.unwatch(other.fd);
  assert.equal(poller.owner(0), "one");
  assert.equal(poller.owner(1), null);
});

rootTest("Poller.wait() reports a descriptor that was closed without being unwatched", () => {
  const event = openEventDescriptor();
  const poller = new Poller<string>();
  poller.watch(event.fd, POLLIN, "closed");
  event.close();
  assert.equal(poller.wait(0), 1);
  assert.equal(poller.events(0), POLLNVAL);
});

rootTest("Poller.wait() goes on waiting after a signal", async () => {
  let signals = 0;
  const count = () => signals++;
  Deno.addSignalListener("SIGUSR1", count);
  const sender = new Deno.Command("sh", {
    args: ["-c", `sleep 0.05; kill -USR1 ${Deno.pid}; kill -USR1 ${Deno.pid}`],
  }).spawn();
  const from = performance.now();
  assert.equal(new Poller<null>().wait(200), 0);
  const tookMs = performance.now() - from;
  assert((await sender.status).success);
  // The runtime hears of a signal and of a child's end by two ways, in either order.
  await until("a signal", () => signals > 0 ? true : null);
  Deno.removeSignalListener("SIGUSR1", count);
  assert(tookMs >= 200, `${tookMs} ms`);
});

rootTest("EventDescriptor is readable from signal() to drain()", () => {
  using event = openEventDescriptor();
  const poller = new Poller<null>();
  poller.watch(event.fd, POLLIN, null);
  assert.equal(event.drain(), false);
  event.signal();
  event.signal();
  assert.equal(poller.wait(0), 1);
  assert.equal(event.drain(), true);
  assert.equal(event.drain(), false);
  assert.equal(poller.wait(0), 0);
});

rootTest("signalEvent() wakes another thread that blocks in Poller.wait()", async () => {
  using toWorker = openEventDescriptor();
  using fromWorker = openEventDescriptor();
  const worker = new Worker(new URL("./event_worker.ts", import.meta.url), { type: "module" });
  worker.postMessage({ wakeFd: toWorker.fd, replyFd: fromWorker.fd });
  const poller = new Poller<null>();
  poller.watch(fromWorker.fd, POLLIN, null);
  // The worker says when it is about to block; only then is it woken.
  await new Promise<void>((resolve) => worker.onmessage = () => resolve());
  assert.equal(poller.wait(20), 0);
  toWorker.signal();
  assert.equal(poller.wait(2000), 1);
  assert.equal(fromWorker.drain(), true);
  assert.equal(toWorker.drain(), false, "the worker has drained its own");
  worker.terminate();
});

rootTest("TimerDescriptor is readable once its delay has passed, until drained", () => {
  using timer = openTimerDescriptor();
  const poller = new Poller<null>();
  poller.watch(timer.fd, POLLIN, null);
  timer.arm(60_000);
  assert.equal(timer.drain(), false);
  const from = performance.now();
  timer.arm(5.5);
  assert.equal(poller.wait(2000), 1);
  assert(performance.now() - from >= 5.5);
  assert.equal(timer.drain(), true);
  assert.equal(poller.wait(20), 0, "fires once");
  timer.arm(0);
  assert.equal(poller.wait(2000), 1, "a delay of zero fires at once");
  timer.arm(60_000);
  assert.equal(poller.wait(0), 0, "a new delay replaces the old one");
  timer.arm(1);
  timer.disarm();
  assert.equal(poller.wait(20), 0, "a disarmed timer does not fire");
});

rootTest(
  "A closed handle throws EBADF on use, and closing twice does not close somebody else's descriptor",
  () => {
    const uses: [Handle, () => unknown][] = [];
    const event = openEventDescriptor();
    const timer = openTimerDescriptor();
    uses.push([event, () => event.signal()], [event, () => event.drain()], [timer, () => timer.arm(1)], [
      timer,
      () => timer.drain(),
    ]);
    const fd = event.fd;
    event.close();
    using opened = new DisposableStack();
    let successor = opened.use(openEventDescriptor());
    // The kernel gives the lowest free number, which may be one that another thread has just given back.
    while (successor.fd < fd) successor = opened.use(openEventDescriptor());
    assert.equal(successor.fd, fd, "the number is given again");
    event.close();
    event[Symbol.dispose]();
    timer.close();
    successor.signal();
    assert.equal(successor.drain(), true);
    for (const [handle, use] of uses) {
      assert.equal(handle.closed, true);
      assert.throws(
        use,
        (error) =>
          error instanceof SystemError && error.code === "EBADF" && /it is closed/.test(error.message),
      );
    }
  },
);

rootTest("lastErrno() is the errno of the call before it", () => {
  assert.equal(libc().close(-1), -1);
  assert.equal(lastErrno(), 9);
  assert.equal(libc().socket(0, 0, 0), -1);
  assert.equal(lastErrno(), 97);
});
