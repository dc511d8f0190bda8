/**
 * `deno task lab --cluster`: a real control plane, three nodes with kube-proxy, both roles with the rights that are shipped,
 * Services made by kubectl; one node is taken out by a label and put back, and a client measures it.
 *
 * Shape: about 40 seconds, from an empty network to an empty network.
 * Not here: the cluster (apiserver/cluster.ts), the objects (show/cluster/scenario.ts), the change (show/planned_change.ts).
 *
 * @module
 */
import { findAssets } from "./apiserver/assets.ts";
import { Cluster, SYSTEM } from "./apiserver/cluster.ts";
import { shippedRole } from "./apiserver/shipped_roles.ts";
import { Ingot } from "./ingot.ts";
import { Lab } from "./lab.ts";
import { epochMs } from "./prober.ts";
import { applyPool, applyServices, labelNode, waitForAddresses } from "./show/cluster/scenario.ts";
import { Followed } from "./show/followed.ts";
import { keepDrawing, showPlannedChange } from "./show/planned_change.ts";
import { complaints, stopRoles } from "./show/roles.ts";
import { NAMESPACE, PORT } from "./show/scenario.ts";
import type { Screen } from "./show/screen.ts";
import { formatSummary } from "./show/tables.ts";

/** The roles share one machine, so none gets the usual ports. */
const IN_SYSTEM = ["--namespace", SYSTEM, "--health-probe-port", "0", "--port", "0"];

/** Throws when a program of the control plane is not there, saying how to get it. */
export function expectCluster(): void {
  const assets = findAssets();
  if ("lacking" in assets) throw new Error(`The cluster lacks ${assets.lacking}`);
}

/** The demonstration. */
export async function showCluster(screen: Screen, command: readonly string[], keep: boolean): Promise<void> {
  await using lab = await Lab.open({ nodes: 3 });
  screen.say(`Built a LAN with ${lab.nodes.map(({ name }) => name).join(", ")} and a client (${lab.name}-*)`);
  await using cluster = await Cluster.open(lab);
  screen.say("Started etcd and kube-apiserver, with the CustomResourceDefinitions that are shipped");
  await Promise.all(lab.nodes.map((node) => cluster.startKubeProxy(node)));
  screen.say("Started kube-proxy on each node");
  await cluster.apply(...shippedRole("controller"), ...shippedRole("speaker"));
  const options = { command, logLevel: "info", args: IN_SYSTEM };
  await using stack = new AsyncDisposableStack();
  const kubeconfig = await cluster.kubeconfigOf("controller");
  const controller = stack.use(Ingot.controller(lab, { ...options, kubeconfig }));
  await applyPool(cluster);
  await applyServices(cluster, lab);
  screen.say("kubectl applied an IPAddressPool, an L2Advertisement and three Services");
  const addresses = await Promise.race([waitForAddresses(cluster), controller.untimelyEnd]);
  const all: Followed[] = [];
  for (const [service, ips] of addresses) {
    screen.say(`The controller gave ${NAMESPACE}/${service} ${ips.join(" and ")}`);
    for (const ip of ips) all.push(stack.use(await Followed.open(lab, `${NAMESPACE}/${service}`, ip, PORT)));
  }
  const speakerKubeconfig = await cluster.kubeconfigOf("speaker");
  const startedAtMs = epochMs();
  const speakers = lab.nodes.map((node) =>
    stack.use(Ingot.speaker(node, { ...options, kubeconfig: speakerKubeconfig }))
  );
  screen.say("Started a speaker on each node");
  const roles = [...speakers, controller];
  const alive = Promise.race(roles.map((role) => role.untimelyEnd));
  const stopDrawing = keepDrawing(screen, all);
  try {
    const exclude = (node: string, isExcluded: boolean) => labelNode(cluster, node, isExcluded);
    const shown = showPlannedChange({ screen, lab, all, startedAtMs, exclude });
    const measured = await Promise.race([shown, alive]);
    if (keep) {
      const where =
        `KUBECONFIG=${cluster.adminKubeconfig} ip netns exec ${lab.control.name} kubectl get services -A`;
      screen.say(`Staying up until Ctrl-C; look around with: ${where}`);
      await alive;
    }
    await stopRoles(screen, roles);
    stopDrawing();
    screen.leave();
    screen.print(formatSummary(measured));
  } catch (error) {
    const lines = roles.flatMap(complaints);
    throw new Error([error instanceof Error ? error.message : error, ...lines].join("\n"));
  } finally {
    stopDrawing();
  }
}
