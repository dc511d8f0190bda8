/*
 * `lab resolve INTERFACE TARGET SOURCE MAC INTERVAL_MS GAP_MS`: asks who has an address, by ARP (RFC 826) or Neighbor
 * Solicitation (RFC 4861 4.3), and records whose MAC answers.
 *
 * SOURCE and MAC belong to nobody: the answers pass the kernel of this namespace by, so asking does not refresh the
 * neighbour cache whose staleness the other probers measure.
 */
#define _GNU_SOURCE
#include "lab.h"
#include "record.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RIVALS_MAX 16

static octet target[16], source[16], mac[6];
static int six;

/* RFC 1071 over the pseudo header of RFC 8200 8.1 and an even number of octets. */
static unsigned icmpv6_checksum(const octet *from, const octet *to, const octet *message, int length) {
  unsigned sum = length + 58;
  for (int i = 0; i < 16; i += 2) sum += (from[i] << 8 | from[i + 1]) + (to[i] << 8 | to[i + 1]);
  for (int i = 0; i < length; i += 2) sum += message[i] << 8 | message[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

static int write_arp(octet *frame) {
  memset(frame, 0xff, 6);
  memcpy(frame + 6, mac, 6);
  memcpy(frame + 12, "\x08\x06\0\1\x08\0\6\4\0\1", 10);
  memcpy(frame + 22, mac, 6);
  memcpy(frame + 28, source, 4);
  memcpy(frame + 38, target, 4);
  return 60;
}

static int write_solicitation(octet *frame) {
  octet group[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, target[13], target[14], target[15]};
  frame[0] = frame[1] = 0x33;
  memcpy(frame + 2, group + 12, 4);
  memcpy(frame + 6, mac, 6);
  memcpy(frame + 12, "\x86\xdd\x60\0\0\0\0\x20\x3a\xff", 10);
  memcpy(frame + 22, source, 16);
  memcpy(frame + 38, group, 16);
  frame[54] = 135;
  memcpy(frame + 62, target, 16);
  frame[78] = frame[79] = 1; /* source link-layer address, one unit of 8 octets */
  memcpy(frame + 80, mac, 6);
  unsigned sum = icmpv6_checksum(source, group, frame + 54, 32);
  frame[56] = sum >> 8;
  frame[57] = sum;
  return 86;
}

/* The MAC this frame gives for the target to us; NULL when it is not an answer to us. */
static const octet *answer_in(const octet *frame, int length) {
  if (memcmp(frame, mac, 6)) return NULL;
  if (!six)
    return length >= 42 && frame[12] == 8 && frame[13] == 6 && frame[21] == 2 && !memcmp(frame + 28, target, 4) ? frame + 22 : NULL;
  if (length < 78 || frame[12] != 0x86 || frame[13] != 0xdd || frame[20] != 58 || frame[54] != 136) return NULL;
  if (memcmp(frame + 62, target, 16)) return NULL;
  return length >= 86 && frame[78] == 2 ? frame + 80 : frame + 6; /* RFC 4861 4.4: the option may be left out */
}

static char rivals[RIVALS_MAX][ANSWERER_MAX];
static int rival_count;

static void note_rival(const char *answerer) {
  for (int i = 0; i < rival_count; i++)
    if (!strcmp(rivals[i], answerer)) return;
  if (rival_count < RIVALS_MAX) strcpy(rivals[rival_count++], answerer);
}

/* A reply does not say which request it answers; the latest is as good as any. */
static void receive(int fd, uint64_t latest_request) {
  octet frame[2048];
  ssize_t length;
  while ((length = recv(fd, frame, sizeof frame, 0)) > 0) {
    const octet *from = length >= 14 ? answer_in(frame, length) : NULL;
    if (from == NULL) continue;
    char answerer[ANSWERER_MAX];
    snprintf(answerer, sizeof answerer, "%02x:%02x:%02x:%02x:%02x:%02x", from[0], from[1], from[2], from[3], from[4], from[5]);
    record_answer(now_ms(), answerer, latest_request);
    note_rival(answerer);
  }
}

int run_resolve(int argc, char **argv) {
  if (argc != 6) return 2;
  six = strchr(argv[1], ':') != NULL;
  if (inet_pton(six ? AF_INET6 : AF_INET, argv[1], target) != 1 || inet_pton(six ? AF_INET6 : AF_INET, argv[2], source) != 1 ||
      sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6)
    return 2;
  double interval_ms = atof(argv[4]);
  int index;
  struct pollfd fd = {.fd = open_packet_socket(argv[0], six ? 0x86dd : 0x0806, &index), .events = POLLIN};
  octet frame[128] = {0};
  int size = six ? write_solicitation(frame) : write_arp(frame);
  uint64_t requests = 0;
  record_ready(atof(argv[5]));
  for (double due_ms = now_ms(); !ended();) {
    double at_ms = now_ms();
    if (at_ms >= due_ms) {
      if (rival_count > 1) record_rivals(at_ms, rivals, rival_count);
      rival_count = 0;
      send(fd.fd, frame, size, 0); /* with the link down, a request without answer */
      requests++;
      record_sent(at_ms, at_ms - due_ms);
      due_ms += interval_ms;
      if (due_ms < at_ms) due_ms = at_ms + interval_ms;
    }
    pause_for(&fd, 1, due_ms);
    receive(fd.fd, requests);
    record_tally(now_ms());
  }
  if (rival_count > 1) record_rivals(now_ms(), rivals, rival_count);
  record_end(now_ms());
  return 0;
}
