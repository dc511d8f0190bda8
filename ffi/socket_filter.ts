/**
 * A filter in the kernel that keeps frames for other stations from a packet socket, in front of one libpcap has compiled.
 *
 * Source: packet(7) (PACKET_OTHERHOST), socket(7) (SO_ATTACH_FILTER), linux/filter.h (struct sock_filter, SKF_AD_PKTTYPE).
 * Why: the kernel takes the tag off a frame before a tap for one EtherType sees it. The frame of a VLAN that has no
 * interface here then looks like one of the untagged network; that it is marked as another station's is all there is
 * left to tell them apart.
 * Not here: compiling pcap-filter(7) expressions, which cannot say this (pcap.ts).
 *
 * @module
 */
import { check } from "./errno.ts";
import { allocate, viewOf, writePointer } from "./layout.ts";
import { libc } from "./libc.ts";

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;

/** struct sock_filter: code @0, jt @2, jf @3, k @4; struct bpf_insn of libpcap is the same. */
const INSTRUCTION_OCTETS = 8;
/** struct sock_fprog: len @0, filter @8. */
const PROGRAM_OCTETS = 16;

const SKF_AD_PKTTYPE = 0xfffff000 + 4;
const PACKET_OTHERHOST = 3;

/** Code, jump if true, jump if false, operand. Jumps count from the next instruction, so more may follow the last. */
const OTHER_STATIONS = [
  [0x30, 0, 0, SKF_AD_PKTTYPE], // ldb: what the frame is to this host
  [0x15, 0, 1, PACKET_OTHERHOST], // jeq: go on at the next but one when it is another
  [0x06, 0, 0, 0], // ret: drop
] as const;

/**
 * Replaces the socket's filter by one that drops frames for other stations and leaves the rest to `program`, a filled
 * struct bpf_program.
 */
export function refuseOtherStations(fd: number, program: Uint8Array, operation: string): void {
  const compiled = viewOf(program);
  const count = compiled.getUint32(0, true);
  // Header and instructions in one buffer, which the call keeps alive.
  const attached = allocate(PROGRAM_OCTETS + (OTHER_STATIONS.length + count) * INSTRUCTION_OCTETS);
  const instructions = attached.subarray(PROGRAM_OCTETS);
  viewOf(attached).setUint16(0, OTHER_STATIONS.length + count, true);
  writePointer(viewOf(attached), 8, instructions);
  OTHER_STATIONS.forEach((instruction, i) => {
    writeInstruction(viewOf(instructions), i * INSTRUCTION_OCTETS, instruction);
  });
  const { memcpy, setsockopt } = libc();
  memcpy(
    instructions.subarray(OTHER_STATIONS.length * INSTRUCTION_OCTETS),
    compiled.getBigUint64(8, true),
    BigInt(count * INSTRUCTION_OCTETS),
  );
  check(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, attached, PROGRAM_OCTETS), operation);
}

function writeInstruction(view: DataView, at: number, instruction: (typeof OTHER_STATIONS)[number]): void {
  const [code, jumpIfTrue, jumpIfFalse, operand] = instruction;
  view.setUint16(at, code, true);
  view.setUint8(at + 2, jumpIfTrue);
  view.setUint8(at + 3, jumpIfFalse);
  view.setUint32(at + 4, operand, true);
}
