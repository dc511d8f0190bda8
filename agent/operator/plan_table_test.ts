import assert from "node:assert/strict";
import type { PlanReport } from "./plan.ts";
import { formatPlanTable } from "./plan_table.ts";

const REPORT: PlanReport = {
  services: [
    {
      service: "shop/web",
      addresses: ["10.0.0.1", "fc00::1"],
      pool: "lan",
      reason: null,
      message: "",
      announcers: ["10.0.0.1", "fc00::1"].map((address) => ({
        address,
        protocol: "layer2",
        node: "n1",
        interfaces: ["eth0", "eth1"],
        peers: [],
      })),
    },
    {
      service: "a/b",
      addresses: [],
      pool: null,
      reason: "noPools",
      message: "Create\none",
      announcers: [],
    },
  ],
  errors: [
    { object: "IPAddressPool/m/p", field: "spec.addresses[0]", message: "not an address" },
    { object: "File/x.yaml", field: "", message: "cannot be read" },
  ],
};

Deno.test("formatPlanTable() aligns columns, names each place once and ends with the errors", () => {
  assert.equal(
    formatPlanTable(REPORT, false),
    [
      "SERVICE   ADDRESSES         POOL  ANNOUNCED BY      REASON/MESSAGE",
      "shop/web  10.0.0.1,fc00::1  lan   n1 via eth0,eth1  -",
      "a/b       -                 -     -                 noPools: Create one",
      "",
      "ERRORS",
      "IPAddressPool/m/p spec.addresses[0]: not an address",
      "File/x.yaml: cannot be read",
      "",
    ].join("\n"),
  );
});

Deno.test("formatPlanTable() names the peers that are told, beside who answers", () => {
  const announced = { address: "10.0.0.1", interfaces: [], peers: [] };
  const service = { ...REPORT.services[0]!, addresses: ["10.0.0.1"] };
  const table = formatPlanTable({
    services: [{
      ...service,
      announcers: [
        { ...announced, protocol: "bgp", node: "n1", peers: ["spine", "tor"] },
        { ...announced, protocol: "layer2", node: "n2" },
      ],
    }],
    errors: [],
  }, false);
  assert.match(table, / n1 via spine,tor; n2 {2}-$/m);
});

Deno.test("formatPlanTable() sets headings in bold on a terminal only", () => {
  const lines = formatPlanTable(REPORT, true).split("\n");
  const bold = lines.filter((it) => it.startsWith("\x1b[1m") && it.endsWith("\x1b[0m"));
  assert.equal(bold.length, 2);
  // deno-lint-ignore no-control-regex
  assert.equal(lines.join("\n").replaceAll(/\x1b\[\dm/g, ""), formatPlanTable(REPORT, false));
});

Deno.test("formatPlanTable() says when there is nothing to list", () => {
  assert.equal(formatPlanTable({ services: [], errors: [] }, false), "No Service of type LoadBalancer\n");
});
