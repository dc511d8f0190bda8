/**
 * The measuring programs (../native, in C because a garbage collector's pause would look like the network's): run
 * inside a namespace, their results typed.
 *
 * Shape: durations are nanoseconds.
 * Not here: what is measured with them (../*_bench.ts), the frames they exchange (../native/frames.c).
 *
 * @module
 */
import type { Namespace } from "../../lab/namespace.ts";
import { compiledOnce } from "../../lab/program/native.ts";
import type { Program } from "../../lab/program/program.ts";
import type { Cable } from "./wire.ts";

/** The path of the executable, for those who follow what a program prints while it runs. */
export const nativeExecutable: () => Promise<string> = compiledOnce(
  "bench",
  new URL("../native/", import.meta.url),
);

/** The answers to a number of requests. */
export interface Asked {
  readonly lost: number;
  readonly tookNs: readonly number[];
}

/** What came of keeping a responder busy. */
export interface Flooded {
  readonly answers: number;
  readonly lost: number;
  readonly tookNs: number;
}

/** What came of a rename: when an inotify reader knew, when the first gratuitous packet came, if any. */
export interface Reacted {
  readonly noticeNs: number;
  readonly packetNs: number | null;
}

/** Starts the C responder for these addresses of one family at the far end of a cable. */
export async function spawnResponder(cable: Cable, addresses: readonly string[]): Promise<Program> {
  return cable.far.spawn([await nativeExecutable(), "answer", cable.farInterface, ...addresses]);
}

/** The command of that responder, to be started by {@linkcode timeStart}. */
export async function responderCommand(cable: Cable, address: string): Promise<string[]> {
  return [await nativeExecutable(), "answer", cable.farInterface, address];
}

/** Asks who has `target`, one request at a time, each `gapUs` after the last answer. */
export async function ask(cable: Cable, target: string, count: number, gapUs: number): Promise<Asked> {
  return await measure(cable.near, ["ask", ...asking(cable, target), String(count), String(gapUs)]);
}

/** Asks who has `target` until somebody answers. */
export async function waitForAnswer(cable: Cable, target: string, withinMs = 20_000): Promise<void> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline;) {
    if ((await ask(cable, target, 1, 0)).lost === 0) return;
  }
  throw new Error(`Waited ${withinMs} ms in vain for an answer for ${target}`);
}

/** Keeps that many requests for `target` unanswered at any time. */
export async function flood(
  cable: Cable,
  target: string,
  outstanding: number,
  seconds: number,
): Promise<Flooded> {
  return await measure(cable.near, ["flood", ...asking(cable, target), String(outstanding), String(seconds)]);
}

/** Renames a file and measures what follows. */
export async function react(cable: Cable, target: string, from: string, to: string): Promise<Reacted> {
  return await measure(cable.near, ["react", cable.nearInterface, target, from, to]);
}

/** Starts a program at the far end and measures the time until it answers for `target`, in nanoseconds; then kills it. */
export async function timeStart(cable: Cable, target: string, command: readonly string[]): Promise<number> {
  const { tookNs } = await measure<{ tookNs: number }>(cable.near, [
    "start",
    ...asking(cable, target),
    ...["ip", "netns", "exec", cable.far.name],
    ...command,
  ]);
  return tookNs;
}

/** Measures the time a program takes from its start to its end, in nanoseconds. */
export async function timeExit(namespace: Namespace, command: readonly string[]): Promise<number> {
  const { tookNs } = await measure<{ tookNs: number }>(namespace, ["exit", ...command]);
  return tookNs;
}

function asking(cable: Cable, target: string): string[] {
  return [
    cable.nearInterface,
    target.includes(":") ? cable.nearAddresses.ipv6 : cable.nearAddresses.ipv4,
    target,
  ];
}

async function measure<Result>(namespace: Namespace, args: readonly string[]): Promise<Result> {
  return JSON.parse(await namespace.run([await nativeExecutable(), ...args])) as Result;
}
