/**
 * Moves the calling thread into a network namespace, so that the test's own `fetch` reaches what listens there.
 *
 * Source: setns(2), network_namespaces(7): it moves one thread; programs it starts begin where it is.
 * Shape: disposing what {@linkcode enter} returns moves the thread back.
 *
 * @module
 */
import type { Namespace } from "../namespace.ts";

const CLONE_NEWNET = 0x40000000;
const O_CLOEXEC = 0x80000;

/** See the module comment. */
export function enter(namespace: Namespace): Disposable {
  const libc = Deno.dlopen("libc.so.6", {
    // int setns(int fd, int nstype)
    setns: { parameters: ["i32", "i32"], result: "i32" },
    // int open(const char *path, int flags)
    open: { parameters: ["buffer", "i32"], result: "i32" },
    // int close(int fd)
    close: { parameters: ["i32"], result: "i32" },
  });
  const descriptorOf = (path: string): number =>
    libc.symbols.open(new TextEncoder().encode(`${path}\0`), O_CLOEXEC);
  const moveTo = (descriptor: number): void => {
    const result = libc.symbols.setns(descriptor, CLONE_NEWNET);
    libc.symbols.close(descriptor);
    if (result !== 0) throw new Error(`Cannot move to the namespace ${namespace.name} or back: run as root`);
  };
  const home = descriptorOf("/proc/thread-self/ns/net");
  moveTo(descriptorOf(`/run/netns/${namespace.name}`));
  return {
    [Symbol.dispose]: () => {
      moveTo(home);
      libc.close();
    },
  };
}
