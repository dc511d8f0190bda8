/**
 * Prints what opening a capture and a packet socket says; started without CAP_NET_RAW by capture_test.ts.
 *
 * @module
 */
import { openPacketSocket } from "../../../ffi/packet_socket.ts";
import { openCapture } from "../../../ffi/pcap.ts";

const onEth0 = { interface: "eth0", snapshotOctets: 256 } as const;

const openings = [
  () => openCapture({ ...onEth0, filter: "arp", protocol: 0x0806, bufferOctets: 65_536 }),
  () => openPacketSocket({ ...onEth0, ethertype: 0x0806 }),
];

for (const open of openings) {
  try {
    open().close();
    console.log("Opened");
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
  }
}
