import assert from "node:assert/strict";
import type { ConfigurationState } from "../../k8s/types/statuses.ts";
import {
  CONTROLLER_REPORTER,
  planConfigurationState as plan,
  speakerReporter,
} from "./configuration_state.ts";

const OWNER = { apiVersion: "v1", kind: "Pod", name: "speaker-x", uid: "pod-1" };
const AUTHOR = { namespace: "metallb-system", owner: OWNER };
const SPEAKER = speakerReporter("n1");
const [EARLIER, NOW] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];
const FAULT = {
  object: "BGPPeer/metallb-system/tor",
  field: "spec.bfdProfile",
  message: "No such BFDProfile",
};

/** What stands once the plan has been carried out. */
function standing(errors: readonly typeof FAULT[], at = EARLIER): ConfigurationState {
  const { object, status } = plan(SPEAKER, AUTHOR, errors, null, at);
  return { ...object!, status: status!.status! };
}

Deno.test("planConfigurationState() makes the object with MetalLB's name, labels and condition", () => {
  assert.deepEqual(standing([]), {
    apiVersion: "metallb.io/v1beta1",
    kind: "ConfigurationState",
    metadata: {
      name: "speaker-n1",
      namespace: "metallb-system",
      labels: { "metallb.io/component-type": "speaker", "metallb.io/node-name": "n1" },
      ownerReferences: [OWNER],
    },
    status: {
      result: "Valid",
      errorSummary: "",
      conditions: [{
        type: "configReconcilerValid",
        status: "True",
        reason: "Reconciled",
        message: "",
        lastTransitionTime: EARLIER,
      }],
    },
  });
});

Deno.test("planConfigurationState() names every error, one a line", () => {
  const { status } = plan(SPEAKER, AUTHOR, [FAULT, { ...FAULT, field: "" }], standing([]), NOW);
  const message = "configuration error: BGPPeer/metallb-system/tor spec.bfdProfile: No such BFDProfile\n" +
    "BGPPeer/metallb-system/tor: No such BFDProfile";
  assert.partialDeepStrictEqual(status, {
    status: {
      result: "Invalid",
      errorSummary: message,
      conditions: [{ status: "False", reason: "ConfigurationError", message, lastTransitionTime: NOW }],
    },
  });
});

Deno.test("planConfigurationState() writes nothing that stands", () => {
  for (const errors of [[], [FAULT]]) {
    const change = plan(SPEAKER, AUTHOR, errors, standing(errors), NOW);
    assert.deepEqual(change, { object: null, status: null });
  }
});

Deno.test("planConfigurationState() keeps the time as long as the condition does not turn", () => {
  const { status } = plan(SPEAKER, AUTHOR, [{ ...FAULT, message: "Other" }], standing([FAULT]), NOW);
  assert.equal(status?.status?.conditions?.[0]?.lastTransitionTime, EARLIER);
});

Deno.test("planConfigurationState() puts right what others changed, and takes over from a former Pod", () => {
  const good = standing([FAULT]);
  const flipped = plan(SPEAKER, AUTHOR, [FAULT], {
    ...good,
    status: { ...good.status, result: "Valid" },
  }, NOW);
  assert.equal(flipped.status?.status?.result, "Invalid");
  const bare = plan(SPEAKER, AUTHOR, [FAULT], { ...good, metadata: { name: "speaker-n1" } }, NOW);
  assert.deepEqual(bare.object?.metadata.ownerReferences, [OWNER]);
  assert.equal(bare.status, null);
});

Deno.test("planConfigurationState() cuts a message to what the API server takes", () => {
  const { status } = plan(SPEAKER, AUTHOR, [{ ...FAULT, message: "x".repeat(40_000) }], null, NOW);
  assert.equal(status?.status?.conditions?.[0]?.message.length, 32_768);
});

Deno.test("planConfigurationState() makes the controller's object with MetalLB's name, label and condition", () => {
  const { object, status } = plan(CONTROLLER_REPORTER, AUTHOR, [FAULT], null, NOW);
  assert.partialDeepStrictEqual(object, {
    metadata: {
      name: "controller",
      labels: { "metallb.io/component-type": "controller" },
      ownerReferences: [OWNER],
    },
  });
  assert.partialDeepStrictEqual(status?.status, {
    result: "Invalid",
    conditions: [{ type: "poolReconcilerValid", status: "False", reason: "ConfigurationError" }],
  });
});

Deno.test("W10: planConfigurationState() says Unknown without a verdict, and leaves the verdict of another", () => {
  const { object, status } = plan(CONTROLLER_REPORTER, AUTHOR, null, null, NOW);
  assert.deepEqual(status?.status, { result: "Unknown", errorSummary: "" });
  const bare: ConfigurationState = { ...object!, status: status!.status! };
  assert.deepEqual(plan(CONTROLLER_REPORTER, AUTHOR, null, bare, NOW), { object: null, status: null });
  const judged: ConfigurationState = { ...object!, status: standing([FAULT]).status! };
  assert.equal(plan(CONTROLLER_REPORTER, AUTHOR, null, judged, NOW).status, null);
});
