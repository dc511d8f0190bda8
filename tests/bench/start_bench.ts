/**
 * How long from the start of the executable to its first answer on the wire, beside a minimal responder in C and the
 * start of a bare Deno.
 *
 * Shape: a speaker on a folder with one Service that has its address; asked every millisecond from its start; in turn with
 * the references, and killed each time. Caches are warm: the first start of all is printed by itself.
 *
 * @module
 */
import { formatNumber, formatRatio, formatTable, quantile } from "./figures.ts";
import { responderCommand, timeExit, timeStart } from "./setup/native.ts";
import { openManifests, roleCommand, targetService } from "./setup/role.ts";
import { type Cable, Wire } from "./setup/wire.ts";

const REPETITIONS = 15;
const HELLO = decodeURIComponent(new URL("./reference/hello.ts", import.meta.url).pathname);

/** See the module comment. */
export async function benchStart(command: readonly string[]): Promise<string> {
  await using wire = await Wire.open("reference", "ingot");
  const [reference, ingot] = [wire.to("reference"), wire.to("ingot")];
  const manifests = await openManifests(wire.folder);
  await manifests.write("target", ...targetService(ingot.targets));
  const speaker = roleCommand(command, "speaker", manifests);
  const responder = await responderCommand(reference, reference.targets.ipv4);
  const firstNs = await timeStart(ingot, ingot.targets.ipv4, speaker);
  const [c, hello, version, ours]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let i = 0; i < REPETITIONS; i++) {
    c.push(await timeStart(reference, reference.targets.ipv4, responder));
    hello.push(await timeExit(wire.asker, inside(ingot, [Deno.execPath(), "run", "-A", HELLO])));
    version.push(await timeExit(wire.asker, inside(ingot, [...command, "--version"])));
    ours.push(await timeStart(ingot, ingot.targets.ipv4, speaker));
  }
  return `  ${REPETITIONS} starts of each in turn, "ip netns exec" included everywhere; no target, deno's own start is the floor\n` +
    formatTable(["", "p50 ms", "of deno's", "p99 ms", "starts"], [
      row("C responder to first answer", c, hello),
      row("deno, hello world to its end", hello, hello),
      row("Ingot --version to its end", version, hello),
      row("Ingot speaker to first answer", ours, hello),
      row("the same, first start of all", [firstNs], hello),
    ]);
}

function inside(cable: Cable, argv: readonly string[]): string[] {
  return ["ip", "netns", "exec", cable.far.name, ...argv];
}

function row(label: string, all: readonly number[], reference: readonly number[]): string[] {
  return [
    label,
    formatNumber(quantile(all, 0.5) / 1e6),
    formatRatio(quantile(all, 0.5), quantile(reference, 0.5)),
    formatNumber(quantile(all, 0.99) / 1e6),
    `${all.length}`,
  ];
}
