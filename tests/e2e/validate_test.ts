/**
 * `ingot validate` as a pipeline runs it: the program, files, folders, standard input, exit codes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ingotCommand } from "../lab/ingot.ts";
import type { ValidationReport } from "../../agent/operator/validate/check.ts";

const COMMAND = await ingotCommand("executable");

const GOOD = `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: lan, namespace: metallb-system}
spec:
  addresses: [192.0.2.0/24]
`;

const PEER = `apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: tor, namespace: metallb-system}
spec:
  myASN: 64512
  peerASN: 64513
  peerAddress: 10.0.0.1
`;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], cwd: string, input = ""): Promise<Ended> {
  const [program, ...words] = COMMAND;
  const child = new Deno.Command(program!, {
    args: [...words, "validate", ...args],
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** A folder with these files, removed after the test. */
async function folderOf(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "ingot-validate-" });
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(`${path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${path}/${name}`, text);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function report(files: Readonly<Record<string, string>>, ...args: string[]): Promise<ValidationReport> {
  await using folder = await folderOf(files);
  const { out, code } = await run([".", "-o", "json", ...args], folder.path);
  const found = JSON.parse(out) as ValidationReport;
  assert.equal(code, found.errors.length === 0 ? 0 : 1);
  return found;
}

Deno.test("ingot validate passes what is right, from a file, a folder and standard input", async () => {
  await using folder = await folderOf({ "pools/lan.yaml": GOOD, "note.txt": "no manifest" });
  const counted = "0 errors in 1 object, 1 file\n";
  assert.deepEqual(await run(["pools/lan.yaml"], folder.path), { code: 0, out: counted, err: "" });
  assert.deepEqual(await run(["."], folder.path), { code: 0, out: counted, err: "" });
  assert.deepEqual(await run(["pools", "./pools/lan.yaml"], folder.path), { code: 0, out: counted, err: "" });
  assert.deepEqual(await run(["-"], folder.path, GOOD), { code: 0, out: counted, err: "" });
});

Deno.test("ingot validate prints every error of form and meaning at once, with file, line, object and field", async () => {
  const text = `# head
${GOOD.replace("[192.0.2.0/24]", "[192.0.2.0/24, 192.0.2.300/32]")}  autoAssign: "yes"
  avoidBugyIPs: true
---
${PEER}  holdTime: 90
  routerID: "::1"
---
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {metallb.io/loadBalancerIPs: "1.2"}}
spec: {type: LoadBalancer}
`;
  const { errors } = await report({ "all.yaml": text, "broken.yaml": "a: [\n" });
  assert.deepEqual(errors.map(({ file, line, object, field }) => [file, line, object, field]), [
    ["all.yaml", 6, "IPAddressPool/metallb-system/lan", "spec.addresses[1]"],
    ["all.yaml", 7, "IPAddressPool/metallb-system/lan", "spec.autoAssign"],
    ["all.yaml", 8, "IPAddressPool/metallb-system/lan", "spec.avoidBugyIPs"],
    ["all.yaml", 17, "BGPPeer/metallb-system/tor", "spec.holdTime"],
    ["all.yaml", 18, "BGPPeer/metallb-system/tor", "spec.routerID"],
    ["all.yaml", 22, "Service/default/web", 'metadata.annotations["metallb.io/loadBalancerIPs"]'],
    ["broken.yaml", 2, "", ""],
  ]);
  await using folder = await folderOf({ "all.yaml": text });
  const { out } = await run(["all.yaml"], folder.path);
  assert.match(out, /^all\.yaml:6: IPAddressPool\/metallb-system\/lan spec\.addresses\[1\]: /);
  assert.match(out, /\n6 errors in 3 objects, 1 file\n$/);
  assert.doesNotMatch(out, /\(all\.yaml line/, "the place is said once");
});

Deno.test("ingot validate takes for granted what the files do not hold, unless it is strict", async () => {
  const files = {
    "peers.yaml":
      `${PEER}  bfdProfile: quick\n  passwordSecret: {name: tor}\n  nodeSelectors: [{matchLabels: {rack: a}}]
---
${PEER.replace("tor", "tor-b")}  nodeSelectors: [{matchLabels: {rack: b}}]
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: {name: all, namespace: metallb-system}
spec: {peers: [tor, core], ipAddressPools: [lan], communities: [blackhole]}
`,
  };
  const lenient = await report(files);
  const taken = lenient.assumptions.map(({ line, field }) => [line, field]);
  assert.deepEqual([lenient.errors, taken], [[], [
    [8, "spec.bfdProfile"],
    [9, "spec.passwordSecret"],
    [18, "spec.peerAddress"],
    [24, "spec.communities[0]"],
    [24, "spec.ipAddressPools[0]"],
    [24, "spec.peers[1]"],
  ]]);
  const strict = await report(files, "--strict");
  assert.deepEqual([strict.errors, strict.assumptions], [lenient.assumptions, []]);
  const whole = {
    ...files,
    "rest.yaml": `${GOOD}---
{apiVersion: metallb.io/v1beta1, kind: BFDProfile, metadata: {name: quick, namespace: metallb-system}}
---
apiVersion: metallb.io/v1beta1
kind: Community
metadata: {name: ours, namespace: metallb-system}
spec: {communities: [{name: blackhole, value: "65535:666"}]}
---
apiVersion: v1
kind: Secret
metadata: {name: tor, namespace: metallb-system}
type: kubernetes.io/basic-auth
stringData: {password: sesame}
---
${PEER.replace("tor", "core").replace("10.0.0.1", "10.0.0.2")}---
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {rack: a}}
`,
  };
  const { errors, objects } = await report(whole, "--strict");
  assert.deepEqual([errors, objects], [[], 9]);
});

Deno.test("ingot validate refuses a Secret's fault without showing it, and two objects of one name", async () => {
  const secret = `apiVersion: v1
kind: Secret
metadata: {name: tor, namespace: metallb-system}
type: kubernetes.io/basic-auth
data: {password: "not base64: hunter2"}
`;
  const { errors } = await report({ "a.yaml": secret, "b.yaml": GOOD, "c.yaml": `---\n${GOOD}` });
  assert.deepEqual(errors.map(({ file, line, field }) => [file, line, field]), [
    ["a.yaml", 5, "data.password"],
    ["c.yaml", 2, ""],
  ]);
  assert.doesNotMatch(JSON.stringify(errors), /hunter2/);
});

Deno.test("ingot validate checks only the namespace it is told, and folders as the roles read them", async () => {
  const other = GOOD.replace("metallb-system", "elsewhere").replace("/24", "/99");
  const files = { "a.yaml": GOOD, "b.yaml": other, "status/service.x.y.json": "{" };
  assert.deepEqual((await report(files, "--namespace", "metallb-system")).errors, []);
  assert.ok((await report(files)).errors.some(({ file }) => file === "b.yaml"));
});

Deno.test("ingot validate leaves with 1 for what is not there and with 2 for a wrong command line", async () => {
  await using folder = await folderOf({ "empty/readme.txt": "" });
  const absent = await run(["absent.yaml"], folder.path);
  assert.equal(absent.code, 1);
  assert.match(absent.out, /^absent\.yaml: There is no such file or folder\n/);
  const empty = await run(["empty"], folder.path);
  assert.equal(empty.code, 1);
  assert.match(empty.out, /^empty: No file in this folder/);
  for (const args of [[], ["a", "-o", "yaml"], ["a", "--kubeconfig", "k"]]) {
    const { code, out, err } = await run(args, folder.path);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /^ingot: .*; see ingot --help\n$/);
  }
});
