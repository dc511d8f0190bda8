/**
 * Blocks until its event descriptor is signalled, then signals another one; started by descriptor_test.ts.
 *
 * @module
 */
import { drainEvent, signalEvent } from "../../../ffi/event_descriptor.ts";
import { Poller, POLLIN } from "../../../ffi/poller.ts";

interface Descriptors {
  readonly wakeFd: number;
  readonly replyFd: number;
}

interface Thread {
  onmessage: ((message: MessageEvent<Descriptors>) => void) | null;
  postMessage(message: string): void;
}

const thread = globalThis as unknown as Thread;

thread.onmessage = ({ data: { wakeFd, replyFd } }) => {
  const poller = new Poller<null>();
  poller.watch(wakeFd, POLLIN, null);
  thread.postMessage("blocking");
  if (poller.wait(5000) === 1 && drainEvent(wakeFd)) signalEvent(replyFd);
};
