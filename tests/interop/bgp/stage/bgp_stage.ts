/**
 * Ingot among routers, for tests: nodes and their speakers, real routers beside them, Services with addresses.
 *
 * Shape: opened with nothing running; routers, links and Services are put on it as a test needs them. Speakers run without a
 * controller: the Services have their addresses already. Leaving the scope ends everything.
 * Not here: the routers (lab/routers), waiting for what they say (routed.ts).
 *
 * @module
 */
import type { KubernetesObject } from "../../../../k8s/types/meta.ts";
import { Ingot, ingotCommand, type RoleOptions } from "../../../lab/ingot.ts";
import { Lab } from "../../../lab/lab.ts";
import {
  bgpAdvertisement,
  bgpPeer,
  type BgpPeerSketch,
  endpointSlices,
  ipAddressPool,
  Manifests,
  node,
  service,
} from "../../../lab/manifests.ts";
import { Namespace } from "../../../lab/namespace.ts";
import type { Host, LabNode } from "../../../lab/network/host.ts";
import { Bird } from "../../../lab/routers/bird.ts";
import { Frr } from "../../../lab/routers/frr.ts";
import { Gobgp } from "../../../lab/routers/gobgp.ts";
import type { Router, RouterConfig } from "../../../lab/routers/router.ts";

/** The speakers' AS where a test does not say otherwise. */
export const OUR_ASN = 64_512;
/** The routers'. */
export const THEIR_ASN = 65_000;

/** The Service addresses of the one pool, none of which is on the LAN. */
export const POOL: readonly string[] = ["198.51.100.0/24", "2001:db8:100::/112"];
/** Services with this many addresses each, so that the manifests are soon read. */
const ADDRESSES_EACH = 500;

/** The Service that tests ask routers for. */
export const WEB = { ipv4: "198.51.100.1", ipv6: "2001:db8:100::1" };

const START: Readonly<
  Record<Router["kind"], (lab: Lab, host: Host, config: RouterConfig) => Promise<Router>>
> = { FRR: Frr.start, BIRD: Bird.start, GoBGP: Gobgp.start };

/** See the module comment. */
export class BgpStage implements AsyncDisposable {
  readonly lab: Lab;
  readonly manifests: Manifests;
  readonly #command: readonly string[];
  readonly #running = new AsyncDisposableStack();

  private constructor(lab: Lab, manifests: Manifests, command: readonly string[]) {
    this.lab = lab;
    this.manifests = manifests;
    this.#command = command;
    this.#running.use(lab);
  }

  /** Builds the lab and writes its Nodes, a pool and an advertisement of it to every peer. */
  static async open({ nodes = 1 }: { readonly nodes?: number } = {}): Promise<BgpStage> {
    const command = await ingotCommand("executable");
    const lab = await Lab.open({ nodes });
    const stage = new BgpStage(lab, await Manifests.open(lab.folder), command);
    for (const { name } of lab.nodes) await stage.manifests.write(`node-${name}`, node(name));
    await stage.write("pool", ipAddressPool("web", { addresses: POOL }));
    await stage.write("advertisement", bgpAdvertisement("web"));
    return stage;
  }

  /** The first node. */
  get node(): LabNode {
    return this.lab.nodes[0]!;
  }

  /** Writes `<name>.yaml`. */
  write(name: string, ...objects: readonly KubernetesObject[]): Promise<void> {
    return this.manifests.write(name, ...objects);
  }

  /** Writes a BGPPeer: of our AS and the routers', both families, unless the sketch says otherwise. */
  async writePeer(
    name: string,
    spec: Partial<BgpPeerSketch>,
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const asn = spec.dynamicASN === undefined ? { peerASN: THEIR_ASN } : {};
    const whole = { myASN: OUR_ASN, ...asn, dualStackAddressFamily: true, ...spec };
    await this.write(`peer-${name}`, bgpPeer(name, whole, annotations));
  }

  /** Writes a Service that has these addresses, and endpoints on every node. */
  async writeService(name: string, addresses: readonly string[]): Promise<void> {
    const families = [
      ...new Set(addresses.map((ip) => ip.includes(":") ? "IPv6" as const : "IPv4" as const)),
    ];
    await this.write(
      name,
      service({
        name,
        addresses,
        spec: {
          ipFamilies: families,
          ipFamilyPolicy: families.length > 1 ? "RequireDualStack" : "SingleStack",
        },
      }),
      ...endpointSlices({ name }, this.lab.nodes, families),
    );
  }

  /** Writes Services with so many IPv4 addresses in all, a multiple of 500, and the pool they are of. */
  async writePrefixes(count: number): Promise<void> {
    await this.write("pool", ipAddressPool("web", { addresses: ["100.64.0.0/16"] }));
    const names = Array.from({ length: count / ADDRESSES_EACH }, (_, i) => `s${i}`);
    await this.write(
      "services",
      ...names.flatMap((name, i) => [
        service({ name, addresses: numberedAddresses(i * ADDRESSES_EACH, ADDRESSES_EACH) }),
        ...endpointSlices({ name }, this.lab.nodes),
      ]),
    );
  }

  /** Starts a speaker, of the first node when none is named. */
  speaker(on: LabNode = this.node, options: Partial<RoleOptions> = {}): Ingot {
    return this.#running.use(
      Ingot.speaker(on, { command: this.#command, manifests: this.manifests.directory, ...options }),
    );
  }

  /** Starts a router on a host of the lab. */
  async router(kind: Router["kind"], host: Host, config: RouterConfig): Promise<Router> {
    return this.#running.use(await START[kind](this.lab, host, config));
  }

  /** Starts FRR, whose every word can be asked for. */
  async frr(host: Host, config: RouterConfig): Promise<Frr> {
    return this.#running.use(await Frr.start(this.lab, host, config));
  }

  /** A cable between a node and another host and nothing else; returns their link-local addresses on it. */
  async connect(
    near: { readonly host: Host; readonly interface: string },
    far: { readonly host: Host; readonly interface: string },
  ): Promise<{ readonly near: string; readonly far: string }> {
    const ends = [near, far].map((end) => ({ namespace: end.host.namespace, interface: end.interface }));
    await Namespace.connect(ends[0]!, ends[1]!);
    for (const end of ends) await end.namespace.ip(`link set ${end.interface} up`);
    const [a, b] = await Promise.all(ends.map((end) => linkLocalOf(end.namespace, end.interface)));
    return { near: a!, far: b! };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
  }
}

function numberedAddresses(first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `100.64.${(first + i) >> 8}.${(first + i) & 0xff}`);
}

async function linkLocalOf(namespace: Namespace, interfaceName: string): Promise<string> {
  const [link] = await namespace.query(`addr show dev ${interfaceName}`) as {
    readonly addr_info: readonly { readonly local: string; readonly scope: string }[];
  }[];
  return link!.addr_info.find(({ scope }) => scope === "link")!.local;
}
