/**
 * Processes that are killed, stopped or started twice, and a folder that cannot be read: no address is lost over it.
 *
 * Not here: the same for the source of objects alone (manifest_source_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Ingot } from "../lab/ingot.ts";
import { Prober } from "../lab/prober.ts";
import { CommandError, run } from "../lab/program/command.ts";
import { labTest } from "../lab/suite.ts";
import { ingotCommand } from "../lab/ingot.ts";
import { Asker } from "../stage/asker.ts";
import { PATIENCE_MS, Stage } from "../stage/stage.ts";
import { until } from "../stage/until.ts";

const WEB = ["10.77.0.200", "fd00:77::200"] as const;
/** Far from the first free ones, which go to Services that ask for none. */
const FIXED = ["10.77.0.240", "fd00:77::240"] as const;
const MANY = 200;
const KILLS = 5;

/** The addresses given so far, by Service. */
async function givenAddresses(stage: Stage): Promise<Map<string, string>> {
  const given = new Map<string, string>();
  for (let i = 0; i < MANY; i++) {
    const addresses = await stage.manifests.addressesOf(`default/web-${i}`);
    if (addresses.length > 0) given.set(`web-${i}`, addresses.join());
  }
  return given;
}

labTest("a controller killed again and again gives no address twice and changes none", async (t) => {
  await using stage = await Stage.open({ nodes: 1 });
  await stage.writePool({ addresses: ["10.78.0.0/24"] });
  let writing: Promise<void> | null = null;
  let given = new Map<string, string>();
  const killedAfter: number[] = [];
  for (let kill = 0; kill <= KILLS; kill++) {
    const controller = stage.controller();
    await controller.waitForLog("controller started", {}, PATIENCE_MS);
    writing ??= (async () => {
      for (let i = 0; i < MANY; i++) await stage.addService(`web-${i}`);
    })();
    if (kill === KILLS) break;
    // Somewhere in the middle: after so many decisions, not after a time.
    const wanted = 1 + Math.floor(Math.random() * MANY / KILLS);
    await until(`${wanted} decisions`, () => {
      const count = controller.log.all.filter(({ msg }) => msg === "service decided").length;
      return count >= Math.min(wanted, MANY - given.size) ? true : null;
    }, PATIENCE_MS);
    await controller.kill();
    killedAfter.push(wanted);
    const now = await givenAddresses(stage);
    for (const [name, addresses] of given) {
      assert.equal(now.get(name), addresses, `${name}, killed after ${killedAfter} decisions`);
    }
    given = now;
  }
  await writing;
  await t.step("all Services have an address of their own", async () => {
    const all = await until("every Service to have an address", async () => {
      const now = await givenAddresses(stage);
      return now.size === MANY ? now : null;
    }, PATIENCE_MS);
    assert.equal(new Set(all.values()).size, MANY);
    for (const [name, addresses] of given) assert.equal(all.get(name), addresses);
  });
});

labTest(
  "a killed speaker answers again once it is started; a stopped one ends with 0 and is silent",
  async () => {
    await using stage = await Stage.open({ nodes: 1 });
    const { mac } = stage.lab.node("n1");
    stage.controller();
    const killed = stage.speaker();
    await stage.addService("web", { addresses: WEB });
    await using asker = await Asker.open(stage.lab);
    await using resolve = await Prober.resolve(stage.lab, { address: WEB[0] });
    await resolve.waitForAnswerer(mac, PATIENCE_MS);
    await killed.kill();
    const from = asker.capture.events.all.length;
    const speaker = stage.speaker();
    await asker.capture.events.waitFor(
      "the new speaker's announcement",
      (event) => event.type === "arp" && event.senderIp === WEB[0] && event.targetIp === WEB[0],
      { from, withinMs: PATIENCE_MS },
    );
    for (const address of WEB) {
      // Its taps open one after the other, so a single question may come too soon.
      await using again = await Prober.resolve(stage.lab, { address });
      await again.waitForAnswerer(mac, PATIENCE_MS);
    }
    await speaker.stop();
    assert.ok(speaker.log.all.some(({ msg }) => msg === "speaker stopping, withdrawing everything"));
    // The process has ended, so an answer of its would be here before the kernel's, asked after it.
    const { ipv4, ipv6 } = stage.lab.node("n1");
    assert.equal(await asker.isAnswered(asker.question(WEB[0]), WEB[0], ipv4), false);
    assert.equal(await asker.isAnswered(asker.question(WEB[1]), WEB[1], ipv6!), false);
  },
);

labTest("a killed controller leaves the traffic alone", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  const controller = stage.controller();
  stage.speaker();
  await stage.addService("web", { addresses: WEB });
  await stage.proxy(WEB);
  await using udp = await Prober.udp(stage.lab, { address: WEB[0], port: 80 });
  await udp.waitForAnswerer("n1", PATIENCE_MS);
  await controller.kill();
  const again = stage.controller();
  await again.waitForLog("controller started", {}, PATIENCE_MS);
  await stage.addService("next", { addresses: ["10.77.0.201"] });
  await stage.manifests.waitForAddresses("default/next", PATIENCE_MS);
  const { sent } = await udp.stop();
  assert.ok(sent > 0);
  // A gap without an end is what was still under way when the prober stopped.
  assert.deepEqual(
    udp.gaps().filter(({ before, endMs, lost }) => before !== null && endMs !== null && lost > 0),
    [],
  );
  assert.deepEqual(await stage.manifests.addressesOf("default/web"), [...WEB]);
});

labTest("of two controllers on one folder the second stands by, and takes over from a dead one", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  const first = stage.controller();
  await first.waitForLog("controller started", {}, PATIENCE_MS);
  const second = stage.controller();
  await second.waitForLog("standing by until no other controller acts", {}, PATIENCE_MS);
  await stage.addService("web", { addresses: [WEB[0]] });
  await stage.manifests.waitForAddresses("default/web", PATIENCE_MS);
  assert.ok(!second.log.all.some(({ msg }) => msg === "controller started"));
  await first.kill();
  await second.waitForLog("controller started", {}, PATIENCE_MS);
  await stage.addService("next");
  const [next] = await stage.manifests.waitForAddresses("default/next", PATIENCE_MS);
  assert.notEqual(next, WEB[0]);
  assert.deepEqual(await stage.manifests.addressesOf("default/web"), [WEB[0]]);
  const third = stage.controller();
  await third.waitForLog("standing by until no other controller acts", {}, PATIENCE_MS);
  await third.stop();
  await second.stop();
});

/** Ways in which the pool cannot be read, in place of its file. */
const UNREADABLE: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "is broken YAML": (path) => Deno.writeTextFile(path, "kind: IPAddressPool\nspec: {addresses: ["),
  "is a link to itself": async (path) => {
    await Deno.remove(path);
    await Deno.symlink(path, path);
  },
};

labTest("a pool that cannot be read when the controller starts takes no address away", async (t) => {
  for (const [how, damage] of Object.entries(UNREADABLE)) {
    await t.step(`the file ${how}`, async () => {
      await using stage = await Stage.open({ nodes: 1 });
      const { manifests } = stage;
      const path = `${manifests.directory}/pool.yaml`;
      const pool = await Deno.readTextFile(path);
      const controller = stage.controller();
      await stage.addService("web", { addresses: FIXED });
      await stage.addService("any");
      await manifests.waitForAddresses("default/web", PATIENCE_MS);
      const any = await manifests.waitForAddresses("default/any", PATIENCE_MS);
      await controller.stop();
      await damage(path);
      const blind = stage.controller();
      await waitForNoLoss(blind);
      assert.deepEqual(await manifests.addressesOf("default/web"), [...FIXED]);
      assert.deepEqual(await manifests.addressesOf("default/any"), any);
      // In one step: a pool that is gone for a moment, and seen to be, rightly takes its addresses along.
      await manifests.writeText("pool.yaml", pool);
      await stage.addService("later");
      await manifests.waitForAddresses("default/later", PATIENCE_MS);
      assert.deepEqual(await manifests.addressesOf("default/web"), [...FIXED]);
      assert.deepEqual(await manifests.addressesOf("default/any"), any);
    });
  }
});

labTest(
  "a Service that cannot be read when the controller starts keeps its address from others",
  async () => {
    await using stage = await Stage.open({ nodes: 1 });
    const { manifests } = stage;
    const controller = stage.controller();
    await stage.addService("web");
    const held = await manifests.waitForAddresses("default/web", PATIENCE_MS);
    await controller.stop();
    const path = `${manifests.directory}/web.yaml`;
    const web = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, web.replace("LoadBalancer", "LoadBalancr"));
    await stage.addService("new");
    const blind = stage.controller();
    assert.notDeepEqual(await manifests.waitForAddresses("default/new", PATIENCE_MS), held);
    await manifests.writeText("web.yaml", web);
    await blind.waitForLog("object accepted", {}, PATIENCE_MS);
    await stage.addService("later");
    await manifests.waitForAddresses("default/later", PATIENCE_MS);
    assert.deepEqual(await manifests.addressesOf("default/web"), held);
  },
);

labTest("an address kept while something cannot be read goes once everything can", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  const { manifests } = stage;
  await stage.writePool({ addresses: ["10.78.0.0/24"] });
  const controller = stage.controller();
  await stage.addService("web");
  const before = await manifests.waitForAddresses("default/web", PATIENCE_MS);
  await manifests.writeText("other.yaml", "kind: [\n");
  await controller.waitForLog("object refused", {}, PATIENCE_MS);
  await stage.writePool({ addresses: ["10.79.0.0/24"] });
  await controller.waitForLog("address kept until every object can be read", {}, PATIENCE_MS);
  assert.deepEqual(await manifests.addressesOf("default/web"), before);
  await manifests.remove("other");
  await until("an address of the new pool", async () => {
    const [address = ""] = await manifests.addressesOf("default/web");
    return address.startsWith("10.79.0.") ? true : null;
  }, PATIENCE_MS);
});

/** Waits until the controller has said why it leaves both Services as they are. */
async function waitForNoLoss(controller: Ingot): Promise<void> {
  await controller.waitForLog("object refused", {}, PATIENCE_MS);
  for (const service of ["default/web", "default/any"]) {
    await controller.waitForLog("address kept until every object can be read", { service }, PATIENCE_MS);
  }
}

/** Command lines that are wrong, and what the one line must name. */
const WRONG: readonly (readonly [RegExp, readonly string[]])[] = [
  [/--role/, []],
  [/--role/, ["--manifests", "/tmp"]],
  [/--manifests/, ["--role", "speaker"]],
  [/boss/, ["--role", "boss", "--manifests", "/tmp"]],
  [/--no-such-option/, ["--role", "speaker", "--manifests", "/tmp", "--no-such-option"]],
  [/--node-name/, ["--role", "controller", "--manifests", "/tmp", "--node-name", "n1"]],
  [/health-probe-port/, ["--role", "speaker", "--manifests", "/tmp", "--health-probe-port", "70000"]],
  [/twice/, ["--role", "speaker", "--role", "controller", "--manifests", "/tmp"]],
  [/output|xml/, ["plan", "--manifests", "/tmp", "-o", "xml"]],
];

labTest("a wrong command line ends with 2 and one line that says what is wrong", async () => {
  const command = await ingotCommand("executable");
  for (const [named, args] of WRONG) {
    const error = await run([...command, ...args]).then(() => null, (error) => error);
    assert.ok(error instanceof CommandError, args.join(" "));
    assert.equal(error.code, 2, args.join(" "));
    assert.match(error.stderr, /^ingot: [^\n]+\n$/);
    assert.match(error.stderr, named);
  }
});
