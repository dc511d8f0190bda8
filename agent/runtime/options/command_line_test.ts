import assert from "node:assert/strict";
import { type Command, parseCommand } from "./command_line.ts";

const env: Record<string, string> = {};
const around = { env: (name: string) => env[name], hostname: () => "host1", version: "1.2.3" };
const parse = (line: string): Command => parseCommand(line.split(" ").filter((word) => word !== ""), around);

const CLUSTER = {
  metricsPort: 9120,
  metricsCertDir: null,
  tls: { leastVersion: "TLSv1.3" as const },
  podName: null,
  memberlist: null,
  webhooks: {
    mode: "enabled" as const,
    secretName: "metallb-webhook-cert",
    serviceName: "metallb-webhook-service",
    certificateFolder: null,
    http2: false,
  },
};

Deno.test("parseCommand() reads both roles with their defaults", () => {
  assert.deepEqual(parse("--role controller --manifests d"), {
    type: "Controller",
    options: {
      place: { type: "Manifests", directory: "d" },
      namespace: null,
      logLevel: "info",
      loadBalancerClass: null,
      healthProbePort: 0,
      cluster: CLUSTER,
      ignored: [],
    },
  });
  assert.deepEqual(parse("--role speaker --manifests d"), {
    type: "Speaker",
    options: {
      place: { type: "Manifests", directory: "d" },
      namespace: null,
      logLevel: "info",
      loadBalancerClass: null,
      healthProbePort: 0,
      cluster: CLUSTER,
      ignored: [],
      nodeName: "host1",
      ignoreExcludeLb: false,
      excludeInterfacesFile: null,
      gratuitousPerSecond: 2000,
      shutdownWaitSeconds: 0,
    },
  });
});

Deno.test("parseCommand() takes Go's spelling of flags", () => {
  const command = parse("-role=speaker -manifests d -node-name n1 --ignore-exclude-lb=true -lb-class=x");
  assert(command.type === "Speaker");
  assert.equal(command.options.nodeName, "n1");
  assert.equal(command.options.ignoreExcludeLb, true);
  assert.equal(command.options.loadBalancerClass, "x");
  const off = parse("--role speaker --manifests d --ignore-exclude-lb=false");
  assert(off.type === "Speaker");
  assert.equal(off.options.ignoreExcludeLb, false);
});

Deno.test("parseCommand() takes a flag before MetalLB's environment variable", () => {
  env.METALLB_NODE_NAME = "from-env";
  env.METALLB_NAMESPACE = "metallb-system";
  try {
    const command = parse("--role speaker --manifests d");
    assert(command.type === "Speaker");
    assert.equal(command.options.nodeName, "from-env");
    assert.equal(command.options.namespace, "metallb-system");
    const named = parse("--role speaker --manifests d --node-name flag");
    assert(named.type === "Speaker");
    assert.equal(named.options.nodeName, "flag");
    assert.equal(parse("--role controller --manifests d").type, "Controller");
  } finally {
    delete env.METALLB_NODE_NAME;
    delete env.METALLB_NAMESPACE;
  }
});

Deno.test("parseCommand() reads plan", () => {
  assert.deepEqual(parse("plan --manifests d -o json"), {
    type: "Plan",
    options: {
      place: { type: "Manifests", directory: "d" },
      overlay: null,
      namespace: null,
      loadBalancerClass: null,
      ignoreExcludeLb: false,
      output: "json",
    },
  });
});

Deno.test("parseCommand() reads what plan lays over a cluster", () => {
  const over = parse("plan --kubeconfig k --manifests new.yaml");
  assert(over.type === "Plan");
  assert.deepEqual([over.options.place, over.options.overlay], [
    { type: "Cluster", kubeconfig: "k" },
    "new.yaml",
  ]);
});

Deno.test("parseCommand() reads validate", () => {
  assert.deepEqual(parse("validate a.yaml - dir -o json --strict --namespace lb"), {
    type: "Validate",
    options: { paths: ["a.yaml", "-", "dir"], namespace: "lb", isStrict: true, output: "json" },
  });
  assert.equal(parse("validate").type, "Refuse");
  const help = parse("validate --help");
  assert(help.type === "Show");
  assert.match(help.text, /standard input/);
});

Deno.test("parseCommand() shows help and version", () => {
  const help = parse("--help");
  assert(help.type === "Show");
  assert.match(help.text, /--role controller\|speaker \[--manifests DIR/);
  assert.match(help.text, /Exit codes: 0 done, 1 failed, 2/);
  assert.deepEqual(parse("--version"), { type: "Show", text: "1.2.3\n" });
  const plan = parse("plan --help");
  assert(plan.type === "Show");
  assert.match(plan.text, /changes\s+nothing/);
  assert.doesNotMatch(plan.text, /watched/);
  assert.deepEqual(parse("-h"), help);
});

Deno.test("parseCommand() reads from a cluster by kubeconfig, or by the Pod's own account", () => {
  const named = parse("--role controller --kubeconfig k");
  assert(named.type === "Controller");
  assert.deepEqual(named.options.place, { type: "Cluster", kubeconfig: "k" });
  assert.equal(named.options.healthProbePort, 17472);
  env.KUBERNETES_SERVICE_HOST = "10.0.0.1";
  try {
    const own = parse("plan");
    assert(own.type === "Plan");
    assert.deepEqual(own.options.place, { type: "Cluster", kubeconfig: null });
    const folder = parse("plan --manifests d");
    assert(folder.type === "Plan");
    assert.deepEqual(folder.options.place, { type: "Manifests", directory: "d" });
  } finally {
    delete env.KUBERNETES_SERVICE_HOST;
  }
});

Deno.test("parseCommand() takes MetalLB's flags that change nothing, and says why", () => {
  const speaker = parse("-role speaker --manifests d --port=9120 --ml-bindport 7946 --ml-wan-config");
  assert(speaker.type === "Speaker");
  assert.deepEqual(speaker.options.ignored, [
    { option: "--port", reason: "there is no cluster" },
    { option: "--ml-bindport", reason: "speakers do not gossip yet" },
    { option: "--ml-wan-config", reason: "speakers do not gossip yet" },
  ]);
  const inCluster = parse("-role speaker --kubeconfig k --port 0 --ml-secret-name m --host 10.0.0.1");
  assert(inCluster.type === "Speaker");
  assert.deepEqual(inCluster.options.ignored, [
    { option: "--ml-secret-name", reason: "it is for the controller" },
    { option: "--host", reason: "MetalLB ignores it too: metrics are served at every address" },
  ]);
});

Deno.test("parseCommand() reads how webhooks are served, in MetalLB's words", () => {
  const webhooksOf = (flags: string) => {
    const command = parse(`--role controller --kubeconfig k ${flags}`);
    assert(command.type === "Controller", JSON.stringify(command));
    return command.options.cluster.webhooks;
  };
  for (const mode of ["enabled", "disabled", "onlywebhook"]) {
    assert.equal(webhooksOf(`--webhook-mode=${mode}`).mode, mode);
  }
  assert.equal(parse("--role controller --kubeconfig k --webhook-mode=maybe").type, "Refuse");
  assert.partialDeepStrictEqual(
    webhooksOf("-webhook-secret s --cert-service-name=n --webhook-http2 --cert-dir /unused"),
    { secretName: "s", serviceName: "n", http2: true, certificateFolder: null },
  );
  const folder = "/tmp/k8s-webhook-server/serving-certs";
  assert.equal(webhooksOf("--disable-cert-rotation").certificateFolder, folder);
  assert.equal(webhooksOf("--disable-cert-rotation=false").certificateFolder, null);
  assert.equal(webhooksOf("--disable-cert-rotation --cert-dir /certs").certificateFolder, "/certs");
  const speaker = parse("--role speaker --kubeconfig k --webhook-mode=disabled");
  assert(speaker.type === "Speaker");
  assert.deepEqual(speaker.options.ignored, [{
    option: "--webhook-mode",
    reason: "it is for the controller",
  }]);
});

Deno.test("W18, 146: parseCommand() reads the metrics' port, 0 for none", () => {
  const off = parse("--role controller --kubeconfig k --port=0");
  assert(off.type === "Controller");
  assert.deepEqual([off.options.cluster.metricsPort, off.options.ignored], [0, []]);
  const on = parse("--role controller --kubeconfig k --port=9120 --metrics-cert-dir /etc/metrics");
  assert(on.type === "Controller");
  assert.partialDeepStrictEqual(on.options.cluster, { metricsPort: 9120, metricsCertDir: "/etc/metrics" });
});

Deno.test("parseCommand() reads Pod and memberlist secret from MetalLB's environment, a flag wins", () => {
  Object.assign(env, {
    METALLB_POD_NAME: "pod",
    METALLB_ML_SECRET_NAME: "memberlist",
    METALLB_DEPLOYMENT: "controller",
  });
  try {
    const command = parse("--role controller --kubeconfig k --deployment other");
    assert(command.type === "Controller");
    assert.partialDeepStrictEqual(command.options.cluster, {
      podName: "pod",
      memberlist: { secretName: "memberlist", deployment: "other" },
    });
    const none = parse("--role controller --kubeconfig k --ml-secret-name=");
    assert(none.type === "Controller");
    assert.equal(none.options.cluster.memberlist, null);
  } finally {
    for (const name of ["METALLB_POD_NAME", "METALLB_ML_SECRET_NAME", "METALLB_DEPLOYMENT"]) delete env[name];
  }
});

const REFUSED: readonly [line: string, says: RegExp][] = [
  ["", /^Say what to be: --role controller or --role speaker/],
  ["--role speaker", /^Say where the objects are: --manifests DIR or --kubeconfig FILE/],
  ["--role x --manifests d", /'x' is invalid.*controller, speaker/],
  ["--bogus", /^Unknown option '--bogus'/],
  ["frob", /^.*frob|too many arguments/i],
  ["--role speaker --manifests d extra", /extra|too many arguments/i],
  ["--role controller --manifests d --node-name n", /^--node-name belongs to --role speaker/],
  [
    "--role controller --manifests d --gratuitous-per-second 5",
    /^--gratuitous-per-second belongs to --role speaker/,
  ],
  ["--role speaker --manifests d --gratuitous-per-second 0", /whole number from 1 to 1000000/],
  ["--role speaker --manifests d --health-probe-port 70000", /whole number from 0 to 65535/],
  ["--role speaker --kubeconfig k --port x", /whole number from 0 to 65535/],
  ["--role speaker --kubeconfig k --tls-curve-preferences 29,29", /has 29 twice/],
  ["--role controller --kubeconfig k --tls-cipher-suites TLS_AES_128_GCM_SHA256", /VersionTLS12/],
  ["--role speaker --manifests d --log-level loud", /'loud' is invalid/],
  ["--role speaker --manifests", /argument missing/],
  ["--role speaker --manifests d --kubeconfig k", /--manifests and --kubeconfig do not go together/],
  ["plan", /^Say where the objects are/],
  ["plan --manifests d -o yaml", /'yaml' is invalid/],
  ["--role speaker --manifests a --manifests b", /--manifests is given twice/],
  ["plan --manifests d -o json --output table", /--output is given twice/],
  ["plan --manifests d -ojson -o table", /--output is given twice/],
  ["--role speaker plan --manifests d", /--role does not go before plan/],
];
for (const [line, says] of REFUSED) {
  Deno.test(`parseCommand() refuses "ingot ${line}" in one line`, () => {
    const command = parse(line);
    assert(command.type === "Refuse", JSON.stringify(command));
    assert.match(command.line, says);
    assert(!command.line.includes("\n"));
    assert.match(command.line, /[^.]; see ingot --help$/);
  });
}
