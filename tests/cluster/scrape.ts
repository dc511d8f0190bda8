/**
 * A scraper of metrics, for tests: asks as Prometheus does, trusting any certificate, and reads values.
 *
 * Source: Prometheus exposition format; deploy/manifests/components/monitoring for the account that may.
 *
 * @module
 */
import { request } from "node:https";
import { parseAllDocuments } from "yaml";
import monitors from "../../deploy/manifests/components/monitoring/monitors.yaml" with { type: "text" };
import type { KubernetesObject } from "../../k8s/types/meta.ts";
import type { Cluster } from "../lab/apiserver/cluster.ts";
import { until } from "../stage/until.ts";

/** What a server answered. */
export interface Scraped {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** GET /metrics, or another path, with this token or none; rejects when nobody listens. */
export function scrape(address: string, token: string | null, path = "/metrics"): Promise<Scraped> {
  const { promise, resolve, reject } = Promise.withResolvers<Scraped>();
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const asked = request(`https://${address}${path}`, { headers, rejectUnauthorized: false, agent: false });
  asked.on("error", reject).on("response", (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (piece: string) => text += piece).on("end", () => {
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers["content-type"] ?? "",
        text,
      });
    });
  });
  asked.end();
  return promise;
}

/** The account whose token the shipped monitors show, with the rights they are given; returns a token. */
export async function metricsReader(cluster: Cluster): Promise<string> {
  const objects = parseAllDocuments(monitors).map((document) => document.toJS() as KubernetesObject);
  await cluster.apply(...objects.filter(({ kind }) => /^(ServiceAccount|ClusterRole)/.test(kind)));
  return await cluster.tokenOf("metrics-reader");
}

/** Waits until the text has all of these lines. */
export async function waitForLines(
  address: string,
  token: string,
  withinMs: number,
  ...lines: readonly string[]
): Promise<string> {
  let last = "";
  return await until(`${address} to show ${lines.join(", ")}`, async () => {
    last = (await scrape(address, token)).text;
    const shown = last.split("\n");
    return lines.every((line) => shown.includes(line)) ? last : null;
  }, withinMs);
}
