/*
 * ARP (RFC 826) and Neighbor Discovery (RFC 4861 4.3, 4.4) frames, as few octets of code as they allow.
 */
#include "bench.h"

#include <string.h>

#define ARP_OCTETS 60   /* 42 and the padding of the shortest frame */
#define NDP_OCTETS 86   /* Ethernet 14, IPv6 40, message 24, link-layer address option 8 */

/* RFC 1071 over the pseudo header (RFC 8200 8.1) and 32 octets of message, into its checksum field. */
static void write_checksum(octet *frame) {
  unsigned sum = 32 + 58;
  frame[56] = frame[57] = 0;
  for (int i = 22; i < NDP_OCTETS; i += 2) sum += frame[i] << 8 | frame[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  frame[56] = ~sum >> 8;
  frame[57] = ~sum;
}

/* The Ethernet source, IPv6 header and ICMPv6 type of a message with one link-layer address option. */
static void write_ndp(octet *frame, const octet *mac, const octet *source, const octet *destination, octet type,
                      const octet *target, octet option) {
  memset(frame + 12, 0, NDP_OCTETS - 12);
  memcpy(frame + 6, mac, 6);
  memcpy(frame + 12, "\x86\xdd\x60\0\0\0\0\x20\x3a\xff", 10);
  memcpy(frame + 22, source, 16);
  memcpy(frame + 38, destination, 16);
  frame[54] = type;
  memcpy(frame + 62, target, 16);
  frame[78] = option;
  frame[79] = 1;
  memcpy(frame + 80, mac, 6);
}

int write_request(octet *frame, const octet *mac, struct address source, struct address target) {
  if (target.six) {
    const octet *low = target.octets + 13;
    octet group[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, low[0], low[1], low[2]};
    memcpy(frame, "\x33\x33", 2);
    memcpy(frame + 2, group + 12, 4);
    write_ndp(frame, mac, source.octets, group, 135, target.octets, 1);
    write_checksum(frame);
    return NDP_OCTETS;
  }
  memset(frame, 0, ARP_OCTETS);
  memset(frame, 0xff, 6);
  memcpy(frame + 6, mac, 6);
  memcpy(frame + 12, "\x08\x06\0\1\x08\0\6\4\0\1", 10);
  memcpy(frame + 22, mac, 6);
  memcpy(frame + 28, source.octets, 4);
  memcpy(frame + 38, target.octets, 4);
  return ARP_OCTETS;
}

static int is_arp(const octet *frame, int length) {
  return length >= 42 && !memcmp(frame + 12, "\x08\x06\0\1\x08\0\6\4\0", 9);
}

static int is_ndp(const octet *frame, int length, octet type) {
  return length >= 78 && frame[12] == 0x86 && frame[13] == 0xdd && frame[20] == 58 && frame[54] == type;
}

int write_answer(octet *frame, const octet *mac, struct address target, const octet *request, int length) {
  if (target.six) {
    if (!is_ndp(request, length, 135) || memcmp(request + 62, target.octets, 16)) return 0;
    memcpy(frame, request + 6, 6);
    write_ndp(frame, mac, target.octets, request + 22, 136, target.octets, 2);
    frame[58] = 0x60; /* solicited, override */
    write_checksum(frame);
    return NDP_OCTETS;
  }
  if (!is_arp(request, length) || request[21] != 1 || memcmp(request + 38, target.octets, 4)) return 0;
  memset(frame, 0, ARP_OCTETS);
  memcpy(frame, request + 22, 6);
  memcpy(frame + 6, mac, 6);
  memcpy(frame + 12, "\x08\x06\0\1\x08\0\6\4\0\2", 10);
  memcpy(frame + 22, mac, 6);
  memcpy(frame + 28, target.octets, 4);
  memcpy(frame + 32, request + 22, 10);
  return ARP_OCTETS;
}

int is_answer(const octet *frame, int length, struct address target) {
  if (target.six) return is_ndp(frame, length, 136) && !memcmp(frame + 62, target.octets, 16);
  return is_arp(frame, length) && frame[21] == 2 && !memcmp(frame + 28, target.octets, 4);
}

int is_gratuitous(const octet *frame, int length, struct address target) {
  return is_arp(frame, length) && !memcmp(frame + 28, target.octets, 4) && !memcmp(frame + 38, target.octets, 4);
}
