import assert from "node:assert/strict";
import type { Secret } from "../types/core.ts";
import type { BGPPeer } from "../types/metallb.ts";
import { type FileReading, readManifest } from "./reading.ts";

const read = (value: unknown, before: FileReading | null = null): FileReading =>
  readManifest("a.json", JSON.stringify(value), before);
const peer = (spec: unknown, apiVersion = "metallb.io/v1beta2"): unknown => ({
  apiVersion,
  kind: "BGPPeer",
  metadata: {
    name: "p",
    namespace: "m",
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "hunter2", kept: "yes" },
  },
  spec,
});
const secret = (fields: object): unknown => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s", namespace: "m" },
  type: "kubernetes.io/basic-auth",
  ...fields,
});
const textIn = (value: { reveal(): Uint8Array } | undefined): string =>
  new TextDecoder().decode(value?.reveal());

Deno.test("readManifest() wraps the password of a BGPPeer, and keeps no other copy of it", () => {
  const { objects, errors } = read(
    peer({ myASN: 1, peerASN: 2, peerAddress: "10.0.0.1", password: "hunter2" }),
  );
  assert.deepEqual(errors, []);
  const object = objects[0]?.object as BGPPeer;
  assert.equal(textIn(object.spec.password), "hunter2");
  assert.ok(!JSON.stringify(object).includes("hunter2"));
  assert.deepEqual(object.metadata.annotations, { kept: "yes" });
});

Deno.test("readManifest() takes an empty password of a BGPPeer for none", () => {
  const { objects } = read(peer({ myASN: 1, peerASN: 2, peerAddress: "10.0.0.1", password: "" }));
  assert.ok(!("password" in (objects[0]?.object as BGPPeer).spec));
});

Deno.test("readManifest() converts a BGPPeer of v1beta1, timers always written", () => {
  const fields = { myASN: 1, peerASN: 2, peerAddress: "10.0.0.1", ebgpMultiHop: true };
  const { objects } = read(peer({ ...fields, password: "hunter2" }, "metallb.io/v1beta1"));
  const { apiVersion, spec } = objects[0]?.object as BGPPeer;
  assert.equal(apiVersion, "metallb.io/v1beta2");
  const { password, ...rest } = spec;
  assert.equal(textIn(password), "hunter2");
  assert.deepEqual(rest, { ...fields, holdTime: "0s", keepaliveTime: "0s" });
  const timed = read(peer({ ...fields, holdTime: "180s", keepaliveTime: "1s" }, "metallb.io/v1beta1"));
  const { holdTime, keepaliveTime } = (timed.objects[0]?.object as BGPPeer).spec;
  assert.deepEqual([holdTime, keepaliveTime], ["180s", "1s"]);
});

Deno.test("readManifest() refuses of v1beta1 what that version has not got", () => {
  const { errors } = read(peer({ myASN: 1, peerASN: 2 }, "metallb.io/v1beta1"));
  assert.deepEqual(errors.map((it) => it.field), ["spec.peerAddress"]);
});

Deno.test("readManifest() decodes the data of a Secret and lets stringData win", () => {
  const { objects } = read(secret({
    data: { password: btoa("old"), username: btoa("me") },
    stringData: { password: "new" },
  }));
  const { data } = objects[0]?.object as Secret;
  assert.deepEqual([textIn(data?.["password"]), textIn(data?.["username"])], ["new", "me"]);
  assert.ok(!("stringData" in (objects[0]?.object as object)));
});

Deno.test("readManifest() keeps nothing of a Secret of another type", () => {
  const { objects } = read(secret({ type: "Opaque", stringData: { password: "hunter2" } }));
  assert.deepEqual((objects[0]?.object as Secret).data, {});
});

Deno.test("readManifest() notices that a password changed, and only then", () => {
  const before = read(secret({ stringData: { password: "one" } }));
  const same = read(secret({ data: { password: btoa("one") } }), before);
  assert.equal(same.objects[0]?.object, before.objects[0]?.object);
  const other = read(secret({ stringData: { password: "two" } }), before);
  assert.notEqual(other.objects[0]?.object, before.objects[0]?.object);
});

const UNREADABLE: Readonly<Record<string, unknown>> = {
  "a password that is a number": peer({ myASN: 1, peerASN: 2, peerAddress: "10.0.0.1", password: 13371337 }),
  "a Secret whose data is a string": secret({ data: "13371337" }),
  "a Secret whose value is a number": secret({ stringData: { password: 13371337 } }),
  "a Secret whose data is not base64": secret({ data: { password: "13371337=" } }),
};

for (const [what, value] of Object.entries(UNREADABLE)) {
  Deno.test(`readManifest() refuses ${what} without showing it`, () => {
    const { errors } = read(value);
    assert.equal(errors.length, 1);
    assert.ok(!JSON.stringify(errors).includes("1337"), JSON.stringify(errors));
  });
}

Deno.test("readManifest() quotes nothing of a broken text that may hold a password", () => {
  const { errors } = readManifest("a.json", '{"kind": "Secret", "data": hunter2}', null);
  assert.equal(errors.length, 1);
  assert.ok(!JSON.stringify(errors).includes("hunter2"), JSON.stringify(errors));
});
