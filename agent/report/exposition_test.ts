import assert from "node:assert/strict";
import { formatMetrics, type Metric, single } from "./exposition.ts";

Deno.test("formatMetrics() writes what it is, then every sample with its labels", () => {
  const metric: Metric = {
    name: "metallb_layer2_requests_received",
    type: "counter",
    help: "Requests for an address",
    samples: [[{ ip: "192.0.2.1" }, 3], [{ ip: "2001:db8::1", node: "n1" }, 0.5]],
  };
  assert.equal(
    formatMetrics([metric, single("ingot_turns", "gauge", "Turns", 7)]),
    "# HELP metallb_layer2_requests_received Requests for an address\n" +
      "# TYPE metallb_layer2_requests_received counter\n" +
      'metallb_layer2_requests_received{ip="192.0.2.1"} 3\n' +
      'metallb_layer2_requests_received{ip="2001:db8::1",node="n1"} 0.5\n' +
      "# HELP ingot_turns Turns\n# TYPE ingot_turns gauge\ningot_turns 7\n",
  );
});

Deno.test("formatMetrics() leaves a metric without samples out", () => {
  assert.equal(formatMetrics([{ name: "a", type: "counter", help: "A", samples: [] }]), "");
});

Deno.test("formatMetrics() escapes label values, and writes numbers that are none", () => {
  const samples = [[{ a: 'q"b\\n\n' }, Infinity], [{ a: "" }, -Infinity], [{ a: "x" }, NaN]] as const;
  assert.deepEqual(
    formatMetrics([{ name: "m", type: "gauge", help: "M", samples }]).split("\n").slice(2, 5),
    [String.raw`m{a="q\"b\\n\n"} +Inf`, 'm{a=""} -Inf', 'm{a="x"} NaN'],
  );
});
