/**
 * A cluster that has lived with MetalLB goes over to Ingot, back to MetalLB, and both once more: no address changes, no
 * object that says the right thing is written again, and nothing stays behind that the other would stumble over.
 *
 * Shape: MetalLB is MetalLB's own controller and speakers; the first time with its own rights, from then on with those that
 * Ingot ships, its component for the way back included.
 * Not here: the state (adoption_state.ts), who starts it (adoption_stage.ts), the client (adoption_client.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { SYSTEM } from "../lab/apiserver/cluster.ts";
import { clusterMetalLbTest } from "../lab/apiserver/suite.ts";
import { Client } from "./adoption_client.ts";
import { AdoptionStage, assertUntouched, type Photograph, type Running, stop } from "./adoption_stage.ts";
import { FOREIGN_ADDRESS, type Resident, RESIDENTS } from "./adoption_state.ts";

/** What MetalLB writes anew at every start of its own: it counts from nothing, and tells of nothing until it announces it. */
const TOLD_ANEW = /^(IPAddressPool|ServiceL2Status|ServiceBGPStatus|ConfigurationState) /;
/** What goes with a Pod and comes with the next one, and the speakers' key. */
const OF_PODS = /^(Pod|ServiceL2Status|ServiceBGPStatus|ConfigurationState|Secret) /;
const NOTHING = /^$/;

/** Whoever has taken over gives them what they ask for, and with that has looked at everything else. */
function newcomers(generation: string): readonly Resident[] {
  const routed = { "metallb.io/address-pool": "routed" };
  return [
    { name: `new-${generation}`, spec: { ipFamilyPolicy: "RequireDualStack" }, addresses: 2, told: "layer2" },
    { name: `new-routed-${generation}`, annotations: routed, addresses: 1, told: "bgp" },
  ];
}

/** Lines about others than these. */
function without(created: readonly Resident[], lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !created.some(({ name }) => line.includes(`/${name} `)));
}

/** Titles of what newcomers bring with them: themselves, their status objects, the counters of their pools. */
function broughtBy(before: Photograph, after: Photograph): RegExp {
  const titles = [...after.objects].flatMap(([title, { kind, metadata, status }]) => {
    const isStatus = kind === "ServiceL2Status" || kind === "ServiceBGPStatus";
    const name = isStatus ? status?.serviceName : metadata.name;
    return name?.startsWith("new-") && !before.objects.has(title) ? [title] : [];
  });
  const pools = ["lan", "routed"].map((pool) => `IPAddressPool ${SYSTEM} ${pool}`);
  return new RegExp(`^(${[...titles, ...pools].join("|")})$`);
}

clusterMetalLbTest("MetalLB to Ingot and back, twice: nobody's address changes", async (t) => {
  await using stage = await AdoptionStage.open();
  let residents = RESIDENTS;
  let running: Running = await stage.startMetalLb("own");
  await stage.settled(residents);
  await stage.createLatecomers();
  let last = await stage.photograph();
  const [web4, web6] = last.addressesOf("shop/dual-1");
  await using client = await Client.open(stage.lab, [
    { address: web4!, port: 80 },
    { address: web6!, port: 80 },
    { address: "10.77.0.224", port: 81 },
  ]);

  /** One takes over from the other; all stays as it is but for these titles, and what is new is served. */
  const takeOver = async (
    generation: string,
    change: (running: Running) => Promise<readonly [Photograph, Running]>,
    except: RegExp,
  ): Promise<void> => {
    let before: Photograph;
    [before, running] = await client.duringHandover(() => change(running));
    assert.deepEqual(before.addresses(), last.addresses());
    const created = newcomers(generation);
    await stage.create(created);
    residents = [...residents, ...created];
    // Speakers that do not know each other yet may elect others for a moment, as long as MetalLB's are among them.
    last = await stage.settled(residents, before.announcements());
    assert.deepEqual(without(created, last.addresses()), before.addresses());
    assert.deepEqual(without(created, last.announcements()), before.announcements());
    assert.deepEqual(last.verdicts(), before.verdicts());
    assert.deepEqual(last.leftovers(), []);
    assertUntouched(before, last, new RegExp(`${broughtBy(before, last).source}|${except.source}`));
  };
  /** All stop, then all of the other start, in the same Pods. */
  const atOnce = (start: () => Promise<Running>) => async (from: Running) => {
    await stop(from);
    return [await stage.photograph(), await start()] as const;
  };
  const nodeByNode = (to: "Ingot" | "MetalLB") => async (from: Running) =>
    [await stage.photograph(), await stage.roll(from, to)] as const;

  await t.step("Ingot takes over at once, in the same Pods, and rewrites nothing", async () => {
    await takeOver("1", atOnce(() => stage.startIngot()), NOTHING);
    client.assertOneAnswerer();
    assert.deepEqual(last.addressesOf("shop/foreign"), [FOREIGN_ADDRESS]);
  });

  await t.step("MetalLB takes over at once, in the same Pods, with Ingot's roles", async () => {
    await takeOver("2", atOnce(() => stage.startMetalLb("shipped")), TOLD_ANEW);
  });

  await t.step(
    "Ingot takes over node by node, in Pods of its own, and makes the key that is not there",
    async () => {
      await stage.cluster.kubectl(["delete", "secret", "-n", SYSTEM, "memberlist"]);
      await takeOver("3", nodeByNode("Ingot"), OF_PODS);
      assert.deepEqual(last.of("Secret").map(({ metadata }) => metadata.name), ["memberlist"]);
    },
  );

  await t.step("MetalLB takes over node by node, in Pods of its own, with that key", async () => {
    await takeOver("4", nodeByNode("MetalLB"), new RegExp(`${TOLD_ANEW.source}|${OF_PODS.source}`));
  });

  client.assertUndisturbed();
});
