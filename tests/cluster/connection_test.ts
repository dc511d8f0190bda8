/**
 * The way to a real API server: who we say we are, in every form a kubeconfig has, and a connection that has gone silent.
 *
 * Not here: a Pod's own account (controller_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { ApiClient } from "../../k8s/api/client.ts";
import { openCredentials } from "../../k8s/api/access/credentials.ts";
import { SERVED_KINDS } from "../../k8s/api/kinds.ts";
import { Reflector } from "../../k8s/api/follow/reflector.ts";
import { Store } from "../../k8s/api/follow/store.ts";
import { Transport } from "../../k8s/api/access/transport.ts";
import { Cluster, SYSTEM } from "../lab/apiserver/cluster.ts";
import { enter } from "../lab/apiserver/enter.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import { Lab } from "../lab/lab.ts";
import { TokenIssuer } from "./token_issuer.ts";

const WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

interface Review {
  readonly status: { readonly userInfo: { readonly username: string } };
}

/** Who the API server takes the bearer of this kubeconfig for. */
async function whoIs(client: ApiClient): Promise<string> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  return (await client.create<Review>(WHOAMI, review)).status.userInfo.username;
}

function clientOf(kubeconfig: string): ApiClient {
  return new ApiClient(new Transport(openCredentials(kubeconfig)));
}

clusterTest("The API server knows us by whatever a kubeconfig says", async (t) => {
  await using lab = await Lab.open({ nodes: 0 });
  using _inside = enter(lab.control);
  await using issuer = await TokenIssuer.open(`${lab.folder}/issuer`);
  await using cluster = await Cluster.open(lab, {
    apiServerFlags: [
      `--oidc-issuer-url=${issuer.url}`,
      `--oidc-client-id=${issuer.clientId}`,
      `--oidc-ca-file=${issuer.authority}`,
      "--oidc-username-prefix=oidc:",
    ],
  });
  const { credentials, server } = cluster;
  await cluster.serviceAccount("robot", []);
  const tokenOf = (): Promise<string> => cluster.tokenOf("robot");
  const robot = `system:serviceaccount:${SYSTEM}:robot`;

  await t.step("a client certificate", async () => {
    using client = clientOf(cluster.adminKubeconfig);
    assert.equal(await whoIs(client), "admin");
  });

  await t.step("a token in a file, that is rotated", async () => {
    const tokenFile = `${credentials.folder}/robot.token`;
    await Deno.writeTextFile(tokenFile, await tokenOf());
    const proof = openCredentials(await credentials.kubeconfig("rotated", server, { tokenFile }));
    using client = new ApiClient(new Transport(proof));
    assert.equal(await whoIs(client), robot);
    await Deno.writeTextFile(tokenFile, "expired");
    proof.forget();
    await assert.rejects(whoIs(client), /401/);
    // A token that is not accepted is read again before its time.
    await Deno.writeTextFile(tokenFile, await tokenOf());
    assert.equal(await whoIs(client), robot);
  });

  await t.step("an exec plugin", async () => {
    const status = { token: await tokenOf() };
    const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
    const kubeconfig = await credentials.kubeconfig("plugin", server, {
      exec: {
        apiVersion: credential.apiVersion,
        command: "echo",
        args: [JSON.stringify(credential)],
        interactiveMode: "Never",
      },
    });
    using client = clientOf(kubeconfig);
    assert.equal(await whoIs(client), robot);
  });

  await t.step("OpenID Connect, whose token has run out and is refreshed", async () => {
    const kubeconfig = await credentials.kubeconfig("oidc", server, {
      "auth-provider": {
        name: "oidc",
        config: {
          "idp-issuer-url": issuer.url,
          "idp-certificate-authority": issuer.authority,
          "client-id": issuer.clientId,
          "id-token": await issuer.token("alice", -60),
          "refresh-token": issuer.refreshToken,
        },
      },
    });
    using client = clientOf(kubeconfig);
    assert.equal(await whoIs(client), "oidc:alice");
    assert.equal(issuer.refreshes, 1);
  });
});

clusterTest("A connection that has gone silent is left, and the watch goes on where it was", async () => {
  await using lab = await Lab.open({ nodes: 0 });
  await using cluster = await Cluster.open(lab);
  using client = clientOf(cluster.adminKubeconfig);
  const store = new Store(SERVED_KINDS.get("namespaces")!);
  const faults: string[] = [];
  const [listed, silent, mended] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  await using _reflector = new Reflector({
    client,
    path: "/api/v1/namespaces",
    selection: {},
    store,
    silentMs: 1_500,
    onNews: () => {
      listed!.resolve();
      if (store.objects.has("after")) mended!.resolve();
    },
    onFault: (error) => {
      faults.push(error.message);
      if (faults.length === 2) silent!.resolve();
    },
    onMended: () => {},
  });
  await listed!.promise;
  // Frozen, it keeps its connections and takes new ones, and answers on none.
  cluster.plane.apiServer.signal("SIGSTOP");
  await silent!.promise;
  cluster.plane.apiServer.signal("SIGCONT");
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "after" } });
  await mended!.promise;
  assert.match(faults[0]!, /Nothing came from the API server/);
});
