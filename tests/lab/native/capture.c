/*
 * `lab capture INTERFACE`: every ARP frame (RFC 826) and every Neighbor Discovery message (RFC 4861 4, ICMPv6 133 to 137)
 * that an interface sends or receives, one event each.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>

static const char *mac_text(const octet *mac, char *into) {
  sprintf(into, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return into;
}

static const char *ip_text(int family, const octet *ip, char *into) {
  inet_ntop(family, ip, into, INET6_ADDRSTRLEN);
  return into;
}

/* What every event begins with. */
static void write_head(char *into, size_t room, const char *type, const octet *frame, int outgoing) {
  char from[18], to[18];
  snprintf(into, room,
           "{\"type\":\"%s\",\"atMs\":%.3f,\"direction\":\"%s\",\"ethernetSource\":\"%s\",\"ethernetDestination\":\"%s\"",
           type, now_ms(), outgoing ? "out" : "in", mac_text(frame + 6, from), mac_text(frame, to));
}

static void print_arp(const octet *frame, int length, int outgoing) {
  char head[256], sha[18], tha[18], spa[INET6_ADDRSTRLEN], tpa[INET6_ADDRSTRLEN];
  if (length < 42) return;
  write_head(head, sizeof head, "arp", frame, outgoing);
  print_line("%s,\"operation\":%d,\"senderMac\":\"%s\",\"senderIp\":\"%s\",\"targetMac\":\"%s\",\"targetIp\":\"%s\"}", head,
             frame[20] << 8 | frame[21], mac_text(frame + 22, sha), ip_text(AF_INET, frame + 28, spa),
             mac_text(frame + 32, tha), ip_text(AF_INET, frame + 38, tpa));
}

/* The link-layer address in the option of this type (1 source, 2 target), quoted, or null. */
static const char *option_text(const octet *options, const octet *end, int type, char *into) {
  for (; options + 8 <= end && options[1] > 0; options += options[1] * 8) {
    char mac[18];
    if (options[0] != type) continue;
    sprintf(into, "\"%s\"", mac_text(options + 2, mac));
    return into;
  }
  return "null";
}

static void print_ndp(const octet *frame, int length, int outgoing) {
  static const char *names[] = {"RouterSolicitation", "RouterAdvertisement", "NeighborSolicitation",
                                "NeighborAdvertisement", "Redirect"};
  if (length < 62 || frame[20] != 58 || frame[54] < 133 || frame[54] > 137) return;
  int has_target = frame[54] >= 135 && length >= 78;
  const octet *options = frame + (has_target ? 78 : 62), *end = frame + length;
  char head[256], source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN + 2] = "null";
  char source_mac[20], target_mac[20], text[INET6_ADDRSTRLEN];
  if (has_target) sprintf(target, "\"%s\"", ip_text(AF_INET6, frame + 62, text));
  write_head(head, sizeof head, "ndp", frame, outgoing);
  print_line("%s,\"message\":\"%s\",\"hopLimit\":%d,\"source\":\"%s\",\"destination\":\"%s\",\"target\":%s,\"router\":%s,"
             "\"solicited\":%s,\"override\":%s,\"sourceMac\":%s,\"targetMac\":%s}",
             head, names[frame[54] - 133], frame[21], ip_text(AF_INET6, frame + 22, source),
             ip_text(AF_INET6, frame + 38, destination), target, frame[58] & 0x80 ? "true" : "false",
             frame[58] & 0x40 ? "true" : "false", frame[58] & 0x20 ? "true" : "false",
             option_text(options, end, 1, source_mac), option_text(options, end, 2, target_mac));
}

int run_capture(int argc, char **argv) {
  if (argc != 1) return 2;
  int index;
  /* Every EtherType: a socket for one of them would not see what this host sends itself. */
  struct pollfd fd = {.fd = open_packet_socket(argv[0], 0x0003, &index), .events = POLLIN};
  print_line("{\"type\":\"ready\",\"atMs\":%.3f}", now_ms());
  while (!ended()) {
    octet frame[2048];
    struct sockaddr_ll from;
    socklen_t size = sizeof from;
    ssize_t length;
    pause_for(&fd, 1, now_ms() + 1000);
    while ((length = recvfrom(fd.fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &size)) > 0) {
      if (length < 14) continue;
      int outgoing = from.sll_pkttype == PACKET_OUTGOING, ethertype = frame[12] << 8 | frame[13];
      if (ethertype == 0x0806) print_arp(frame, length, outgoing);
      if (ethertype == 0x86dd) print_ndp(frame, length, outgoing);
    }
  }
  print_line("{\"type\":\"end\",\"atMs\":%.3f}", now_ms());
  return 0;
}
