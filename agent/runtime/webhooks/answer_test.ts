import assert from "node:assert/strict";
import type { RequestOptions } from "../../../k8s/api/client.ts";
import { answerWebhook } from "./answer.ts";

const NAMESPACE = "metallb-system";
const POOLS = "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools";

/** An API server with these lists, and what it was asked. */
function clusterWith(lists: Readonly<Record<string, readonly unknown[]>>): {
  readonly client: { get<T>(path: string, options?: RequestOptions): Promise<T> };
  readonly asked: Map<string, RequestOptions>;
} {
  const asked = new Map<string, RequestOptions>();
  return {
    asked,
    client: {
      get: <T>(path: string, options: RequestOptions = {}) => {
        asked.set(path, options);
        return Promise.resolve({ items: lists[path] ?? [] } as T);
      },
    },
  };
}

function pool(name: string, addresses: unknown, namespace: string = NAMESPACE): Record<string, unknown> {
  return {
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name, namespace, resourceVersion: "7", managedFields: [{}] },
    spec: { addresses },
  };
}

const BASE = "https://webhook";
const PATH = `${BASE}/validate-metallb-io-v1beta1-ipaddresspool`;

async function ask(
  request: Record<string, unknown>,
  lists: Readonly<Record<string, readonly unknown[]>> = {},
): Promise<Record<string, unknown>> {
  const body = JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { uid: "u1", ...request },
  });
  const { client } = clusterWith(lists);
  const response = await answerWebhook(new Request(PATH, { method: "POST", body }), client, NAMESPACE);
  const review = await response.json();
  assert.equal(review.apiVersion, "admission.k8s.io/v1");
  assert.equal(review.kind, "AdmissionReview");
  assert.equal(review.response.uid, "u1");
  return review.response;
}

Deno.test("admission: what is valid is allowed with code 200", async () => {
  assert.deepEqual(await ask({ operation: "CREATE", object: pool("a", ["10.0.0.0/24"]), oldObject: null }), {
    uid: "u1",
    allowed: true,
    status: { code: 200 },
  });
});

Deno.test("admission: what is not is refused with code 403, object and field", async () => {
  const { allowed, status } = await ask({ operation: "CREATE", object: pool("a", ["10.0.0.0/33"]) });
  assert.equal(allowed, false);
  const { code, message } = status as { readonly code: number; readonly message: string };
  assert.equal(code, 403);
  assert.match(message, /^IPAddressPool\/metallb-system\/a: spec\.addresses\[0\]: /);
});

Deno.test("admission: an object that cannot be read is refused with code 400, whatever is wrong with it", async () => {
  const broken = [null, 7, {}, pool("a", "10.0.0.0/24"), { ...pool("a", []), kind: "Service" }, {
    ...pool("a", []),
    apiVersion: "metallb.io/v1",
  }, { ...pool("a", []), metadata: {} }];
  for (const object of broken) {
    const { allowed, status } = await ask({ operation: "CREATE", object });
    assert.deepEqual(
      [allowed, (status as { readonly code: number }).code],
      [false, 400],
      JSON.stringify(object),
    );
  }
});

Deno.test("admission: held against what there is; an update and a deletion know what they are about", async () => {
  const lists = { [POOLS]: [pool("a", ["10.0.0.0/24"])] };
  const create = await ask({ operation: "CREATE", object: pool("b", ["10.0.0.0/25"]) }, lists);
  assert.equal(create["allowed"], false);
  const update = await ask({
    operation: "UPDATE",
    object: pool("a", ["10.0.0.0/25"]),
    oldObject: pool("a", ["10.0.0.0/24"]),
  }, lists);
  assert.equal(update["allowed"], true);
  const mended = await ask({
    operation: "UPDATE",
    object: pool("a", ["10.0.0.0/25"]),
    oldObject: pool("a", 7),
  });
  assert.equal(mended["allowed"], true);
  const removed = await ask(
    { operation: "DELETE", object: null, oldObject: pool("a", ["10.0.0.0/25"]) },
    lists,
  );
  assert.equal(removed["allowed"], true);
});

Deno.test("admission: warnings are passed on", async () => {
  const object = {
    apiVersion: "metallb.io/v1beta2",
    kind: "BGPPeer",
    metadata: { name: "tor", namespace: NAMESPACE },
    spec: { myASN: 1, peerASN: 2, peerAddress: "10.0.0.1", disableMP: true },
  };
  const { allowed, warnings } = await ask({ operation: "CREATE", object });
  assert.deepEqual([allowed, (warnings as readonly string[]).length], [true, 1]);
});

Deno.test("admission: all there is is asked for anew, of Nodes and Namespaces only what is cached", async () => {
  const { client, asked } = clusterWith({});
  const body = JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { uid: "u", operation: "CREATE", object: pool("a", ["10.0.0.0/24"]) },
  });
  await answerWebhook(new Request(PATH, { method: "POST", body }), client, NAMESPACE);
  assert.deepEqual(
    [...asked.keys()].sort(),
    [
      "/api/v1/namespaces",
      "/api/v1/nodes",
      ...["bfdprofiles", "bgpadvertisements"].map((it) => POOLS.replace("ipaddresspools", it)),
      "/apis/metallb.io/v1beta2/namespaces/metallb-system/bgppeers",
      ...["communities", "ipaddresspools", "l2advertisements"].map((it) =>
        POOLS.replace("ipaddresspools", it)
      ),
    ].sort(),
  );
  assert.deepEqual(asked.get(POOLS)?.query, undefined);
  assert.deepEqual(asked.get("/api/v1/nodes")?.query, { resourceVersion: "0" });
});

Deno.test("admission: rejects when the API server does not say what there is", async () => {
  const client = { get: () => Promise.reject(new Error("forbidden")) };
  const body = JSON.stringify({
    kind: "AdmissionReview",
    request: { uid: "u", operation: "CREATE", object: pool("a", []) },
  });
  await assert.rejects(
    answerWebhook(new Request(PATH, { method: "POST", body }), client, NAMESPACE),
    /forbidden/,
  );
});

Deno.test("webhooks: what is no review, no POST or no path of theirs is told so", async () => {
  const { client } = clusterWith({});
  const status = async (path: string, init: RequestInit): Promise<number> => {
    return (await answerWebhook(new Request(`${BASE}${path}`, init), client, NAMESPACE)).status;
  };
  const reviews = [
    "",
    "{",
    "7",
    "{}",
    '{"kind":"AdmissionReview"}',
    '{"kind":"AdmissionReview","request":{"uid":1}}',
  ];
  for (const path of ["/validate-metallb-io-v1beta2-bgppeer", "/convert"]) {
    for (const body of reviews) assert.equal(await status(path, { method: "POST", body }), 400, body);
    assert.equal(await status(path, { method: "GET" }), 405);
  }
  for (const path of ["/", "/validate-metallb-io-v1beta1-service", "/convert/more"]) {
    assert.equal(await status(path, { method: "POST", body: "{}" }), 404, path);
  }
});

Deno.test("conversion: objects come back in order, in the version and under the version of the question", async () => {
  const peer = (name: string, version: string) => ({
    apiVersion: `metallb.io/${version}`,
    kind: "BGPPeer",
    metadata: { name },
    spec: { myASN: 1, peerASN: 2, peerAddress: "10.0.0.1", holdTime: "90s", keepaliveTime: "30s" },
  });
  const { client } = clusterWith({});
  const convert = async (apiVersion: string, desiredAPIVersion: string, objects: readonly unknown[]) => {
    const body = JSON.stringify({
      apiVersion,
      kind: "ConversionReview",
      request: { uid: "u2", desiredAPIVersion, objects },
    });
    const response = await answerWebhook(
      new Request(`${BASE}/convert`, { method: "POST", body }),
      client,
      NAMESPACE,
    );
    return await response.json();
  };
  for (const apiVersion of ["apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1"]) {
    assert.deepEqual(
      await convert(apiVersion, "metallb.io/v1beta2", [peer("b", "v1beta1"), peer("a", "v1beta2")]),
      {
        apiVersion,
        kind: "ConversionReview",
        response: {
          uid: "u2",
          result: { status: "Success" },
          convertedObjects: [peer("b", "v1beta2"), peer("a", "v1beta2")],
        },
      },
    );
  }
  const foreign = [{ ...peer("a", "v1beta1"), kind: "Service" }, 7, {
    ...peer("a", "v1beta1"),
    metadata: null,
  }];
  for (const object of foreign) {
    const { response } = await convert("apiextensions.k8s.io/v1", "metallb.io/v1beta2", [object]);
    assert.deepEqual([response.result.status, response.convertedObjects], ["Failure", []]);
  }
  const { response } = await convert("apiextensions.k8s.io/v1", "metallb.io/v1", [peer("a", "v1beta1")]);
  assert.equal(response.result.status, "Failure");
});
