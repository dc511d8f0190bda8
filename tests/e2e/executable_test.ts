import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { ingotCommand } from "../lab/ingot.ts";

const [executable] = await ingotCommand("executable");
assert(executable !== undefined);

/** Only the self-extracting kind has a cache to go wrong. */
const isSelfExtracting = await (async () => {
  using file = await Deno.open(executable);
  const start = new Uint8Array(2);
  await file.read(start);
  return new TextDecoder().decode(start) === "#!";
})();
if (!isSelfExtracting) console.error("SKIPPED: the tests of the cache, for dist/ingot needs none");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Starts a program with nothing in its environment but PATH and `env`. */
function spawn(words: readonly string[], env: Readonly<Record<string, string>>): Deno.ChildProcess {
  const [program, ...args] = words;
  return new Deno.Command(program!, {
    args,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const { code, stdout, stderr } = await spawn(words, env).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

function assertVersion(ended: Ended): void {
  assert.equal(ended.code, 0, ended.err);
  assert(ended.out.includes(config.version), ended.out);
  assert.equal(ended.err, "");
}

/** A folder of the test's own, removed after it. */
async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "ingot-e2e-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The one folder an executable has unpacked itself into. */
function unpackedIn(cache: string): string {
  const folders = [...Deno.readDirSync(cache)].filter((entry) => !entry.name.startsWith("."));
  assert.equal(folders.length, 1);
  return `${cache}/${folders[0]!.name}`;
}

function cacheTest(name: string, fn: (cache: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !isSelfExtracting,
    fn: async () => {
      await using folder = await temporaryFolder();
      await fn(folder.path);
    },
  });
}

/** Looks until `find` finds something, for five seconds at most. */
async function until<T>(what: string, find: () => T | undefined): Promise<T> {
  for (let turn = 0; turn < 2500; turn++) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`Did not see ${what}`);
}

Deno.test("the executable prints the version of deno.json", async () => {
  await using cache = await temporaryFolder();
  assertVersion(await run([executable, "--version"], { INGOT_CACHE_DIR: cache.path }));
});

Deno.test("the executable passes arguments and exit codes through", async () => {
  await using cache = await temporaryFolder();
  const env = { INGOT_CACHE_DIR: cache.path };
  const odd = "two words; $(false) 'quoted' \"twice\"";
  const refused = await run([executable, "--role", odd], env);
  assert.equal(refused.code, 2);
  assert(refused.err.includes(odd), refused.err);
  assert.equal((await run([executable, "--help"], env)).code, 0);
});

Deno.test("the executable keeps its exit code when nobody reads on, and fails when its output finds no room", async () => {
  await using cache = await temporaryFolder();
  const env = { INGOT_CACHE_DIR: cache.path };
  const unread = '{ "$0" --help; echo "ended with $?" >&2; } | true';
  assert.equal((await run(["sh", "-c", unread, executable], env)).err, "ended with 0\n");
  const full = await run(["sh", "-c", '"$0" --version > /dev/full', executable], env);
  assert.equal(full.code, 1);
  assert.match(full.err, /^ingot: Cannot write to standard output: .*\n$/);
});

Deno.test("the executable is one process, which SIGTERM ends with 0", async () => {
  await using cache = await temporaryFolder();
  await using manifests = await temporaryFolder();
  const child = spawn(
    [executable, "--role", "controller", "--manifests", manifests.path, "--health-probe-port", "0"],
    { INGOT_CACHE_DIR: cache.path },
  );
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const [{ value: log }] = await Promise.all([reader.read(), child.stderr.cancel()]);
  assert.equal((await Deno.readTextFile(`/proc/${child.pid}/comm`)).trim(), "ingot");
  child.kill("SIGTERM");
  // The rest is read to its end, or the program would block on a full pipe, and the pipe outlive this test.
  while (!(await reader.read()).done);
  assert.equal((await child.status).code, 0, log ?? "");
});

cacheTest("two first starts at once both work and leave one folder", async (cache) => {
  const both = await Promise.all(
    [0, 1].map(() => run([executable, "--version"], { INGOT_CACHE_DIR: cache })),
  );
  for (const ended of both) assertVersion(ended);
  unpackedIn(cache);
  assert.deepEqual([...Deno.readDirSync(cache)].filter((entry) => entry.name.startsWith(".")), []);
});

cacheTest("a start after one that was killed while unpacking works", async (cache) => {
  const killed = spawn(["setsid", executable, "--version"], { INGOT_CACHE_DIR: cache });
  await until("a file being unpacked", () => {
    for (const entry of Deno.readDirSync(cache)) {
      if (!entry.name.startsWith(".ingot-")) continue;
      try {
        for (const file of Deno.readDirSync(`${cache}/${entry.name}`)) return file;
      } catch (error) {
        // All of it is unpacked, and the folder has its name for good.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return undefined;
  });
  await run(["kill", "-KILL", "--", `-${killed.pid}`], {});
  await killed.output();
  assert.equal([...Deno.readDirSync(cache)].length, 1, "only the half-unpacked folder is there");
  assertVersion(await run([executable, "--version"], { INGOT_CACHE_DIR: cache }));
  unpackedIn(cache);
});

const DAMAGES: Readonly<Record<string, (folder: string) => void>> = {
  "a file cut short": (folder) => Deno.truncateSync(`${folder}/main.js`, 100),
  "a file missing": (folder) => Deno.removeSync(`${folder}/thread.js`),
  "a file of the right size with another content": (folder) => {
    const { size } = Deno.statSync(`${folder}/main.js`);
    Deno.writeTextFileSync(`${folder}/main.js`, "throw 1;".padEnd(size));
  },
  "an empty runtime": (folder) => Deno.truncateSync(`${folder}/ingot`, 0),
  "a file others can write to": (folder) => Deno.chmodSync(`${folder}/main.js`, 0o666),
  "a folder others can write to": (folder) => Deno.chmodSync(folder, 0o777),
};

for (const [damage, inflict] of Object.entries(DAMAGES)) {
  cacheTest(`a cache with ${damage} is repaired`, async (cache) => {
    assertVersion(await run([executable, "--version"], { INGOT_CACHE_DIR: cache }));
    const folder = unpackedIn(cache);
    const whole = Deno.readTextFileSync(`${folder}/main.js`);
    inflict(folder);
    assertVersion(await run([executable, "--version"], { INGOT_CACHE_DIR: cache }));
    assert.equal(Deno.readTextFileSync(`${folder}/main.js`), whole);
    assert.equal(Deno.statSync(folder).mode! & 0o022, 0);
    assert.equal(Deno.statSync(`${folder}/main.js`).mode! & 0o022, 0);
  });
}

cacheTest("a later start unpacks nothing", async (cache) => {
  assertVersion(await run([executable, "--version"], { INGOT_CACHE_DIR: cache }));
  const before = Deno.statSync(`${unpackedIn(cache)}/ingot`).ino;
  assertVersion(await run([executable, "--version"], { INGOT_CACHE_DIR: cache }));
  assert.equal(Deno.statSync(`${unpackedIn(cache)}/ingot`).ino, before);
});

/** Runs the executable in a mount namespace of its own, after `prepare` (shell) has arranged the mounts. */
function runWithMounts(prepare: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const script = `set -e; ${prepare}; exec "$0" --version`;
  return run(["unshare", "--mount", "sh", "-c", script, executable!], env);
}

cacheTest("a read-only HOME is passed over for the next place", async (folder) => {
  const home = `${folder}/home`;
  Deno.mkdirSync(home);
  const cache = `${folder}/cache`;
  Deno.mkdirSync(cache);
  const prepare = `mount -t tmpfs -o ro none ${home}; mount --bind ${cache} /var/cache`;
  assertVersion(await runWithMounts(prepare, { HOME: home }));
  unpackedIn(`${cache}/ingot`);
});

cacheTest("where nothing can be unpacked or run it says so and what to do", async (folder) => {
  const shared = `/tmp/ingot-${Deno.uid()}`;
  // The mount needs a place; the folder is only ours to remove when it was not there.
  const wasThere = await Deno.stat(shared).then(() => true, () => false);
  const prepare = `mount -t tmpfs -o noexec none ${folder}; mount -t tmpfs -o ro none /var/cache;
    mkdir -p -m 700 ${shared}; mount -t tmpfs -o ro,mode=700 none ${shared}`;
  const ended = await runWithMounts(prepare, { INGOT_CACHE_DIR: folder });
  if (!wasThere) await Deno.remove(shared);
  assert.equal(ended.code, 1);
  assert.match(ended.err, /^ingot: cannot unpack, tried .*: check .* or set INGOT_CACHE_DIR .*\n$/);
  for (const place of [folder, "/var/cache/ingot", shared]) assert(ended.err.includes(place), ended.err);
});

cacheTest("an executable cut short is refused and leaves nothing behind", async (folder) => {
  const cache = `${folder}/cache`;
  const short = `${folder}/ingot`;
  await Deno.copyFile(executable, short);
  await Deno.truncate(short, 20_000_000);
  const ended = await run([short, "--version"], { INGOT_CACHE_DIR: cache });
  assert.equal(ended.code, 1);
  assert.match(ended.err, /check that this file is complete/);
  assert.throws(() => Deno.statSync(cache), Deno.errors.NotFound);
});
