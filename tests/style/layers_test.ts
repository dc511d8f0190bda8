import assert from "node:assert/strict";
import { layerOf } from "./layer_table.ts";
import plugin from "./layers.ts";
import { wordsOf } from "./names_rule.ts";
import { absolutePath } from "./repository.ts";

const HEADER = "/**\n * What it is.\n *\n * @module\n */\n";

/** The messages for a file of that name with that text below its header. */
function lint(file: string, text: string, header: string = HEADER): string[] {
  return Deno.lint.runPlugin(plugin, absolutePath(file), header + text)
    .map((diagnostic) => `${diagnostic.id}: ${diagnostic.message}`);
}

interface Planted {
  readonly file: string;
  readonly text: string;
  readonly expect: RegExp;
}

const PLANTED_IMPORTS: readonly Planted[] = [
  {
    file: "protocols/arp/responder.ts",
    text: 'import { x } from "../ndp/packet.ts";',
    expect: /protocols\/arp\/ may not import protocols\/ndp/,
  },
  {
    file: "protocols/bgp/fsm.ts",
    text: 'import type { X } from "../../agent/plan/desired.ts";',
    expect: /may not import agent\/plan\/desired\.ts/,
  },
  {
    file: "protocols/net/ip.ts",
    text: 'import { x } from "../arp/packet.ts";',
    expect: /protocols\/net\/ may not import/,
  },
  {
    file: "protocols/arp/packet.ts",
    text: 'import ipaddr from "ipaddr.js";',
    expect: /package "ipaddr\.js"/,
  },
  {
    file: "protocols/machine.ts",
    text: 'import { x } from "./net/ip.ts";',
    expect: /machine\.ts may not import/,
  },
  {
    file: "ffi/pcap.ts",
    text: 'import { x } from "../protocols/arp/packet.ts";',
    expect: /ffi\/ may not import protocols\/arp/,
  },
  {
    file: "ffi/pcap.ts",
    text: 'import { x } from "../protocols/machine.ts";',
    expect: /ffi\/ may not import protocols\/machine/,
  },
  {
    file: "k8s/reflector.ts",
    text: 'import { x } from "../agent/snapshot.ts";',
    expect: /k8s\/ may not import agent/,
  },
  {
    file: "k8s/selector.ts",
    text: 'import { x } from "./client.ts";',
    expect: /k8s\/selector\.ts may not import k8s\/client\.ts/,
  },
  {
    file: "agent/snapshot.ts",
    text: 'import { x } from "./config/config.ts";',
    expect: /may not import agent\/config/,
  },
  {
    file: "agent/config/parse.ts",
    text: 'import { x } from "../allocate/allocator.ts";',
    expect: /may not import agent\/allocate/,
  },
  {
    file: "agent/config/parse.ts",
    text: 'import { x } from "../../k8s/manifest_source.ts";',
    expect: /may not import k8s\/manifest_source/,
  },
  {
    file: "agent/allocate/allocator.ts",
    text: 'import { x } from "../plan/desired.ts";',
    expect: /may not import agent\/plan/,
  },
  {
    file: "agent/elect/election.ts",
    text: 'export { x } from "../allocate/allocator.ts";',
    expect: /may not import agent\/allocate/,
  },
  {
    file: "agent/elect/election.ts",
    text: 'export * from "../runtime/clock.ts";',
    expect: /may not import agent\/runtime/,
  },
  {
    file: "agent/plan/node_plan.ts",
    text: 'const x = import("../network/port.ts");',
    expect: /may not import agent\/network/,
  },
  {
    file: "agent/plan/node_plan.ts",
    text: 'import { parse } from "yaml";',
    expect: /package "yaml"/,
  },
  {
    file: "agent/apply/layer2.ts",
    text: 'import { x } from "../../ffi/pcap.ts";',
    expect: /may not import ffi/,
  },
  {
    file: "agent/report/status.ts",
    text: 'import { x } from "../network/port.ts";',
    expect: /may not import agent\/network\/port/,
  },
  {
    file: "agent/runtime/http.ts",
    text: 'import { x } from "../../ffi/libc.ts";',
    expect: /may not import ffi/,
  },
  {
    file: "agent/speaker.ts",
    text: 'import { x } from "../protocols/arp/responder.ts";',
    expect: /may not import protocols\/arp/,
  },
  {
    file: "agent/operator/doctor.ts",
    text: 'import { x } from "../../main.ts";',
    expect: /main\.ts is imported by nobody/,
  },
  {
    file: "agent/controller.ts",
    text: 'import { x } from "../tests/lab/lab.ts";',
    expect: /may not import tests\/lab/,
  },
  {
    file: "agent/config/parse.ts",
    text: 'import { x } from "./config_fixture.ts";',
    expect: /may not import agent\/config\/config_fixture/,
  },
  { file: "agent/stray.ts", text: "", expect: /agent\/stray\.ts belongs to no layer/ },
  { file: "k8s/client.ts", text: 'import { x } from "npm:yaml@2";', expect: /bypasses the import map/ },
  { file: "tests/lab/lab.ts", text: 'import { x } from "jsr:@std/fs";', expect: /bypasses the import map/ },
];

for (const { file, text, expect } of PLANTED_IMPORTS) {
  Deno.test(`imports: refuses ${JSON.stringify(text)} in ${file}`, () => {
    const found = lint(file, text);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0]!, /^layers\/imports: /);
    assert.match(found[0]!, expect);
  });
}

const PLANTED_AMBIENT: readonly (readonly [text: string, what: RegExp])[] = [
  ["const at = Date.now();", /Date\.now/],
  ['const at = Date["now"]();', /Date\.now/],
  ["const { now } = Date;", /Date\.now/],
  ["const at = new Date();", /new Date\(\) without argument/],
  ["const at = Date();", /Date\(\)/],
  ["const at = performance.now();", /performance/],
  ["const at = Temporal.Now.instant();", /Temporal/],
  ["const dice = Math.random();", /Math\.random/],
  ["const { random } = Math;", /Math\.random/],
  ["crypto.getRandomValues(new Uint8Array(4));", /crypto/],
  ["const id = crypto.randomUUID();", /crypto/],
  ["setTimeout(() => {}, 1);", /setTimeout/],
  ["setInterval(() => {}, 1);", /setInterval/],
  ["queueMicrotask(() => {});", /queueMicrotask/],
  ["const later = setTimeout;", /setTimeout/],
  ['globalThis["fetch"]("/");', /globalThis/],
  ["const now = { fetch };", /fetch/],
  ['const text = Deno.readTextFileSync("x");', /Deno/],
  ["export type Signal = Deno.Signal;", /Deno/],
  ['console.log("x");', /console/],
  ['fetch("http://localhost");', /fetch/],
  ["async function read(): Promise<void> {}", /async function/],
  ["const read = async (): Promise<void> => {};", /async function/],
  ["class A { async read(): Promise<void> {} }", /async function/],
  ["await undefined;", /await/],
  ["for await (const x of []) x;", /for await/],
  ["const soon = Promise.resolve();", /Promise/],
  ["const soon = new Promise<void>(() => {});", /Promise/],
];

for (const [text, what] of PLANTED_AMBIENT) {
  Deno.test(`ambient: refuses ${text} in a pure and in a stateful layer`, () => {
    for (const file of ["protocols/bfd/session.ts", "agent/apply/layer2.ts"]) {
      const found = lint(file, text);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0]!, /^layers\/ambient: /);
      assert.match(found[0]!, what);
    }
  });

  Deno.test(`ambient: lets ${text} pass in an effectful layer and in tests`, () => {
    for (const file of ["agent/runtime/clock.ts", "protocols/bfd/session_test.ts", "tests/sim/world.ts"]) {
      assert.deepEqual(lint(file, text), []);
    }
  });
}

Deno.test("ambient: of node:crypto only createHash passes, and only where hashing is allowed", () => {
  const hash = 'import { createHash } from "node:crypto";';
  assert.deepEqual(lint("agent/elect/ranking.ts", hash), []);
  assert.match(lint("agent/allocate/allocator.ts", hash)[0]!, /^layers\/imports: .*package "node:crypto"/);
  const dice = lint("agent/elect/ranking.ts", 'import { createHash, randomInt } from "node:crypto";');
  assert.equal(dice.length, 1);
  assert.match(dice[0]!, /^layers\/ambient: randomInt of node:crypto/);
});

Deno.test("ambient: a local name, a member or a key that is spelled like a global passes", () => {
  const text = `
    export interface Probe { readonly performance: number; fetch(): number }
    export function score(probe: Probe, process: number): number {
      return probe.performance + probe.fetch() + process;
    }
    export const birth: Date = new Date(0);
    export const table = { console: 1 };
    export const two: number = table.console + Math.max(1, 2);`;
  assert.deepEqual(lint("agent/plan/score.ts", text), []);
});

const PLANTED_NAMES: readonly (readonly [file: string, text: string])[] = [
  ["agent/plan/utils.ts", ""],
  ["agent/runtime/common/clock.ts", ""],
  ["ffi/packet_helper.ts", ""],
  ["agent/plan/desired.ts", "export class SpeakerManager {}"],
  ["agent/plan/desired.ts", "function eventHandler(): void {}"],
  ["agent/plan/desired.ts", "export const parseUtil: number = 1;"],
  ["agent/plan/desired.ts", "export interface MiscOptions { readonly a: number }"],
  ["agent/plan/desired.ts", "type HTTPHelpers = number;"],
  ["agent/plan/desired.ts", "export enum CommonKind { A }"],
];

for (const [file, text] of PLANTED_NAMES) {
  Deno.test(`names: refuses ${text || "the path"} in ${file}`, () => {
    const found = lint(file, text);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0]!, /^layers\/names: .* says nothing/);
  });
}

Deno.test("names: words that only contain a banned one, and Kubernetes' own, pass", () => {
  const text = `
    export function handle(): void {}
    export class Service {}
    export const utilization: number = 1;
    export interface CommonwealthCommunity { readonly managed: boolean }`;
  assert.deepEqual(lint("agent/plan/desired.ts", text), []);
});

Deno.test("wordsOf() splits every spelling in use", () => {
  assert.deepEqual(wordsOf("BGPPeerUtil"), ["bgp", "peer", "util"]);
  assert.deepEqual(wordsOf("MAX_UTIL_COUNT"), ["max", "util", "count"]);
  assert.deepEqual(wordsOf("tests/e2e/no_util.ts"), ["tests", "e2e", "no", "util", "ts"]);
});

Deno.test("header: refuses a file that does not open with a @module comment", () => {
  for (
    const header of [
      "",
      "// @module\n",
      "/** Nothing said. */\n",
      "const a = 1;\n/**\n * Late.\n *\n * @module\n */\n",
    ]
  ) {
    const found = lint("agent/plan/desired.ts", "export const b: number = 1;", header);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0]!, /^layers\/header: agent\/plan\/desired\.ts does not open with a @module comment/);
  }
});

Deno.test("header: a shebang and lint directives may stand above it; test files need none", () => {
  assert.deepEqual(
    lint("deploy/compile.ts", "", `#!/usr/bin/env -S deno run\n// deno-lint-ignore-file\n${HEADER}`),
    [],
  );
  assert.deepEqual(lint("agent/plan/desired_test.ts", "const a = 1;", ""), []);
});

Deno.test("length: warns above the soft ceiling, and only then", () => {
  const warn = console.warn;
  const warnings: string[] = [];
  console.warn = (line: string) => void warnings.push(line);
  try {
    assert.deepEqual(lint("agent/plan/long.ts", "\n".repeat(400)), []);
    assert.deepEqual(lint("agent/plan/short.ts", "\n".repeat(300)), []);
  } finally {
    console.warn = warn;
  }
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /agent\/plan\/long\.ts has 405 lines/);
});

Deno.test("the plugin lets a file pass that keeps every rule", () => {
  const samples: readonly (readonly [file: string, text: string])[] = [
    [
      "protocols/arp/responder.ts",
      'import type { Ip } from "../net/ip.ts";\nimport { after } from "../machine.ts";\nimport { decodeArp } from "./packet.ts";',
    ],
    ["protocols/gratuitous/announcer.ts", 'import { pace } from "../net/pace.ts";'],
    ["protocols/net/ip.ts", 'import ipaddr from "ipaddr.js";'],
    ["ffi/pcap.ts", 'import { Bytes } from "../protocols/net/bytes.ts";\nimport { libc } from "./libc.ts";'],
    [
      "k8s/manifest_source.ts",
      'import { parseAllDocuments } from "yaml";\nimport type { Service } from "./types/core.ts";',
    ],
    [
      "agent/plan/node_plan.ts",
      'import type { Snapshot } from "../snapshot.ts";\nimport { elect } from "../elect/election.ts";\nimport { parseSelector } from "../../k8s/selector.ts";',
    ],
    [
      "agent/network/loop.ts",
      'import { step } from "../../protocols/arp/responder.ts";\nimport { Poller } from "../../ffi/poller.ts";',
    ],
    ["main.ts", 'import { Command } from "commander";\nimport { runSpeaker } from "./agent/speaker.ts";'],
    [
      "tests/sim/world.ts",
      'import { step } from "../../protocols/arp/responder.ts";\nimport "../../ffi/pcap.ts";',
    ],
  ];
  for (const [file, text] of samples) assert.deepEqual(lint(file, text), [], file);
});

Deno.test("layerOf() knows every protocol by its folder and nothing else", () => {
  assert.equal(layerOf("protocols/gossip/swim.ts")?.path, "protocols/gossip/");
  assert.equal(layerOf("protocols/stray.ts"), null);
  assert.equal(layerOf("stray.ts"), null);
});
