import assert from "node:assert/strict";
import { Script } from "../scripted_fixture.ts";
import { AccessReviews } from "./token_review.ts";

const USER = {
  username: "system:serviceaccount:monitoring:prometheus",
  uid: "u",
  groups: ["g"],
  extra: { a: ["b"] },
};

/** Reviews by a scripted API server, at a time of one's own choosing. */
class Fixture {
  readonly script = new Script();
  nowMs = 0;
  readonly reviews = new AccessReviews(this.script.client, () => this.nowMs);

  /** The next review, answered. */
  async answer(path: string, spec: object, status: object): Promise<void> {
    const asked = await this.script.next();
    assert.equal(`${asked.method} ${asked.url.pathname}`, `POST /apis/${path}`);
    assert.deepEqual((asked.body as { spec: unknown }).spec, spec);
    asked.answer({ status });
  }

  async answerToken(token: string, status: object): Promise<void> {
    await this.answer("authentication.k8s.io/v1/tokenreviews", { token }, status);
  }

  async answerAccess(isAllowed: boolean): Promise<void> {
    const { username: user, ...rest } = USER;
    await this.answer(
      "authorization.k8s.io/v1/subjectaccessreviews",
      { user, ...rest, nonResourceAttributes: { path: "/metrics", verb: "get" } },
      { allowed: isAllowed },
    );
  }
}

Deno.test("review() asks who it is, then whether they may, and asks neither again while the answers count", async () => {
  const it = new Fixture();
  const first = it.reviews.review("t", "/metrics", "get");
  await it.answerToken("t", { authenticated: true, user: USER });
  await it.answerAccess(true);
  assert.deepEqual(await first, { type: "Allowed" });
  assert.deepEqual(await it.reviews.review("t", "/metrics", "get"), { type: "Allowed" });

  it.nowMs = 60_000;
  const again = it.reviews.review("t", "/metrics", "get");
  await it.answerToken("t", { authenticated: true, user: USER });
  assert.deepEqual(await again, { type: "Allowed" });

  it.nowMs = 300_000;
  const late = it.reviews.review("t", "/metrics", "get");
  await it.answerToken("t", { authenticated: true, user: USER });
  await it.answerAccess(false);
  assert.deepEqual(await late, { type: "Denied", user: USER.username });
});

Deno.test("review() asks again half a minute after a no", async () => {
  const it = new Fixture();
  const first = it.reviews.review("t", "/metrics", "get");
  await it.answerToken("t", { authenticated: true, user: USER });
  await it.answerAccess(false);
  assert.equal((await first).type, "Denied");
  it.nowMs = 29_999;
  assert.equal((await it.reviews.review("t", "/metrics", "get")).type, "Denied");
  it.nowMs = 30_000;
  const again = it.reviews.review("t", "/metrics", "get");
  await it.answerAccess(true);
  assert.equal((await again).type, "Allowed");
});

Deno.test("review() does not ask what an unknown user may do", async () => {
  const it = new Fixture();
  const first = it.reviews.review("made up", "/metrics", "get");
  await it.answerToken("made up", { authenticated: false, error: "no" });
  assert.deepEqual(await first, { type: "Unknown" });
  assert.deepEqual(await it.reviews.review("made up", "/metrics", "get"), { type: "Unknown" });
});

Deno.test("review() throws what the API server refused, and keeps no answer of it", async () => {
  const it = new Fixture();
  for (let attempt = 0; attempt < 2; attempt++) {
    const failing = it.reviews.review("t", "/metrics", "get");
    (await it.script.next()).answer({ message: "tokenreviews is forbidden" }, 403);
    await assert.rejects(failing, /forbidden/);
  }
});

Deno.test("review() turns away whoever asks about too many tokens at once", async () => {
  const it = new Fixture();
  const waiting = Array.from({ length: 8 }, (_, i) => it.reviews.review(`t${i}`, "/metrics", "get"));
  const asked = await Promise.all(waiting.map(() => it.script.next()));
  await assert.rejects(it.reviews.review("t8", "/metrics", "get"), /8 reviews/);
  for (const one of asked) one.answer({ status: {} });
  for (const one of waiting) assert.equal((await one).type, "Unknown");
});
