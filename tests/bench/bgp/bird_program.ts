/**
 * BIRD with a configuration of the benchmark's own: many routes, or many sessions, in one program.
 *
 * Source: BIRD 2.0's user guide.
 * Not here: BIRD as tests want it (tests/lab/routers/bird.ts).
 *
 * @module
 */
import type { Host } from "../../lab/network/host.ts";
import type { Program } from "../../lab/program/program.ts";
import { Conversation } from "../../lab/routers/unix_socket.ts";

/** A running BIRD. Disposing it kills it. */
export class BirdProgram implements AsyncDisposable {
  readonly program: Program;
  readonly #file: string;
  readonly #control: Conversation;

  private constructor(program: Program, file: string, control: Conversation) {
    this.program = program;
    this.#file = file;
    this.#control = control;
  }

  /** Starts it on a host with this configuration; its files are in a new folder below `folder`. */
  static async start(host: Host, folder: string, text: string): Promise<BirdProgram> {
    const own = await Deno.makeTempDir({ dir: folder, prefix: "bird-" });
    const [file, socket] = [`${own}/bird.conf`, `${own}/bird.ctl`];
    await Deno.writeTextFile(file, text);
    const program = host.namespace.spawn(["/usr/sbin/bird", "-f", "-c", file, "-s", socket]);
    const control = await Conversation.open(socket, endsByLastCode);
    const bird = new BirdProgram(program, file, control);
    await control.ask(""); // It greets whoever connects.
    return bird;
  }

  /** What birdc would print, with its codes. */
  async command(command: string): Promise<string> {
    return new TextDecoder().decode(await this.#control.ask(`${command}\n`));
  }

  /** Puts another configuration in force. */
  async configure(text: string): Promise<void> {
    await Deno.writeTextFile(this.#file, text);
    await this.command("configure");
  }

  /** How many of its BGP sessions are up. */
  async sessionsUp(): Promise<number> {
    return [...(await this.command("show protocols")).matchAll(/ BGP .* Established/g)].length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control[Symbol.dispose]();
    await this.program[Symbol.asyncDispose]();
  }
}

function endsByLastCode(answer: Uint8Array): boolean {
  return /(^|\n)\d{4} [^\n]*\n$/.test(new TextDecoder().decode(answer.subarray(-512)));
}
