/**
 * libpcap's symbols, opened on first use from whichever name the system has it under.
 *
 * Source: pcap(3PCAP); Debian and its kin install libpcap.so.0.8, others libpcap.so.1.
 * Shape: `pcapLibrary()` gives the functions, or throws a SystemError that says what to install.
 * Not here: captures (pcap.ts).
 *
 * @module
 */
import { ERRNO, SystemError } from "./errno.ts";

const SYMBOLS = {
  // pcap_t *pcap_create(const char *source, char *errbuf)
  pcap_create: { parameters: ["buffer", "buffer"], result: "pointer" },
  // int pcap_set_snaplen(pcap_t *p, int snaplen)
  pcap_set_snaplen: { parameters: ["pointer", "i32"], result: "i32" },
  // int pcap_set_promisc(pcap_t *p, int promisc)
  pcap_set_promisc: { parameters: ["pointer", "i32"], result: "i32" },
  // int pcap_set_immediate_mode(pcap_t *p, int immediate_mode)
  pcap_set_immediate_mode: { parameters: ["pointer", "i32"], result: "i32" },
  // int pcap_set_buffer_size(pcap_t *p, int buffer_size)
  pcap_set_buffer_size: { parameters: ["pointer", "i32"], result: "i32" },
  // int pcap_set_protocol_linux(pcap_t *p, int protocol): host byte order; since libpcap 1.9
  pcap_set_protocol_linux: { parameters: ["pointer", "i32"], result: "i32", optional: true },
  // int pcap_activate(pcap_t *p)
  pcap_activate: { parameters: ["pointer"], result: "i32" },
  // int pcap_setnonblock(pcap_t *p, int nonblock, char *errbuf)
  pcap_setnonblock: { parameters: ["pointer", "i32", "buffer"], result: "i32" },
  // int pcap_setdirection(pcap_t *p, pcap_direction_t d)
  pcap_setdirection: { parameters: ["pointer", "i32"], result: "i32" },
  // int pcap_datalink(pcap_t *p)
  pcap_datalink: { parameters: ["pointer"], result: "i32" },
  // int pcap_compile(pcap_t *p, struct bpf_program *fp, const char *str, int optimize, bpf_u_int32 netmask)
  pcap_compile: { parameters: ["pointer", "buffer", "buffer", "i32", "u32"], result: "i32" },
  // int pcap_setfilter(pcap_t *p, struct bpf_program *fp)
  pcap_setfilter: { parameters: ["pointer", "buffer"], result: "i32" },
  // void pcap_freecode(struct bpf_program *fp)
  pcap_freecode: { parameters: ["buffer"], result: "void" },
  // int pcap_get_selectable_fd(pcap_t *p)
  pcap_get_selectable_fd: { parameters: ["pointer"], result: "i32" },
  // int pcap_next_ex(pcap_t *p, struct pcap_pkthdr **header, const u_char **data)
  pcap_next_ex: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  // int pcap_inject(pcap_t *p, const void *buf, size_t size)
  pcap_inject: { parameters: ["pointer", "buffer", "usize"], result: "i32" },
  // int pcap_stats(pcap_t *p, struct pcap_stat *ps)
  pcap_stats: { parameters: ["pointer", "buffer"], result: "i32" },
  // char *pcap_geterr(pcap_t *p)
  pcap_geterr: { parameters: ["pointer"], result: "pointer" },
  // void pcap_close(pcap_t *p)
  pcap_close: { parameters: ["pointer"], result: "void" },
} as const;

export type PcapLibrary = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The names libpcap goes by, most common first. */
export const LIBPCAP_NAMES: readonly string[] = ["libpcap.so.0.8", "libpcap.so.1"];

let opened: PcapLibrary | null = null;

/** libpcap's functions; throws ENOENT when it is not installed. `names` is for tests of exactly that. */
export function pcapLibrary(names: readonly string[] = LIBPCAP_NAMES): PcapLibrary {
  if (names !== LIBPCAP_NAMES) return openLibrary(names);
  return opened ??= openLibrary(names);
}

function openLibrary(names: readonly string[]): PcapLibrary {
  let cause: unknown;
  for (const name of names) {
    try {
      return Deno.dlopen(name, SYMBOLS).symbols;
    } catch (error) {
      // Without --allow-ffi the library may well be there: not the error to report as a missing one.
      if (error instanceof Deno.errors.NotCapable) throw error;
      cause = error;
    }
  }
  const advice = "install libpcap (Debian: apt-get install libpcap0.8)";
  throw new SystemError(`open ${names.join(" or ")}`, ERRNO.ENOENT, advice, { cause });
}
