/**
 * What the wire and a router's kernel show of the announced prefixes: the programs `routes`, `blast` and `hear` of
 * ../native, typed.
 *
 * Shape: instants are nanoseconds of the clock of ../setup/raw_clock.ts; null is what did not come.
 *
 * @module
 */
import type { Namespace } from "../../lab/namespace.ts";
import type { Host } from "../../lab/network/host.ts";
import type { Program } from "../../lab/program/program.ts";
import { nativeExecutable } from "../setup/native.ts";

type Instant = number | null;

/** See ../native/routes.c. */
export interface Observed {
  readonly updates: number;
  readonly octets: number;
  readonly gaps: number;
  readonly inKernel: number;
  readonly syn: Instant;
  readonly announcerKeepalive: Instant;
  readonly routerKeepalive: Instant;
  /** Of each prefix, or of the first and the last that came. */
  readonly wire: readonly Instant[];
  readonly kernel: readonly Instant[];
  /** When another process had read of each file moved into the folder. */
  readonly moved: readonly number[];
}

/** What to wait for. */
export interface Expectation {
  readonly announcer: Host;
  readonly router: Host;
  readonly count: number;
  readonly change: "announce" | "withdraw";
  /** Instants of each prefix instead of the first and the last. */
  readonly each?: boolean;
  /** Also notes what is moved into this folder. */
  readonly folder?: string;
}

/** LIMIT: seconds until the programs give up. */
const PATIENCE_SECONDS = 300;

/** A measuring program that says when it is ready, and its result when it ends. */
export interface Measuring<Result> extends AsyncDisposable {
  readonly program: Program;
  readonly result: Promise<Result>;
}

/** Watches until the last prefix is where it should be. Resolves as soon as nothing can be missed. */
export async function observe(expected: Expectation): Promise<Measuring<Observed>> {
  const { announcer, router, count, change, each = false, folder } = expected;
  const ends = each ? "each" : "ends";
  return await start<Observed>(router.namespace, [
    ...["routes", "eth0", announcer.ipv4, `${count}`, change, `${PATIENCE_SECONDS}`, ends],
    ...folder === undefined ? [] : [folder],
  ]);
}

/** Starts the speaker that is nothing but octets; SIGUSR2 makes it withdraw everything. */
export async function blast(from: Host, router: Host, asn: number, count: number): Promise<Program> {
  const { program } = await start(from.namespace, [
    ...["blast", from.ipv4, router.ipv4, `${asn}`, `${count}`],
  ]);
  return program;
}

/** Notes the last BFD packet that comes from a peer, and when prefixes left the kernel; SIGTERM ends it. */
export function hear(on: Host, peer: Host): Promise<Measuring<{ heard: Instant; lost: Instant }>> {
  return start(on.namespace, ["hear", "eth0", peer.ipv4]);
}

async function start<Result>(namespace: Namespace, args: readonly string[]): Promise<Measuring<Result>> {
  const ready = Promise.withResolvers<void>();
  let last = "";
  const program = namespace.spawn([await nativeExecutable(), ...args], {
    onLine: (line) => {
      last = line;
      ready.resolve();
    },
  });
  const result = program.ending.then(({ code, stderr }): Result => {
    if (code !== 0) throw new Error(`bench ${args.join(" ")} ended with code ${code}: ${stderr}`);
    return JSON.parse(last) as Result;
  });
  result.catch(ready.reject);
  await ready.promise;
  return { program, result, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}
