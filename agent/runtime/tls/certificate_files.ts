/**
 * A serving certificate that others keep: the files tls.crt and tls.key of a folder, as a mounted Secret shows them.
 *
 * Source: Kubernetes, Secrets of type kubernetes.io/tls; a kubelet replaces both files at once, by a link.
 * Shape: the folder is looked at every ten seconds; a pair that cannot be used is told of and the one before stays.
 *
 * @module
 */
import { examine } from "./key_pair.ts";
import type { KeyPair } from "./self_signed.ts";

const LOOK_EVERY_MS = 10_000;

export interface CertificateFilesOptions {
  readonly folder: string;
  /** A pair that can be used, the first one and each new one. */
  readonly onCertificate: (pair: KeyPair) => void;
  /** Told once for each reason, as long as it lasts. */
  readonly onFault: (error: Error) => void;
  /** LOOK_EVERY_MS when absent. */
  readonly lookEveryMs?: number;
}

/** See the module comment. Disposing it ends the looking. */
export class CertificateFiles implements Disposable {
  readonly #options: CertificateFilesOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #certificate = "";
  #fault = "";

  constructor(options: CertificateFilesOptions) {
    this.#options = options;
    this.#look();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { folder, onCertificate, onFault, lookEveryMs = LOOK_EVERY_MS } = this.#options;
    try {
      const pair = await readCertificateFiles(folder);
      this.#fault = "";
      if (!this.#isClosed && pair.certificate !== this.#certificate) {
        this.#certificate = pair.certificate;
        onCertificate(pair);
      }
    } catch (error) {
      const { message } = error as Error;
      if (!this.#isClosed && message !== this.#fault) onFault(error as Error);
      this.#fault = message;
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#look(), lookEveryMs);
  }
}

/** Reads the pair once; throws with what to do when there is none, or none that can be used. */
export async function readCertificateFiles(folder: string): Promise<KeyPair> {
  const [certificate, privateKey] = await Promise.all(
    ["tls.crt", "tls.key"].map(async (name) => {
      try {
        return await Deno.readTextFile(`${folder}/${name}`);
      } catch (cause) {
        throw new Error(`Cannot read ${folder}/${name}: ${(cause as Error).message}`, { cause });
      }
    }),
  );
  const pair = { certificate: certificate!, privateKey: privateKey! };
  if (examine(pair) === null) {
    throw new Error(`${folder}/tls.crt is no certificate, or tls.key is not its key: put both there`);
  }
  return pair;
}
