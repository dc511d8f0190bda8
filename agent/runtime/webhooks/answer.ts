/**
 * Answers the API server: is a change valid, and what is a BGPPeer in the other version.
 *
 * Source: MetalLB's paths.
 * Shape: a request in, a response out; rejects when it cannot tell, and the policy of the webhook decides.
 * Not here: the listener (webhooks.ts), the rules (agent/config/admission).
 *
 * @module
 */
import type { ApiClient } from "../../../k8s/api/client.ts";
import { keyOf } from "../../../k8s/types/meta.ts";
import { judge } from "../../config/admission/verdict.ts";
import type { ConfigObjects } from "../../config/scope.ts";
import { logOf } from "../log.ts";
import { formatAdmission, parseAdmissionReview } from "./admission_review.ts";
import { answerConversion } from "./conversion_review.ts";
import { currentObjects } from "./current_objects.ts";

const CONVERSION_PATH = "/convert";
/** One for each kind; which kind and version it is the question says too. */
const VALIDATION_PATH =
  /^\/validate-metallb-io-v1beta[12]-(ipaddresspool|l2advertisement|community|bgppeer|bgpadvertisement|bfdprofile)$/;

const log = logOf("webhooks");

/** See the module comment. */
export async function answerWebhook(
  request: Request,
  client: Pick<ApiClient, "get">,
  namespace: string,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const isConversion = pathname === CONVERSION_PATH;
  if (!isConversion && !VALIDATION_PATH.test(pathname)) return new Response("not found", { status: 404 });
  if (request.method !== "POST") {
    return new Response("only POST", { status: 405, headers: { allow: "POST" } });
  }
  const body = await bodyOf(request);
  const answer = isConversion ? answerConversion(body) : await answerAdmission(body, client, namespace);
  return answer === null ? new Response("no review", { status: 400 }) : Response.json(answer);
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return null;
  }
}

async function answerAdmission(
  body: unknown,
  client: Pick<ApiClient, "get">,
  namespace: string,
): Promise<unknown> {
  const question = parseAdmissionReview(body);
  if (question === null) return null;
  const { uid, change } = question;
  if ("type" in change) return formatAdmission(uid, { unreadable: change.message });
  const object = `${change.kind}/${keyOf(change.object)}`;
  const { operation } = change;
  let objects: ConfigObjects;
  try {
    objects = await currentObjects(client, namespace);
  } catch (err) {
    log.warn("change cannot be judged, the webhook's policy decides", { object, operation, err });
    throw err;
  }
  const verdict = judge(change, objects, namespace);
  if (verdict.allowed) log.debug("change accepted", { object, operation });
  else log.info("change refused", { object, operation, err: verdict.message });
  return formatAdmission(uid, verdict);
}
