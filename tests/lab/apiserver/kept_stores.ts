/**
 * What a cluster holds, kept between runs: the folder of a stopped etcd, made once and copied in a second, as ten thousand
 * Services take minutes to create.
 *
 * Shape: a {@linkcode KeptStore} says what is in it and how it comes to be, mostly on top of another one; its folder lies
 * in the cache under a digest of that and of the programs' versions, and is made, with progress on standard error, when
 * it is not there. Never changed afterwards: a control plane starts on a copy (control_plane.ts).
 * Not here: what benchmarks keep (tests/bench/cluster/stores.ts).
 *
 * @module
 */
import { Lab } from "../lab.ts";
import { cacheFolder, exists } from "../program/cache.ts";
import { run } from "../program/command.ts";
import { findAssets } from "./assets.ts";
import { Cluster } from "./cluster.ts";
import { copyFolder } from "./control_plane.ts";

/** Tells how far the making is: "3,000 of 10,000 Services". */
export type Progress = (text: string) => void;

/** What is in a store, and how it comes to be. */
export interface KeptStore {
  /** For a person: "10,000 Services". */
  readonly title: string;
  /** Changes whenever what is in it would be different: the objects, or the source of what makes them. */
  readonly recipe: string;
  /** The store that it is made from; an empty cluster when null. */
  readonly base: KeptStore | null;
  /** Adds what the base does not have. */
  readonly fill: (cluster: Cluster, progress: Progress) => Promise<void>;
}

/** Between two lines about one store. */
const TELL_EVERY_MS = 5_000;

/** The folder of a store, which is made first when it is not there. The lab has one node. */
export async function folderOf(store: KeptStore): Promise<string> {
  const folder = `${storesFolder()}/${await digestOf(store)}`;
  if (await exists(folder)) return folder;
  const base = store.base === null ? undefined : await folderOf(store.base);
  await using lab = await Lab.open({ nodes: 1 });
  await using cluster = await Cluster.open(lab, base === undefined ? {} : { store: base });
  const started = performance.now();
  let toldAt = -Infinity;
  await store.fill(cluster, (text) => {
    if (performance.now() < toldAt + TELL_EVERY_MS) return;
    toldAt = performance.now();
    const seconds = ((toldAt - started) / 1000).toFixed(0);
    console.error(`Making the store "${store.title}", once: ${text} after ${seconds} s`);
  });
  await cluster.plane.compact();
  await cluster.plane.stopApiServer();
  await cluster.plane.stopEtcd();
  await Deno.mkdir(storesFolder(), { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: storesFolder() });
  await copyFolder(cluster.plane.storeFolder, unfinished);
  await Deno.rename(unfinished, folder);
  return folder;
}

async function digestOf(store: KeptStore): Promise<string> {
  const assets = findAssets();
  if ("lacking" in assets) throw new Error(`The cluster lacks ${assets.lacking}`);
  const versions = await Promise.all(
    ["etcd", "kube-apiserver"].map((name) => run([`${assets.folder}/${name}`, "--version"])),
  );
  const recipes: string[] = [];
  for (let one: KeptStore | null = store; one !== null; one = one.base) recipes.push(one.recipe);
  const octets = new TextEncoder().encode(JSON.stringify([versions, recipes]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octets)).toHex().slice(0, 16);
}

function storesFolder(): string {
  return `${cacheFolder()}/ingot-lab/stores`;
}
