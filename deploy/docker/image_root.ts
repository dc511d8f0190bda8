/**
 * Makes the root folder of the image: the program, its runtime, the libraries both load, and nothing else, no shell either.
 * `deno run -A deploy/docker/image_root.ts FOLDER`
 *
 * Source: ldd(1) for the libraries; libpcap is loaded by name when a speaker starts.
 * Shape: an empty or absent folder in, files in it out. The runtime is the Deno that runs this.
 * Not here: the image's settings (Dockerfile).
 *
 * @module
 */
import { bundle } from "../bundle.ts";
import { attempt, run } from "../run.ts";

/** Where the program lies in the image; the Dockerfile's ENTRYPOINT names it. */
const PROGRAM = "/opt/ingot";
const LIBPCAP = "libpcap.so.0.8";

/** Users that the image knows; Pods say which one they are. */
const PASSWD = "root:x:0:0:root:/:/none\nnobody:x:65534:65534:nobody:/:/none\n";

async function lines(program: string, ...args: string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await attempt(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout.split("\n");
}

/** The file that is loaded by this name. */
async function libraryFile(name: string): Promise<string> {
  const found = (await lines("/sbin/ldconfig", "-p")).find((line) => line.trim().startsWith(`${name} `));
  if (found === undefined) throw new Error(`${name} is not installed (Debian: libpcap0.8)`);
  return found.split(" => ")[1]!;
}

/** All libraries that a file needs, the loader among them. */
async function librariesOf(file: string): Promise<readonly string[]> {
  return (await lines("ldd", file)).flatMap((line) => /(\/\S+) \(0x/.exec(line)?.slice(1) ?? []);
}

async function makeRoot(folder: string): Promise<void> {
  for (const path of [PROGRAM, "/etc", "/var/cache/ingot", "/tmp", "/proc", "/dev", "/sys"]) {
    await Deno.mkdir(folder + path, { recursive: true });
  }
  await bundle(folder + PROGRAM);
  await Deno.copyFile(Deno.execPath(), `${folder}${PROGRAM}/ingot`);
  await Deno.chmod(`${folder}${PROGRAM}/ingot`, 0o755);
  await Deno.writeTextFile(`${folder}/etc/passwd`, PASSWD);
  const pcap = await libraryFile(LIBPCAP);
  const libraries = new Set([
    pcap,
    ...await librariesOf(pcap),
    ...await librariesOf(Deno.execPath()),
    // Loaded by name, for the sockets.
    await libraryFile("libc.so.6"),
  ]);
  for (const library of libraries) {
    await Deno.mkdir(folder + library.slice(0, library.lastIndexOf("/")), { recursive: true });
    await run("cp", ["--dereference", library, folder + library]);
  }
}

const [folder] = Deno.args;
if (folder === undefined) throw new Error("Say where: deno run -A deploy/docker/image_root.ts FOLDER");
await makeRoot(folder.replace(/\/$/, ""));
