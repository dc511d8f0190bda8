/**
 * Whose a lab is, and the removal of labs whose owner died.
 *
 * Source: proc_pid_stat(5): field 22, the start time, tells a process from a later one with the same pid.
 * Shape: a lab's name is `ing-<pid>-<start>-<number>`; its namespaces and its folder begin with it, so the names alone
 * are the record of a crash and nothing has to be written down.
 *
 * @module
 */
import { run } from "../program/command.ts";
import { removeNamespaces } from "../namespace.ts";

/** Where labs keep their manifests and logs, one folder each. */
const FOLDER = "/run/ingot-lab";

const LAB_NAME = /^ing-(\d+)-([0-9a-z]+)-[0-9a-z]+(?=-|$)/;

/** A name that no other lab has, and a folder of that name. */
export interface Claim {
  readonly name: string;
  readonly folder: string;
}

/** Claims a name for a lab of this process. */
export async function claimName(): Promise<Claim> {
  await Deno.mkdir(FOLDER, { recursive: true });
  const owner = `ing-${Deno.pid}-${startOf(Deno.pid)}`;
  for (let number = 1;; number++) {
    const name = `${owner}-${number.toString(36)}`;
    try {
      await Deno.mkdir(`${FOLDER}/${name}`);
      return { name, folder: `${FOLDER}/${name}` };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** Gives the claim back. */
export async function dropClaim(claim: Claim): Promise<void> {
  await Deno.remove(claim.folder, { recursive: true }).catch(unlessGone);
}

/** Removes every namespace, program and folder of labs whose owner is no more; returns the labs' names. */
export async function removeLeftovers(): Promise<string[]> {
  const namespaces = await listNamespaces();
  const orphaned = new Set<string>();
  for (const name of [...namespaces, ...listFolders()]) {
    const lab = LAB_NAME.exec(name);
    if (lab !== null && startOf(Number(lab[1])) !== lab[2]) orphaned.add(lab[0]);
  }
  await removeNamespaces(namespaces.filter((name) => orphaned.has(LAB_NAME.exec(name)?.[0] ?? "")));
  for (const name of orphaned) await dropClaim({ name, folder: `${FOLDER}/${name}` });
  return [...orphaned].sort();
}

async function listNamespaces(): Promise<string[]> {
  const lines = (await run(["ip", "netns", "list"])).split("\n");
  return lines.map((line) => line.split(" ")[0]!).filter((name) => name !== "");
}

function listFolders(): string[] {
  try {
    return [...Deno.readDirSync(FOLDER)].map((entry) => entry.name);
  } catch (error) {
    unlessGone(error);
    return [];
  }
}

/** The start time of a running process in base 36, or null when there is none. */
function startOf(pid: number): string | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The second field is the command's name in parentheses and may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, start] = [fields[0], fields[19]!];
    return state === "Z" ? null : Number(start).toString(36);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    // A process may end between opening and reading its file (ESRCH).
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return null;
    throw error;
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
