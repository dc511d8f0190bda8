/**
 * The controller of controller.ts as a process in the lab.
 *
 * @module
 */
import type { Rule } from "../../lab/apiserver/cluster.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Program } from "../../lab/program/program.ts";
import { Recording } from "../../lab/program/recording.ts";

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

const PROGRAM = decodeURIComponent(new URL("controller.ts", import.meta.url).pathname);
const CONTROLLER = [Deno.execPath(), "run", "--frozen", "-A", PROGRAM];

/** A program in a network namespace of `ip netns exec` has a mount table of its own: nobody else sees this. */
const MOUNT_ACCOUNT = `
account=/var/run/secrets/kubernetes.io/serviceaccount
mount -t tmpfs pod /run
mkdir -p $account
printf %s "$TOKEN" > $account/token
printf %s "$AUTHORITY" > $account/ca.crt
exec "$@"`;

/** A Pod's account; token and authority as the files would hold them. */
interface PodAccount {
  readonly server: string;
  readonly token: string;
  readonly authority: string;
}

/** See the module comment. Disposing it kills it. */
export class Role implements AsyncDisposable {
  /** What the controller may do. */
  static readonly rules: readonly Rule[] = [
    { apiGroups: [""], resources: ["services", "nodes", "namespaces", "secrets"], verbs: ["list", "watch"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    {
      apiGroups: ["metallb.io"],
      resources: [
        "ipaddresspools",
        "l2advertisements",
        "communities",
        "bgppeers",
        "bgpadvertisements",
        "bfdprofiles",
      ],
      verbs: ["list", "watch"],
    },
    { apiGroups: [""], resources: ["services/status"], verbs: ["patch"] },
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create", "get", "update"] },
  ];

  readonly log: Recording<Line> = new Recording();
  readonly program: Program;

  private constructor(lab: Lab, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.program = lab.control.spawn(argv, {
      env,
      onLine: (line) => this.log.push(JSON.parse(line) as Line),
    });
    this.program.ending.then(({ code, stderr }) => this.log.close(`Ended with ${code}: ${stderr}`));
  }

  /** Starts it; with an identity it takes part in the election. */
  static controller(lab: Lab, kubeconfig: string, identity?: string): Role {
    return new Role(lab, [...CONTROLLER, kubeconfig, ...(identity === undefined ? [] : [identity])]);
  }

  /** Starts it as in a Pod: two files and two variables are all that it is told. */
  static inPod(lab: Lab, { server, token, authority }: PodAccount): Role {
    const { hostname, port } = new URL(server);
    return new Role(lab, ["sh", "-ec", MOUNT_ACCOUNT, "sh", ...CONTROLLER, "-"], {
      TOKEN: token,
      AUTHORITY: authority,
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    });
  }

  /** The first line with this message from index `from`, now or within the time. */
  waitForLog(msg: string, from: number = 0): Promise<Line> {
    return this.log.waitFor(`"${msg}"`, (line) => line.msg === msg, { from, withinMs: 30_000 });
  }

  /** Resident octets, and passes so far. */
  async memory(): Promise<{ readonly rss: number; readonly heapUsed: number; readonly passes: number }> {
    const from = this.log.all.length;
    this.program.signal("SIGUSR1");
    return await this.waitForLog("memory", from) as unknown as Awaited<ReturnType<Role["memory"]>>;
  }

  /** Asks it to end (SIGTERM). */
  async stop(): Promise<void> {
    await this.program.stop();
  }

  /** Ends it as a crash would (SIGKILL). */
  async kill(): Promise<void> {
    await this.program.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
