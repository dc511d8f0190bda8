/**
 * Prints what opening a capture says while fewer descriptors are left than it takes, from none to enough; started with a
 * low limit by capture_test.ts.
 *
 * @module
 */
import { openCapture } from "../../../ffi/pcap.ts";
import { pcapLibrary } from "../../../ffi/pcap_library.ts";

const capture = {
  interface: "eth0",
  snapshotOctets: 256,
  filter: "arp",
  protocol: 0x0806,
  bufferOctets: 65_536,
};

pcapLibrary();
const files: Deno.FsFile[] = [];
try {
  for (;;) files.push(Deno.openSync("/dev/null"));
} catch {
  // None is left.
}

let said = "";
for (; said !== "Opened"; files.pop()?.close()) {
  try {
    openCapture(capture).close();
    said = "Opened";
  } catch (error) {
    said = error instanceof Error ? error.message : String(error);
  }
  console.log(said);
}
