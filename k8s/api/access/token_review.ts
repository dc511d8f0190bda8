/**
 * Asks the API server who a bearer token is, and whether they may ask for a path: a request to us is judged by the cluster.
 *
 * Source: authentication.k8s.io/v1 TokenReview, authorization.k8s.io/v1 SubjectAccessReview; the times for which an answer
 * counts are those of MetalLB's library: a minute for who it is, five for yes, half of one for no.
 * Shape: {@linkcode AccessReviews.review} in, {@linkcode Access} out; throws when the API server cannot be asked. No token is
 * kept, only its SHA-256.
 *
 * @module
 */
import type { ApiClient } from "../client.ts";

const KNOWN_FOR_MS = 60_000;
const ALLOWED_FOR_MS = 5 * 60_000;
const DENIED_FOR_MS = 30_000;
/** LIMIT: answers that are kept of each kind; scrapers are few. */
const KEPT = 256;
/** LIMIT: tokens asked about at the same time: whoever makes some up must not keep the API server busy with it. */
const AT_ONCE = 8;
const LIMITS = { withinMs: 10_000 };

/** What becomes of a request. */
export type Access =
  | { readonly type: "Allowed" }
  | { readonly type: "Unknown" }
  | { readonly type: "Denied"; readonly user: string };

/** As TokenReview tells of a user, and SubjectAccessReview is told. */
interface User {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: unknown;
}

interface TokenReview {
  readonly status?: { readonly authenticated?: boolean; readonly user?: User };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean };
}

/** See the module comment. */
export class AccessReviews {
  readonly #client: Pick<ApiClient, "create">;
  readonly #users: Kept<User | null>;
  readonly #verdicts: Kept<boolean>;
  #underWay = 0;

  /** `nowMs` is a monotonic clock. */
  constructor(client: Pick<ApiClient, "create">, nowMs: () => number = () => performance.now()) {
    this.#client = client;
    this.#users = new Kept(nowMs);
    this.#verdicts = new Kept(nowMs);
  }

  /** Judges a request for a path that is no resource; the verb is that of HTTP in lower case. */
  async review(token: string, path: string, verb: string): Promise<Access> {
    const user = await this.#userOf(token);
    if (user === null) return { type: "Unknown" };
    return await this.#mayAsk(user, path, verb)
      ? { type: "Allowed" }
      : { type: "Denied", user: user.username ?? "" };
  }

  async #userOf(token: string): Promise<User | null> {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    const key = new Uint8Array(digest).toHex();
    const known = this.#users.get(key);
    if (known !== undefined) return known;
    const { status } = await this.#ask<TokenReview>("authentication", "TokenReview", { token });
    const user = status?.authenticated === true ? status.user ?? {} : null;
    this.#users.keep(key, user, KNOWN_FOR_MS);
    return user;
  }

  async #mayAsk(user: User, path: string, verb: string): Promise<boolean> {
    const spec = {
      user: user.username,
      uid: user.uid,
      groups: user.groups,
      extra: user.extra,
      nonResourceAttributes: { path, verb },
    };
    const key = JSON.stringify(spec);
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const { status } = await this.#ask<SubjectAccessReview>("authorization", "SubjectAccessReview", spec);
    const isAllowed = status?.allowed === true;
    this.#verdicts.keep(key, isAllowed, isAllowed ? ALLOWED_FOR_MS : DENIED_FOR_MS);
    return isAllowed;
  }

  async #ask<Review>(group: string, kind: string, spec: unknown): Promise<Review> {
    if (this.#underWay >= AT_ONCE) throw new Error(`Waiting for ${AT_ONCE} reviews already`);
    this.#underWay++;
    try {
      const apiVersion = `${group}.k8s.io/v1`;
      const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`;
      return await this.#client.create<Review>(path, { apiVersion, kind, spec }, LIMITS);
    } finally {
      this.#underWay--;
    }
  }
}

/** Answers that count for a time; of too many the oldest go. */
class Kept<Answer> {
  readonly #nowMs: () => number;
  readonly #answers = new Map<string, { readonly answer: Answer; readonly untilMs: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get(key: string): Answer | undefined {
    const kept = this.#answers.get(key);
    return kept !== undefined && this.#nowMs() < kept.untilMs ? kept.answer : undefined;
  }

  keep(key: string, answer: Answer, forMs: number): void {
    this.#answers.delete(key);
    this.#answers.set(key, { answer, untilMs: this.#nowMs() + forMs });
    if (this.#answers.size <= KEPT) return;
    for (const oldest of this.#answers.keys()) return void this.#answers.delete(oldest);
  }
}
