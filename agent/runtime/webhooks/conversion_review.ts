/**
 * The API server's wish to have BGPPeers in another version, and the answer.
 *
 * Source: apiextensions.k8s.io/v1 ConversionReview, and v1beta1, which says the same.
 * Shape: pure; any JSON in, the JSON to send out. Objects come back in their order, or none does.
 * Not here: the fields (k8s/manifests/peer_versions.ts).
 *
 * @module
 */
import { isRecord } from "../../../k8s/manifests/json.ts";
import { PEER_VERSIONS, peerInVersion, type WrittenPeer } from "../../../k8s/manifests/peer_versions.ts";

/** The answer to a request's body; null when it is no ConversionReview at all. */
export function answerConversion(body: unknown): unknown {
  if (!isRecord(body) || body["kind"] !== "ConversionReview" || !isRecord(body["request"])) return null;
  const { uid, desiredAPIVersion, objects } = body["request"];
  if (typeof uid !== "string" || !Array.isArray(objects)) return null;
  const { apiVersion, kind } = body;
  return { apiVersion, kind, response: { uid, ...convert(objects, desiredAPIVersion) } };
}

function convert(objects: readonly unknown[], desired: unknown): Readonly<Record<string, unknown>> {
  const version = PEER_VERSIONS.find((one) => one === desired);
  if (version === undefined) return failure(`there is no version ${String(desired)}`);
  const peers = objects.filter(isPeer);
  if (peers.length < objects.length) return failure("only BGPPeers of metallb.io are converted");
  return {
    result: { status: "Success" },
    convertedObjects: peers.map((peer) => peerInVersion(peer, version)),
  };
}

function isPeer(object: unknown): object is WrittenPeer {
  return isRecord(object) && object["kind"] === "BGPPeer" && isRecord(object["metadata"]) &&
    PEER_VERSIONS.some((version) => version === object["apiVersion"]);
}

function failure(message: string): Readonly<Record<string, unknown>> {
  return { result: { status: "Failure", message }, convertedObjects: [] };
}
