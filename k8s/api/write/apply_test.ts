import assert from "node:assert/strict";
import { apply } from "./apply.ts";
import { Script } from "../scripted_fixture.ts";

const OBJECT = {
  apiVersion: "metallb.io/v1beta1",
  kind: "ConfigurationState",
  metadata: { name: "speaker-n1", namespace: "metallb-system" },
};
const OPTIONS = { resource: "configurationstates", fieldManager: "configReconciler" };

Deno.test("apply() patches the object in its owner's name, by force, and returns what stands", async () => {
  const script = new Script();
  const applied = apply(script.client, OBJECT, OPTIONS);
  const asked = await script.next();
  assert.equal(asked.method, "PATCH");
  assert.equal(
    asked.url.pathname,
    "/apis/metallb.io/v1beta1/namespaces/metallb-system/configurationstates/speaker-n1",
  );
  assert.deepEqual(Object.fromEntries(asked.url.searchParams), {
    fieldManager: "configReconciler",
    force: "true",
  });
  assert.deepEqual(asked.body, OBJECT);
  const standing = { ...OBJECT, metadata: { ...OBJECT.metadata, uid: "u" } };
  asked.answer(standing);
  assert.deepEqual(await applied, standing);
});

Deno.test("apply() reaches the status where it is served, and throws what the API server says no with", async () => {
  const script = new Script();
  const applied = apply(script.client, OBJECT, { ...OPTIONS, subresource: "status" });
  const asked = await script.next();
  assert.ok(asked.url.pathname.endsWith("/configurationstates/speaker-n1/status"));
  asked.answer({ reason: "Forbidden", message: "no" }, 403);
  await assert.rejects(applied, /no \(403\)/);
});
