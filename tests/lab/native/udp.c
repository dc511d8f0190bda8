/*
 * `lab udp ADDRESS PORT INTERVAL_MS GAP_MS`: one datagram an interval to a backend, from one socket; the answer says
 * "SEQUENCE NODE".
 */
#define _GNU_SOURCE
#include "lab.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void receive(int fd) {
  char answer[256], node[ANSWERER_MAX];
  ssize_t length;
  while ((length = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT)) > 0) {
    unsigned long long sequence;
    answer[length] = 0;
    if (sscanf(answer, "%llu %63s", &sequence, node) != 2) continue;
    record_answer(now_ms(), node, sequence);
  }
}

int run_udp(int argc, char **argv) {
  if (argc != 4) return 2;
  struct sockaddr_storage address;
  socklen_t length = address_of(argv[0], atoi(argv[1]), &address);
  double interval_ms = atof(argv[2]);
  struct pollfd fd = {.fd = socket(address.ss_family, SOCK_DGRAM, 0), .events = POLLIN};
  if (fd.fd < 0) fail("open a UDP socket");
  widen_buffer(fd.fd);
  /* Connected, so that only the service address itself can answer: a reply from elsewhere is no answer. */
  if (connect(fd.fd, (struct sockaddr *)&address, length) < 0) fail("connect the UDP socket");
  record_ready(atof(argv[3]));
  double due_ms = now_ms();
  for (uint64_t sequence = 1; !ended();) {
    double at_ms = now_ms();
    if (at_ms >= due_ms) {
      char request[32];
      int size = snprintf(request, sizeof request, "%llu", (unsigned long long)sequence++);
      /* An ICMP error to an earlier request would be reported in place of sending this one. */
      int earlier;
      socklen_t earlier_size = sizeof earlier;
      getsockopt(fd.fd, SOL_SOCKET, SO_ERROR, &earlier, &earlier_size);
      send(fd.fd, request, size, MSG_DONTWAIT);
      record_sent(at_ms, at_ms - due_ms);
      due_ms += interval_ms;
      if (due_ms < at_ms) due_ms = at_ms + interval_ms; /* after a stall: no burst */
    }
    pause_for(&fd, 1, due_ms);
    receive(fd.fd);
    record_tally(now_ms());
  }
  record_end(now_ms());
  return 0;
}
