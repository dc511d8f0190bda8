/**
 * Every value of MetalLB's chart, and what it does in Ingot's.
 *
 * Source: MetalLB's chart, values.yaml.
 * Shape: a table. "shows" is found in what is rendered with the value and not without it; "hides" the other way round;
 * "refused" are the words rendering ends with; "without effect" renders the same as the defaults.
 * Not here: rendering (chart_test.ts).
 *
 * @module
 */

export type Effect =
  | { readonly shows: RegExp }
  | { readonly hides: RegExp }
  | { readonly refused: RegExp }
  | "without effect";

/** Set values, by path; what else is set before, for both renderings. */
export interface ValueCase {
  readonly set: Readonly<Record<string, unknown>>;
  readonly also?: Readonly<Record<string, unknown>>;
  readonly effect: Effect;
}

function shows(path: string, value: unknown, what: RegExp, also?: Record<string, unknown>): ValueCase {
  return { set: { [path]: value }, effect: { shows: what }, ...(also === undefined ? {} : { also }) };
}

function hides(path: string, value: unknown, what: RegExp, also?: Record<string, unknown>): ValueCase {
  return { set: { [path]: value }, effect: { hides: what }, ...(also === undefined ? {} : { also }) };
}

function refused(set: Readonly<Record<string, unknown>>, words: RegExp): ValueCase {
  return { set, effect: { refused: words } };
}

function inert(path: string, value: unknown): ValueCase {
  return { set: { [path]: value }, effect: "without effect" };
}

const MARK = { mark: "yes" };
const MARKED = /mark: "?yes/;
const RULES = "prometheus.prometheusRule";
const POD = "prometheus.podMonitor";
const SERVICE = "prometheus.serviceMonitor";
const POD_ON = { [`${POD}.enabled`]: true, "prometheus.rbacPrometheus": false };
const SERVICE_ON = { [`${SERVICE}.enabled`]: true, "prometheus.rbacPrometheus": false };
const RULES_ON = { [`${RULES}.enabled`]: true };
const PROMETHEUS = { "prometheus.serviceAccount": "prom", "prometheus.namespace": "watch" };

function roleCases(role: "controller" | "speaker"): ValueCase[] {
  const probes = ["livenessProbe", "readinessProbe"].flatMap((probe) => [
    hides(
      `${role}.${probe}.enabled`,
      false,
      probe === "livenessProbe" ? /path: \/healthz/ : /path: \/readyz/,
      {
        [`${role === "controller" ? "speaker" : "controller"}.enabled`]: false,
      },
    ),
    ...["failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"].map(
      (field) => shows(`${role}.${probe}.${field}`, 37, new RegExp(`${field}: 37`)),
    ),
  ]);
  return [
    hides(`${role}.enabled`, false, new RegExp(`name: metallb-${role}\n`)),
    shows(`${role}.logLevel`, "debug", /--log-level=debug/),
    shows(`${role}.command`, ["/other"], /command:\n +- \/other/),
    shows(`${role}.command`, "/other", /command:\n +- \/other/),
    shows(`${role}.image.repository`, "example/ingot", /image: "example\/ingot:/),
    shows(`${role}.image.tag`, "v9", /image: "ingot:v9"/),
    shows(`${role}.image.pullPolicy`, "Always", /imagePullPolicy: Always/),
    hides(
      `${role}.serviceAccount.create`,
      false,
      new RegExp(`kind: ServiceAccount\nmetadata:\n +name: metallb-${role}`),
    ),
    shows(`${role}.serviceAccount.name`, "other", /serviceAccountName: other/),
    shows(`${role}.serviceAccount.annotations`, MARK, MARKED),
    shows(`${role}.securityContext`, { fsGroup: 7 }, /fsGroup: 7/),
    shows(`${role}.resources`, { limits: { memory: "1Gi" } }, /memory: 1Gi/),
    shows(`${role}.nodeSelector`, MARK, /nodeSelector:\n +kubernetes.io\/os: linux\n +mark: "?yes/),
    shows(`${role}.affinity`, { nodeAffinity: {} }, /nodeAffinity:/),
    shows(`${role}.podAnnotations`, MARK, /annotations:\n +mark: "?yes/),
    shows(`${role}.labels`, MARK, MARKED),
    shows(`${role}.tolerations`, [{ operator: "Exists", key: "mark" }], /key: mark/),
    shows(`${role}.extraContainers`, [{ name: "beside", image: "x" }], /name: beside/),
    shows(`${role}.priorityClassName`, "high", /priorityClassName: high/),
    shows(`${role}.runtimeClassName`, "vm", /runtimeClassName: vm/),
    {
      set: { [`${role}.livenessProbe.port`]: 7, [`${role}.readinessProbe.port`]: 7 },
      effect: { shows: /--health-probe-port=7\n[^]*port: 7\n/ },
    },
    refused({ [`${role}.readinessProbe.port`]: 7 }, /give it the port of the livenessProbe/),
    refused({ [`${role}.image.repository`]: `quay.io/metallb/${role}` }, /is MetalLB's image/),
    ...probes,
  ];
}

export const VALUES: readonly ValueCase[] = [
  shows("imagePullSecrets", [{ name: "pull" }], /imagePullSecrets:\n +- name: pull/),
  shows("nameOverride", "lb", /app.kubernetes.io\/name: lb/),
  shows("fullnameOverride", "lb", /name: lb-controller/),
  shows("loadBalancerClass", "ingot", /--lb-class=ingot\n[^]*--lb-class=ingot\n/),
  hides("rbac.create", false, /kind: (Cluster)?Role/),
  shows("tls.cipherSuites", "TLS_X", /--tls-cipher-suites=TLS_X/),
  shows("tls.curvePreferences", "29", /--tls-curve-preferences=29/),
  shows("tls.minVersion", "VersionTLS12", /--tls-min-version=VersionTLS12/),
  shows("tls.controllerMetricsTLSSecret", "cert", /--metrics-cert-dir=\/etc\/metrics[^]*secretName: cert/),
  shows("tls.speakerMetricsTLSSecret", "cert", /--metrics-cert-dir=\/etc\/metrics[^]*secretName: cert/),
  shows("prometheus.scrapeAnnotations", true, /prometheus.io\/scrape: "true"/),
  shows("prometheus.metricsPort", 9999, /--port=9999\n[^]*containerPort: 9999/),
  hides("prometheus.metricsPort", 0, /name: metricshttps/),
  hides("prometheus.rbacPrometheus", false, /name: metallb-prometheus/, {
    ...PROMETHEUS,
    [`${POD}.enabled`]: true,
  }),
  shows("prometheus.serviceAccount", "prom2", /name: prom2/, { ...PROMETHEUS, [`${POD}.enabled`]: true }),
  shows("prometheus.namespace", "watch2", /namespace: watch2/, { ...PROMETHEUS, [`${POD}.enabled`]: true }),
  shows(`${POD}.enabled`, true, /kind: PodMonitor/, PROMETHEUS),
  shows(`${POD}.additionalLabels`, MARK, MARKED, POD_ON),
  shows(`${POD}.annotations`, MARK, MARKED, POD_ON),
  shows(`${POD}.jobLabel`, "job-label", /jobLabel: job-label/, POD_ON),
  shows(`${POD}.interval`, 15, /interval: 15s/, POD_ON),
  shows(`${POD}.interval`, "45s", /interval: 45s/, POD_ON),
  shows(`${POD}.metricRelabelings`, [{ action: "drop" }], /metricRelabelings:\n +- action: drop/, POD_ON),
  shows(`${POD}.relabelings`, [{ action: "keep" }], / relabelings:\n +- action: keep/, POD_ON),
  shows(`${POD}.tlsConfig.insecureSkipVerify`, false, /insecureSkipVerify: false/, POD_ON),
  shows(`${SERVICE}.enabled`, true, /kind: ServiceMonitor/, PROMETHEUS),
  ...["controller", "speaker"].flatMap((role) => [
    shows(`${SERVICE}.${role}.additionalLabels`, MARK, MARKED, SERVICE_ON),
    shows(`${SERVICE}.${role}.annotations`, MARK, MARKED, SERVICE_ON),
    shows(`${SERVICE}.${role}.tlsConfig.insecureSkipVerify`, false, /insecureSkipVerify: false/, SERVICE_ON),
  ]),
  shows(`${SERVICE}.jobLabel`, "job-label", /jobLabel: job-label/, SERVICE_ON),
  shows(`${SERVICE}.interval`, 15, /interval: 15s/, SERVICE_ON),
  shows(
    `${SERVICE}.metricRelabelings`,
    [{ action: "drop" }],
    /metricRelabelings:\n +- action: drop/,
    SERVICE_ON,
  ),
  shows(`${SERVICE}.relabelings`, [{ action: "keep" }], / relabelings:\n +- action: keep/, SERVICE_ON),
  shows(`${RULES}.enabled`, true, /kind: PrometheusRule/),
  shows(`${RULES}.additionalLabels`, MARK, MARKED, RULES_ON),
  shows(`${RULES}.annotations`, MARK, MARKED, RULES_ON),
  ...([
    ["staleConfig", "MetalLBStaleConfig"],
    ["configNotLoaded", "MetalLBConfigNotLoaded"],
    ["addressPoolExhausted", "MetalLBAddressPoolExhausted"],
    ["bgpSessionDown", "MetalLBBGPSessionDown"],
    ["networkThreadLate", "IngotNetworkThreadLate"],
  ] as const).flatMap(([rule, alert]) => [
    hides(`${RULES}.${rule}.enabled`, false, new RegExp(`alert: ${alert}`), RULES_ON),
    shows(`${RULES}.${rule}.labels`, MARK, MARKED, RULES_ON),
  ]),
  shows(`${RULES}.addressPoolExhausted.excludePools`, "a|b", /in_use_total\{pool!~"a\|b"\} >=/, RULES_ON),
  hides(`${RULES}.addressPoolUsage.enabled`, false, /alert: MetalLBAddressPoolUsage75Percent/, RULES_ON),
  shows(
    `${RULES}.addressPoolUsage.thresholds`,
    [{ percent: 50, labels: MARK }],
    /alert: MetalLBAddressPoolUsage50Percent[^]*> 50[^]*mark: "?yes/,
    RULES_ON,
  ),
  shows(`${RULES}.addressPoolUsage.excludePools`, "a|b", /in_use_total\{pool!~"a\|b"\} \//, RULES_ON),
  shows(`${RULES}.extraAlerts`, [{ alert: "Mine", expr: "up" }], /alert: Mine/, RULES_ON),
  shows("prometheus.grafanaDashboard.enabled", true, /grafana_dashboard: "1"[^]*"uid": "ingot"/),
  shows("prometheus.grafanaDashboard.labels", MARK, MARKED, { "prometheus.grafanaDashboard.enabled": true }),
  ...roleCases("controller"),
  shows("controller.webhookMode", "onlywebhook", /--webhook-mode=onlywebhook/),
  hides(
    "controller.webhookMode",
    "disabled",
    /kind: ValidatingWebhookConfiguration|containerPort: 9443|strategy: Webhook/,
  ),
  shows("controller.strategy", { type: "Recreate" }, /strategy:\n +type: Recreate\n +selector/),
  shows("controller.replicas", 2, /replicas: 2/),
  hides("controller.podDisruptionBudget.enabled", false, /kind: PodDisruptionBudget/),
  ...roleCases("speaker"),
  hides("speaker.tolerateMaster", false, /node-role.kubernetes.io\/control-plane/),
  hides("speaker.memberlist.enabled", false, /METALLB_ML_|memberlist-tcp|name: memberlist/),
  shows(
    "speaker.memberlist.mlBindPort",
    7999,
    /METALLB_ML_BIND_PORT\n +value: "7999"[^]*containerPort: 7999/,
  ),
  shows("speaker.memberlist.mlBindAddrOverride", "10.0.0.1", /METALLB_ML_BIND_ADDR\n +value: "10.0.0.1"/),
  shows("speaker.memberlist.mlSecretKeyPath", "/etc/key", /value: "\/etc\/key"[^]*mountPath: \/etc\/key/),
  hides("speaker.excludeInterfaces.enabled", false, /metallb-excludel2/),
  shows("speaker.ignoreExcludeLB", true, /--ignore-exclude-lb/),
  shows("speaker.wanConfig", true, /--ml-wan-config/),
  shows("speaker.updateStrategy", { type: "OnDelete" }, /type: OnDelete/),
  shows("speaker.secretName", "key", /secretName: key\n[^]*METALLB_ML_SECRET_NAME\n +value: key\n/),
  hides("crds.enabled", false, /kind: CustomResourceDefinition/),
  shows("crds.validationFailurePolicy", "Fail", /failurePolicy: Fail/),
  shows("networkpolicies.enabled", true, /kind: NetworkPolicy\nmetadata:\n +name: controller/),
  shows("networkpolicies.defaultDeny", true, /kind: NetworkPolicy\nmetadata:\n +name: default-deny/),
  shows("networkpolicies.apiPort", 8443, /port: 8443/, { "networkpolicies.enabled": true }),

  inert("speaker.bgpDebounceTimeout", 500),
  inert("speaker.startupProbe", { enabled: false, failureThreshold: 3, periodSeconds: 1 }),
  inert("speaker.frr", { enabled: true, metricsPort: 9121, image: { tag: "10.5.3" }, resources: {} }),
  inert("speaker.reloader", { resources: {} }),
  inert("speaker.frrMetrics", { resources: {} }),
  inert("speaker.initContainers", { cpFrrFiles: { resources: {} }, cpReloader: {}, cpMetrics: {} }),
  inert("frrk8s.enabled", true),
  inert("frrk8s.namespace", "frr-k8s-system"),
  inert("frr-k8s", { prometheus: { serviceMonitor: { enabled: true } } }),

  refused({ configInline: { "address-pools": [] } }, /configInline/),
  refused({ "frrk8s.external": true, "frrk8s.namespace": "x" }, /Ingot speaks BGP itself/),
  refused({ "frrk8s.secretPassthrough": true }, /Ingot speaks BGP itself/),
  refused({ "speaker.memberlist.enabled": false, "speaker.nodeSelector": MARK }, /speaker.nodeSelector/),
  refused({ [`${POD}.enabled`]: true, [`${SERVICE}.enabled`]: true, ...PROMETHEUS }, /choose one/),
  refused({ [`${POD}.enabled`]: true }, /give prometheus.serviceAccount/),
  refused({ "controller.webhookMode": "maybe" }, /webhookMode/),
  refused({ "crds.validationFailurePolicy": "fail" }, /validationFailurePolicy/),
  refused({ "prometheus.metricsPort": "9120" }, /metricsPort/),
];

/** Whole sets of values that the API server is asked about. */
export const INSTALLATIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "the defaults": {},
  "everything on": {
    ...PROMETHEUS,
    ...RULES_ON,
    [`${SERVICE}.enabled`]: true,
    [`${SERVICE}.interval`]: "30s",
    "prometheus.scrapeAnnotations": true,
    "prometheus.grafanaDashboard.enabled": true,
    "networkpolicies.enabled": true,
    "networkpolicies.defaultDeny": true,
    "tls.controllerMetricsTLSSecret": "c",
    "tls.speakerMetricsTLSSecret": "s",
    "controller.replicas": 2,
    "controller.labels": MARK,
    "controller.podAnnotations": MARK,
    "speaker.labels": MARK,
    "speaker.tolerations": [{ operator: "Exists" }],
    "crds.validationFailurePolicy": "Fail",
    loadBalancerClass: "example.com/ingot",
    imagePullSecrets: [{ name: "pull" }],
  },
  "Pods monitored, no webhooks": {
    ...PROMETHEUS,
    [`${POD}.enabled`]: true,
    [`${POD}.interval`]: 30,
    "controller.webhookMode": "disabled",
    "controller.strategy": { type: "Recreate" },
    fullnameOverride: "lb",
  },
  "the controller alone": { "speaker.enabled": false, "prometheus.metricsPort": 0 },
  "the speakers alone": {
    "controller.enabled": false,
    "speaker.memberlist.enabled": false,
    "speaker.excludeInterfaces.enabled": false,
    "speaker.tolerateMaster": false,
    "speaker.updateStrategy": { type: "OnDelete" },
    "rbac.create": false,
    "crds.enabled": false,
  },
};
