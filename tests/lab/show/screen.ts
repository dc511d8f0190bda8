/**
 * Where the demonstration writes: a terminal, whose table is redrawn in place below the lines that stay, or anything
 * else, which gets plain lines and the table only when a part is over.
 *
 * @module
 */

/** See the module comment. */
export class Screen {
  readonly #isTerminal = Deno.stdout.isTerminal();
  readonly #startedAt = performance.now();
  #table: readonly string[] = [];
  #drawn = 0;

  get isTerminal(): boolean {
    return this.#isTerminal;
  }

  /** A line that stays, with the seconds since the start. */
  say(line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    this.#write([`${seconds} s  ${line}`]);
  }

  /** Lines that stay as they are. */
  print(lines: readonly string[]): void {
    this.#write(lines);
  }

  /** The table as it is now; only a terminal shows it. */
  draw(table: readonly string[]): void {
    if (!this.#isTerminal) return;
    this.#table = table;
    this.#write([]);
  }

  /** The table stays as it last was; what follows goes below it. */
  leave(): void {
    this.#drawn = 0;
    this.#table = [];
  }

  #write(staying: readonly string[]): void {
    const back = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[J` : "";
    const width = this.#isTerminal ? widthOfTerminal() : Infinity;
    const lines = [...staying, ...this.#table.map((line) => line.slice(0, width))];
    this.#drawn = this.#table.length;
    const octets = new TextEncoder().encode(back + lines.map((line) => `${line}\n`).join(""));
    for (let written = 0; written < octets.length;) {
      written += Deno.stdout.writeSync(octets.subarray(written));
    }
  }
}

function widthOfTerminal(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** Rows as aligned columns, the first row a heading. */
export function formatColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
}
