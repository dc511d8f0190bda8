/**
 * Captures frames of one EtherType on one interface and injects frames, through libpcap.
 *
 * Source: pcap(3PCAP), pcap_set_protocol_linux(3PCAP).
 * Shape: nothing blocks: poll `fd`, then call `next` until it gives null. Frames are views of one buffer, valid until the
 * next call. The filter runs in the kernel; immediate mode hands over each frame as it arrives; never promiscuous, and
 * blind to frames for other stations and other VLANs even when somebody else makes the interface so (socket_filter.ts).
 * The tap is for one EtherType (see packet_socket.ts for why never all): where libpcap is older than 1.9 it must tap all
 * and only the filter selects, so the filter has to name the protocol as well.
 * A capture outlives its interface going down and up again (libpcap before 1.10 has `next` throw ENETDOWN once); when the
 * interface is removed, `next` throws ENODEV.
 *
 * @module
 */
import { ERRNO, lastErrno, SystemError } from "./errno.ts";
import { Handle } from "./handle.ts";
import {
  allocate,
  BPF_PROGRAM_OCTETS,
  encodeCString,
  PCAP_PKTHDR,
  PCAP_STAT_OCTETS,
  unshared,
  viewOf,
} from "./layout.ts";
import { libc } from "./libc.ts";
import { LIBPCAP_NAMES, type PcapLibrary, pcapLibrary } from "./pcap_library.ts";
import { interfaceIndex, orClose } from "./socket.ts";
import { refuseOtherStations } from "./socket_filter.ts";

/** What to capture. */
export interface CaptureOptions {
  readonly interface: string;
  /** In pcap-filter(7) syntax, and complete: "arp", "icmp6 and ip6[40] == 135". */
  readonly filter: string;
  /** The one EtherType to tap. */
  readonly protocol: number;
  /** Octets kept of each frame; longer ones are cut. */
  readonly snapshotOctets: number;
  /** Memory for frames that have not been read yet. */
  readonly bufferOctets: number;
}

/** Counted since the capture was opened; wraps at 2^32. */
export interface CaptureCounters {
  readonly received: number;
  /** Lost because the buffer was full. */
  readonly droppedByKernel: number;
}

const PCAP_ERRBUF_OCTETS = 256;
const PCAP_D_IN = 1;
const PCAP_NETMASK_UNKNOWN = 0xffffffff;
const DLT_EN10MB = 1;
/** What pcap_activate's results mean in the kernel's terms (pcap/pcap.h). */
const ACTIVATE_ERRNO: Readonly<Record<number, number>> = {
  [-5]: ERRNO.ENODEV, // PCAP_ERROR_NO_SUCH_DEVICE
  [-8]: ERRNO.EPERM, // PCAP_ERROR_PERM_DENIED
  [-9]: ERRNO.ENETDOWN, // PCAP_ERROR_IFACE_NOT_UP
  [-11]: ERRNO.EPERM, // PCAP_ERROR_PROMISC_PERM_DENIED
};

type PcapPointer = NonNullable<Deno.PointerValue>;

/** An owned capture. */
export class Capture extends Handle {
  readonly #pcap: PcapLibrary;
  readonly #pointer: PcapPointer;
  /** Where pcap_next_ex writes the addresses of header and frame, and the two slots as its arguments. */
  readonly #addresses = new BigUint64Array(new ArrayBuffer(16));
  readonly #headerSlot = new Uint8Array(this.#addresses.buffer, 0, 8);
  readonly #frameSlot = new Uint8Array(this.#addresses.buffer, 8, 8);
  readonly #header = allocate(PCAP_PKTHDR.octets);
  readonly #headerView = viewOf(this.#header);
  readonly #buffer: Uint8Array<ArrayBuffer>;
  /** Views of the buffer by length, so that a frame costs no allocation. */
  readonly #frames: Uint8Array<ArrayBuffer>[] = [];

  constructor(pcap: PcapLibrary, pointer: PcapPointer, fd: number, name: string, snapshotOctets: number) {
    super(fd, name);
    this.#pcap = pcap;
    this.#pointer = pointer;
    this.#buffer = allocate(snapshotOctets);
  }

  /** The next frame, a view that the next call overwrites; null when none is waiting. */
  next(): Uint8Array<ArrayBuffer> | null {
    this.#expectOpen();
    const result = this.#pcap.pcap_next_ex(this.#pointer, this.#headerSlot, this.#frameSlot);
    if (result === 0) return null;
    if (result < 0) throw this.#readError(lastErrno());
    const { memcpy } = libc();
    memcpy(this.#header, this.#addresses[0]!, HEADER_OCTETS);
    const octets = Math.min(this.#headerView.getUint32(PCAP_PKTHDR.caplen, true), this.#buffer.length);
    memcpy(this.#buffer, this.#addresses[1]!, BigInt(octets));
    return this.#frames[octets] ??= this.#buffer.subarray(0, octets);
  }

  /** Sends one whole frame, link-layer header included; ENOBUFS when the interface's queue is full. */
  inject(frame: Uint8Array): void {
    this.#expectOpen();
    if (this.#pcap.pcap_inject(this.#pointer, unshared(frame), BigInt(frame.length)) >= 0) return;
    const errno = lastErrno();
    const isFull = errno === ERRNO.EAGAIN;
    throw new SystemError(`send on ${this.name}`, isFull ? ERRNO.ENOBUFS : errno);
  }

  /** How many frames the filter has let through, and how many of them were lost. */
  counters(): CaptureCounters {
    this.#expectOpen();
    const stat = allocate(PCAP_STAT_OCTETS);
    if (this.#pcap.pcap_stats(this.#pointer, stat) < 0) {
      throw new SystemError(`read the counters of ${this.name}`, lastErrno());
    }
    const view = viewOf(stat);
    return { received: view.getUint32(0, true), droppedByKernel: view.getUint32(4, true) };
  }

  /** libpcap owns the descriptor. */
  protected override release(): void {
    this.#pcap.pcap_close(this.#pointer);
  }

  /** libpcap must never see a pointer that it has freed. */
  #expectOpen(): void {
    void this.fd;
  }

  #readError(errno: number): SystemError {
    const operation = `receive from ${this.name}`;
    const text = errorText(this.#pcap, this.#pointer);
    // libpcap has taken the socket's error and left only a text.
    if (text.includes("disappeared")) return new SystemError(operation, ERRNO.ENODEV);
    if (text.includes("went down")) return new SystemError(operation, ERRNO.ENETDOWN);
    return new SystemError(operation, errno || ERRNO.EIO, text);
  }
}

const HEADER_OCTETS = BigInt(PCAP_PKTHDR.octets);

/** Opens a capture; throws EPERM without CAP_NET_RAW, ENODEV, ENETDOWN, or ENOENT without libpcap. */
export function openCapture(
  options: CaptureOptions,
  libraryNames: readonly string[] = LIBPCAP_NAMES,
): Capture {
  const pcap = pcapLibrary(libraryNames);
  const name = `capture on ${options.interface}`;
  const operation = `open ${name}`;
  // Asked first: libpcap reports an unknown name in several ways, some of them as a missing permission.
  interfaceIndex(options.interface, operation);
  const pointer = pcap.pcap_create(encodeCString(options.interface), allocate(PCAP_ERRBUF_OCTETS));
  if (pointer === null) throw new SystemError(operation, ERRNO.ENOMEM);
  try {
    activate(pcap, pointer, options, operation);
  } catch (error) {
    pcap.pcap_close(pointer);
    throw error;
  }
  const capture = new Capture(
    pcap,
    pointer,
    pcap.pcap_get_selectable_fd(pointer),
    name,
    options.snapshotOctets,
  );
  // libpcap leaves its socket to every child process, where it would go on filling its buffer.
  return orClose(capture, () => capture.closeOnExec());
}

function activate(pcap: PcapLibrary, pointer: PcapPointer, options: CaptureOptions, operation: string): void {
  pcap.pcap_set_snaplen(pointer, options.snapshotOctets);
  pcap.pcap_set_promisc(pointer, 0);
  pcap.pcap_set_immediate_mode(pointer, 1);
  pcap.pcap_set_buffer_size(pointer, options.bufferOctets);
  pcap.pcap_set_protocol_linux?.(pointer, options.protocol);
  const result = pcap.pcap_activate(pointer);
  // Positive results are warnings.
  if (result < 0) {
    const errno = ACTIVATE_ERRNO[result];
    if (errno !== undefined) throw new SystemError(operation, errno);
    throw activateError(operation, errorText(pcap, pointer));
  }
  if (pcap.pcap_datalink(pointer) !== DLT_EN10MB) {
    throw new SystemError(operation, ERRNO.EOPNOTSUPP, "it is not an Ethernet interface, exclude it");
  }
  setFilter(pcap, pointer, options.filter, operation);
  pcap.pcap_setdirection(pointer, PCAP_D_IN);
  if (pcap.pcap_setnonblock(pointer, 1, allocate(PCAP_ERRBUF_OCTETS)) < 0) {
    throw new SystemError(operation, lastErrno());
  }
}

/** libpcap has taken the error of a system call within and left only the kernel's text at the end of its own. */
function activateError(operation: string, text: string): SystemError {
  if (text.endsWith("Too many open files")) return new SystemError(operation, ERRNO.EMFILE);
  if (text.endsWith("Too many open files in system")) return new SystemError(operation, ERRNO.ENFILE);
  return new SystemError(operation, ERRNO.EIO, text);
}

function setFilter(pcap: PcapLibrary, pointer: PcapPointer, filter: string, operation: string): void {
  const program = allocate(BPF_PROGRAM_OCTETS);
  if (pcap.pcap_compile(pointer, program, encodeCString(filter), 1, PCAP_NETMASK_UNKNOWN) < 0) {
    throw new SystemError(`${operation} with the filter "${filter}"`, ERRNO.EINVAL, errorText(pcap, pointer));
  }
  try {
    // libpcap keeps the filter too: it judges the frames that came before the kernel had it.
    if (pcap.pcap_setfilter(pointer, program) < 0) {
      throw new SystemError(operation, ERRNO.EIO, errorText(pcap, pointer));
    }
    refuseOtherStations(pcap.pcap_get_selectable_fd(pointer), program, operation);
  } finally {
    pcap.pcap_freecode(program);
  }
}

function errorText(pcap: PcapLibrary, pointer: PcapPointer): string {
  const text = pcap.pcap_geterr(pointer);
  return text === null ? "" : Deno.UnsafePointerView.getCString(text);
}
