/**
 * The webhooks' certificate in a cluster: what is kept in its Secret, and whom the API server is told to trust.
 *
 * @module
 */
import type { KeptCertificate } from "../../../agent/runtime/webhooks/kept_certificate.ts";
import { makeAuthority, makeServingCertificate } from "../../../agent/runtime/tls/self_signed.ts";
import { type Cluster, SYSTEM } from "../../lab/apiserver/cluster.ts";
import { until } from "../../stage/until.ts";
import { PATIENCE_MS } from "../stage.ts";
import { SECRET, SERVER_NAME } from "./stage.ts";

export const HOUR_MS = 3_600_000;

/** The Secret's contents, decoded; empty when there are none. */
export async function kept(cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const { data = {} } = await cluster.get<{ readonly data?: Record<string, string> }>(
    "secret",
    `${SYSTEM}/${SECRET}`,
  );
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, atob(value)]));
}

/** The authorities that the API server is told of, each once. */
export async function authorities(cluster: Cluster): Promise<readonly string[]> {
  const { webhooks } = await cluster.get<
    { readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[] }
  >("validatingwebhookconfiguration", "metallb-webhook-configuration");
  const { spec } = await cluster.get<
    {
      readonly spec: {
        readonly conversion: { readonly webhook: { readonly clientConfig: { caBundle?: string } } };
      };
    }
  >("crd", "bgppeers.metallb.io");
  const all = [...webhooks, spec.conversion.webhook].map(({ clientConfig }) =>
    atob(clientConfig.caBundle ?? "")
  );
  return [...new Set(all)];
}

/** Waits until this authority, and no other, is named to the API server. */
export async function trusted(cluster: Cluster, authority: string): Promise<void> {
  await until("the authority to be named", async () => {
    const named = await authorities(cluster);
    return named.length === 1 && named[0] === authority ? true : null;
  }, PATIENCE_MS);
}

/** Puts a certificate into the Secret, whatever stands there. */
export async function keep(cluster: Cluster, data: Readonly<Record<string, string>>): Promise<void> {
  await cluster.kubectl([
    "patch",
    "secret",
    SECRET,
    "-n",
    SYSTEM,
    "--type=merge",
    "-p",
    JSON.stringify({ data }),
  ]);
}

/** A certificate as they are made, whose server part was valid until so long ago. */
export async function expiredSince(ms: number): Promise<KeptCertificate> {
  const now = Date.now();
  const authority = await makeAuthority({
    commonName: "cert",
    organization: "metallb",
    notBefore: new Date(now - 1000 * HOUR_MS),
    notAfter: new Date(now + 10_000 * HOUR_MS),
  });
  const serving = await makeServingCertificate(authority, {
    names: [SERVER_NAME],
    notBefore: new Date(now - 1000 * HOUR_MS),
    notAfter: new Date(now - ms),
  });
  return { authority, serving };
}
