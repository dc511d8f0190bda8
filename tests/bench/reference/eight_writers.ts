/**
 * The floor for whoever writes Services' statuses: eight connections, a patch at a time on each, addresses counted up.
 *
 *     eight_writers.ts SERVER AUTHORITY CERTIFICATE KEY COUNT      files in PEM; Services s0, s1, ... of namespace "shop"
 *
 * Shape: reads nothing and decides nothing; ends after the last answer.
 *
 * @module
 */
const [server, authority, certificate, key, count] = Deno.args;
const CONNECTIONS = 8;
const pem = {
  caCerts: [Deno.readTextFileSync(authority!)],
  cert: Deno.readTextFileSync(certificate!),
  key: Deno.readTextFileSync(key!),
};
const headers = { "content-type": "application/merge-patch+json" };

let next = 0;
await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
  using client = Deno.createHttpClient({ ...pem, http2: false, poolMaxIdlePerHost: 1 });
  while (next < Number(count)) {
    const i = next++;
    const ip = `10.100.${i >> 8}.${i & 255}`;
    const body = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } } });
    const url = `${server}/api/v1/namespaces/shop/services/s${i}/status`;
    const response = await fetch(url, { method: "PATCH", headers, body, client });
    const text = await response.text();
    if (!response.ok) throw new Error(`s${i}: ${text}`);
  }
}));
