/**
 * The image, without a container engine: its root folder is made as the Dockerfile makes it, and entered as a container would
 * be, with nothing writable but the cache and no capability that the DaemonSet does not add.
 *
 * Not here: the Dockerfile's own steps around that folder, which only an engine can run.
 *
 * @module
 */
import assert from "node:assert/strict";
import dockerfile from "../../../deploy/docker/Dockerfile" with { type: "text" };
import { run } from "../../lab/program/command.ts";
import { Program } from "../../lab/program/program.ts";

const ROOT = decodeURIComponent(new URL("../../../", import.meta.url).pathname);

/** What a kubelet would have done, in namespaces that end with it: $1 image, $2 manifests, $3 capabilities, then the program. */
const ENTER = `
image=$1 manifests=$2 bounding=$3; shift 3
mount --bind "$image" "$image"
mount -o remount,bind,ro "$image"
mount -t tmpfs -o mode=700,uid=65534 tmpfs "$image/var/cache/ingot"
mount -t proc proc "$image/proc"
mount --bind /dev "$image/dev"
mount --bind "$manifests" "$image/tmp"
ip link add eth0 type veth peer name peer0
ip link set eth0 up
ip link set peer0 up
exec setpriv --no-new-privs --bounding-set="$bounding" chroot "$@"
`;

const MANIFESTS = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: lan, namespace: metallb-system }
spec: { addresses: [192.0.2.100/32] }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: lan, namespace: metallb-system }
---
apiVersion: v1
kind: Node
metadata: { name: n1 }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { type: LoadBalancer, clusterIP: 10.0.0.1, ports: [{ port: 80 }] }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.100 }] } }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: default, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints: [{ addresses: [192.0.2.10], nodeName: n1, conditions: { ready: true } }]
`;

/** Of the Dockerfile, an instruction in its JSON form. */
function instruction(name: string): readonly string[] {
  return JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, "m").exec(dockerfile)![1]!);
}

Deno.test("the image holds all that a controller and a speaker need", async (test) => {
  await using stack = new AsyncDisposableStack();
  const [image, manifests] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  for (const folder of [image, manifests]) stack.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.chmod(image, 0o755);
  await Deno.chmod(manifests, 0o755);
  await Deno.writeTextFile(`${manifests}/all.yaml`, MANIFESTS);
  await run([Deno.execPath(), "run", "--frozen", "-A", `${ROOT}deploy/docker/image_root.ts`, image]);

  const argv = (user: string, capabilities: string, ...args: readonly string[]): readonly string[] => {
    // chroot itself needs these three.
    const bounding = `-all,+sys_chroot,+setuid,+setgid${capabilities}`;
    const environment = ["env", "-i", `PATH=${Deno.env.get("PATH")}`, "DENO_DIR=/var/cache/ingot/deno"];
    const inside = ["unshare", "--net", "--mount", "sh", "-e", "-c", ENTER, "sh", image, manifests, bounding];
    return [...environment, ...inside, `--userspec=${user}`, image, ...instruction("ENTRYPOINT"), ...args];
  };

  await test.step("a controller runs as nobody, without capabilities", async () => {
    const user = /^USER (.*)$/m.exec(dockerfile)![1]!;
    assert.equal(user, "65534:65534");
    const planned = await run(argv(user, "", "plan", "--manifests", "/tmp", "-o", "json"));
    assert.equal(JSON.parse(planned).services[0].addresses[0], "192.0.2.100");
  });

  await test.step("a speaker opens its sockets with NET_RAW alone, and ends when asked to", async () => {
    const lines: string[] = [];
    const isOpen = Promise.withResolvers<void>();
    const args = ["--role", "speaker", "--manifests", "/tmp", "--node-name", "n1"];
    await using speaker = new Program(argv("0:0", ",+net_raw", ...args), {
      onLine: (line) => {
        lines.push(line);
        if (/"name":"eth0","up":true,"arp":true,"ndp":true/.test(line)) isOpen.resolve();
      },
    });
    speaker.ending.then(({ stderr }) =>
      isOpen.reject(new Error(`It ended early: ${lines.join("\n")}${stderr}`))
    );
    await isOpen.promise;
    const { code } = await speaker.stop();
    assert.equal(code, 0);
    assert.deepEqual(lines.filter((line) => /"level":"(warn|error)"/.test(line)), []);
  });
});

Deno.test("the Dockerfile builds with the Deno that the project is tested with", () => {
  assert.match(dockerfile, new RegExp(`^FROM denoland/deno:bin-${Deno.version.deno} AS deno$`, "m"));
  assert.match(dockerfile, /^FROM scratch$/m);
});
