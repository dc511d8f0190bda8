/*
 * `bench ask INTERFACE SOURCE TARGET COUNT GAP_US`: asks who has TARGET, COUNT times, the next one GAP_US after the last
 * answer, and prints how long each answer took: {"lost": 0, "tookNs": [...]}.
 *
 * The time runs from before send(2) to after recv(2), both calls in one thread that sleeps in between.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#define PATIENCE_NS 100000000ull

/* The time until the answer, or 0 when none comes. */
static uint64_t ask(struct station station, const octet *request, int size, struct address target) {
  octet frame[FRAME_MAX];
  while (recv(station.fd, frame, sizeof frame, MSG_DONTWAIT) > 0) continue; /* what came late is no answer to this */
  uint64_t sent = now_ns();
  if (send(station.fd, request, size, 0) < 0) fail("send a request");
  for (;;) {
    int length = recv(station.fd, frame, sizeof frame, 0);
    uint64_t received = now_ns();
    if (length > 0 && is_answer(frame, length, target)) return received - sent;
    if (received - sent >= PATIENCE_NS) return 0;
  }
}

int run_ask(int argc, char **argv) {
  if (argc != 5) return 2;
  struct address source = address_of(argv[1]), target = address_of(argv[2]);
  struct station station = open_station(argv[0], target.six);
  struct timeval patience = {.tv_usec = PATIENCE_NS / 1000};
  setsockopt(station.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  int count = atoi(argv[3]), lost = 0, answered = 0;
  uint64_t gap_ns = atoll(argv[4]) * 1000, *took = calloc(count, sizeof *took);
  octet request[FRAME_MAX];
  int size = write_request(request, station.mac, source, target);
  take_precedence();
  for (int i = 0; i < count; i++) {
    uint64_t ns = ask(station, request, size, target);
    if (ns == 0) lost++;
    else took[answered++] = ns;
    if (gap_ns > 0) pause_ns(gap_ns);
  }
  printf("{\"lost\":%d,\"tookNs\":[", lost);
  for (int i = 0; i < answered; i++) printf("%s%llu", i ? "," : "", (unsigned long long)took[i]);
  printf("]}\n");
  return 0;
}
