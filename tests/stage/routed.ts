/**
 * Waits until a router says what it should: of a session, of a prefix, of its kernel.
 *
 * Shape: what was said last comes back, for the test to judge in full; the time is what a busy machine may take.
 *
 * @module
 */
import { kernelNextHops, type NextHop } from "../lab/routers/kernel_route.ts";
import type { BfdSession, Route, Router, Session } from "../lab/routers/router.ts";
import { until } from "./until.ts";

/** A session is up within a second or two; the routers themselves wait one before they try. */
export const PATIENCE_MS = 30_000;

/** The session, as soon as it is up. */
export function established(
  router: Router,
  neighbour: string,
  withinMs: number = PATIENCE_MS,
): Promise<Session> {
  return until(`${nameOf(router)} to have a session with ${neighbour}`, async () => {
    const session = await router.session(neighbour);
    return session?.state === "Established" ? session : null;
  }, withinMs);
}

/** The session, as soon as it is not up. */
export function down(
  router: Router,
  neighbour: string,
  withinMs: number = PATIENCE_MS,
): Promise<Session | "gone"> {
  return until(`${nameOf(router)} to have no session with ${neighbour}`, async () => {
    const session = await router.session(neighbour);
    return session?.state === "Established" ? null : session ?? "gone";
  }, withinMs);
}

/** The first path that matches, as soon as there is one. */
export function routed(
  router: Router,
  prefix: string,
  match: (route: Route) => boolean = () => true,
  withinMs: number = PATIENCE_MS,
): Promise<Route> {
  return until(
    `${nameOf(router)} to have ${prefix}`,
    async () => (await router.routes(prefix)).find(match) ?? null,
    withinMs,
  );
}

/** Waits until the router has no path to a prefix. */
export async function unrouted(
  router: Router,
  prefix: string,
  withinMs: number = PATIENCE_MS,
): Promise<void> {
  await until(
    `${nameOf(router)} to have ${prefix} no more`,
    async () => (await router.routes(prefix)).length === 0 ? true : null,
    withinMs,
  );
}

/** The kernel's next hops for a prefix, as soon as there are that many. */
export function forwarded(
  router: Router,
  prefix: string,
  count: number,
  withinMs: number = PATIENCE_MS,
): Promise<readonly NextHop[]> {
  return until(`the kernel of ${nameOf(router)} to have ${count} next hops for ${prefix}`, async () => {
    const hops = await kernelNextHops(router.host.namespace, prefix);
    return hops.length === count ? hops : null;
  }, withinMs);
}

/** The BFD session, as soon as it matches. */
export function bfdIs(
  router: Router,
  neighbour: string,
  match: (session: BfdSession) => boolean,
): Promise<BfdSession> {
  return until(`BFD of ${nameOf(router)} with ${neighbour}`, async () => {
    const session = await router.bfd(neighbour);
    return session !== null && match(session) ? session : null;
  }, PATIENCE_MS);
}

function nameOf({ kind, host }: Router): string {
  return `${kind} on ${host.name}`;
}
