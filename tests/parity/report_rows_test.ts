/**
 * MetalLB's tabled behaviours of webhooks, statuses and metrics, W1 to W20 and 136 to 146: where each is shown, or why it is not.
 *
 * Shape: a test whose name begins with the row's number stands in the file that is named; none is forgotten.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  nodeObject,
  objectsOf,
  parseLists,
  peerObject,
  poolObject,
} from "../../agent/config/config_fixture.ts";
import { type LastGood, nextLastGood, NO_CONFIG_YET } from "../../agent/config/last_good.ts";
import type { Node } from "../../k8s/types/core.ts";

/** The file that shows it, or why Ingot decided against it. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  W1: "tests/parity/webhook_rows.ts",
  W2: "tests/parity/webhook_rows.ts",
  W3: "tests/parity/webhook_rows.ts",
  W4: "tests/parity/webhook_rows.ts",
  W5: "tests/parity/webhook_rows.ts",
  W6: "tests/parity/webhook_rows.ts",
  W7: "tests/parity/webhook_rows.ts",
  W8: "tests/parity/webhooks_test.ts",
  W9: "tests/parity/webhooks_test.ts",
  W10: "tests/cluster/controller_status_test.ts",
  W11: "tests/cluster/controller_status_test.ts",
  W12: "tests/parity/report_rows_test.ts",
  W13: "tests/cluster/controller_status_test.ts",
  W14:
    "against: there is no gate: nothing is decided before every kind has been listed once, and then all at once",
  W15:
    "against: a pass over everything is a function of values and cannot fail; a write that fails is repeated by itself",
  W16: "against: nothing tells itself to reload: a pass follows every change of what is read",
  W17: "tests/parity/report_rows_test.ts",
  W18: "agent/runtime/options/command_line_test.ts",
  W19: "agent/runtime/tls/terms_test.ts",
  W20: "agent/runtime/tls/terms_test.ts",
  136: "tests/cluster/speaker_status_test.ts",
  137: "tests/cluster/speaker_status_test.ts",
  138: "tests/cluster/speaker_status_test.ts",
  139: "tests/cluster/speaker_status_test.ts",
  140: "tests/cluster/speaker_status_test.ts",
  141: "tests/cluster/speaker_status_test.ts",
  142: "tests/cluster/speaker_status_test.ts",
  143: "against: all errors of a configuration are told at once, sorted by object and field",
  144: "tests/cluster/speaker_status_test.ts",
  145: "tests/cluster/metrics_test.ts",
  146: "agent/runtime/options/command_line_test.ts",
};

Deno.test("rows of webhooks, statuses and metrics are each accounted for", () => {
  const rows = [
    ...Array.from({ length: 20 }, (_, index) => `W${index + 1}`),
    ...Array.from({ length: 11 }, (_, index) => `${index + 136}`),
  ];
  assert.deepEqual(Object.keys(ACCOUNTS).sort(), rows.sort());
  for (const [row, account] of Object.entries(ACCOUNTS)) {
    if (account.startsWith("against: ")) assert.ok(account.length > 40, row);
    // The suite may read tests/ only.
    else if (account.startsWith("tests/")) {
      const text = Deno.readTextFileSync(new URL(`../../${account}`, import.meta.url));
      assert.match(text, new RegExp(`["\`](?:\\w+, )*${row}\\b`), `${account} does not name ${row}`);
    }
  }
});

Deno.test("W12: a node relabelled so that two peers of one address match it is refused on that node alone", () => {
  const of = (rack: string) => ({
    nodeSelectors: [{ matchLabels: { rack } }, { matchLabels: { both: "" } }],
  });
  const lists = {
    pools: [poolObject("lan", ["10.1.0.0/24"])],
    bgpPeers: [peerObject("left", of("left")), peerObject("right", of("right"))],
  };
  const isTaken = (node: string, second: Readonly<Record<string, string>>): boolean => {
    const nodes = [nodeObject("n1", { rack: "left" }), nodeObject("n2", second)];
    return parseLists({ ...lists, nodes }, { node }).ok;
  };
  assert.deepEqual([isTaken("n1", { rack: "right" }), isTaken("n2", { rack: "right" })], [true, true]);
  assert.deepEqual([isTaken("n1", { both: "" }), isTaken("n2", { both: "" })], [true, false]);
});

Deno.test("W17: a node that changes in anything but its labels leaves the configuration the same object", () => {
  const node = nodeObject("n1", { rack: "left" });
  const objects = objectsOf({ pools: [poolObject("lan", ["10.1.0.0/24"])], nodes: [node] });
  const before = nextLastGood(NO_CONFIG_YET, objects);
  const nodeAfter = (changed: Partial<Node>): LastGood =>
    nextLastGood(before, { ...objects, nodes: new Map([["n1", { ...node, ...changed }]]) });
  assert.ok(before.config !== null);
  const conditions = [{ type: "Ready", status: "False" }] as const;
  assert.equal(nodeAfter({ status: { conditions } }).config, before.config);
  assert.notEqual(
    nodeAfter({ metadata: { ...node.metadata, labels: { rack: "right" } } }).config,
    before.config,
  );
});
