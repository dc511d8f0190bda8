/**
 * The network benchmarks run on: an asker joined to each responder by a cable of its own.
 *
 *     asker ──(near0/far)── one responder       each box a namespace `ing-<pid>-<start>-<number>-<name>`; no bridge, so that
 *           ──(near1/far)── another one         a request wakes nobody but the responder it is meant for
 *
 * Shape: `await using wire = await Wire.open("kernel", "reference", "ingot")`; leaving the scope, SIGINT or SIGTERM takes
 * it down, and after a crash the next lab or benchmark does.
 * Cable I: 10.90.I.0/24 and fd00:90:I::/64, the asker at 1, the responder at 2, what it answers for from 200.
 *
 * @module
 */
import type { Addresses } from "../../lab/network/addressing.ts";
import { hostSysctls } from "../../lab/network/host.ts";
import { type Claim, claimName, dropClaim, removeLeftovers } from "../../lab/network/ownership.ts";
import { Namespace } from "../../lab/namespace.ts";

/** One responder's connection to the asker. */
export interface Cable {
  readonly near: Namespace;
  readonly nearInterface: string;
  readonly nearAddresses: Addresses;
  readonly far: Namespace;
  readonly farInterface: string;
  /** What the responder answers for. */
  readonly targets: Addresses;
  readonly index: number;
}

const FAR_INTERFACE = "far0";

/** See the module comment. */
export class Wire<Name extends string> implements AsyncDisposable {
  /** For manifests; gone with the network. */
  readonly folder: string;
  readonly asker: Namespace;
  readonly #cables: Readonly<Record<Name, Cable>>;
  readonly #claim: Claim;
  readonly #onSignal: readonly (readonly [Deno.Signal, () => void])[];
  #closing: Promise<void> | null = null;

  private constructor(claim: Claim, asker: Namespace, cables: Readonly<Record<Name, Cable>>) {
    this.#claim = claim;
    this.folder = claim.folder;
    this.asker = asker;
    this.#cables = cables;
    this.#onSignal = ([["SIGINT", 130], ["SIGTERM", 143]] as const).map(([signal, exitCode]) => {
      const listener = () => void this[Symbol.asyncDispose]().finally(() => Deno.exit(exitCode));
      Deno.addSignalListener(signal, listener);
      return [signal, listener] as const;
    });
  }

  /** Builds a network with one responder of each name. */
  static async open<Name extends string>(...names: readonly Name[]): Promise<Wire<Name>> {
    await removeLeftovers();
    const claim = await claimName();
    const [asker, ...responders] = await Namespace.create(
      ...["asker", ...names].map((name) => `${claim.name}-${name}`),
    );
    const cables = await Promise.all(responders.map((far, index) => plug(asker!, far, index)));
    const byName = Object.fromEntries(names.map((name, i) => [name, cables[i]!])) as Record<Name, Cable>;
    return new Wire(claim, asker!, byName);
  }

  /** The cable to that responder. */
  to(name: Name): Cable {
    return this.#cables[name];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const [signal, listener] of this.#onSignal) Deno.removeSignalListener(signal, listener);
    const namespaces = [this.asker, ...Object.values<Cable>(this.#cables).map(({ far }) => far)];
    await Promise.allSettled(namespaces.map((namespace) => namespace[Symbol.asyncDispose]()));
    await dropClaim(this.#claim);
  }
}

/** An address on a cable; the digits of both families are the same. */
function onCable(index: number, host: number): Addresses {
  return { ipv4: `10.90.${index}.${host}`, ipv6: `fd00:90:${index}::${host}` };
}

async function plug(near: Namespace, far: Namespace, index: number): Promise<Cable> {
  const nearInterface = `near${index}`;
  await Promise.all([near, far].map((namespace) => namespace.sysctl(hostSysctls(true))));
  await Namespace.connect({ namespace: near, interface: nearInterface }, {
    namespace: far,
    interface: FAR_INTERFACE,
  });
  await near.ip(...bringUp(nearInterface, onCable(index, 1)));
  await far.ip(...bringUp(FAR_INTERFACE, onCable(index, 2)));
  return {
    near,
    nearInterface,
    nearAddresses: onCable(index, 1),
    far,
    farInterface: FAR_INTERFACE,
    targets: onCable(index, 200),
    index,
  };
}

function bringUp(device: string, { ipv4, ipv6 }: Addresses): string[] {
  return [
    `link set ${device} up`,
    `addr add ${ipv4}/24 dev ${device}`,
    `addr add ${ipv6}/64 dev ${device} nodad`,
  ];
}
