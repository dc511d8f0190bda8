/*
 * `bench flood INTERFACE SOURCE TARGET OUTSTANDING SECONDS`: keeps OUTSTANDING requests unanswered at any time, for a
 * while: {"answers": ..., "lost": ..., "tookNs": ...}. Batched, so that asking costs less than answering.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define OUTSTANDING_MAX 1024
/* When nothing has come for so long, what is outstanding counts as lost. */
#define PATIENCE_US 200000

static octet request[FRAME_MAX], frames[OUTSTANDING_MAX][FRAME_MAX];
static struct iovec outgoing, incoming[OUTSTANDING_MAX];
static struct mmsghdr sending[OUTSTANDING_MAX], receiving[OUTSTANDING_MAX];

/* How many of the frames that have come are answers; -1 when patience ended before any frame came. */
static int receive(int fd, struct address target) {
  int answers = 0, count = recvmmsg(fd, receiving, OUTSTANDING_MAX, MSG_WAITFORONE, NULL);
  if (count <= 0) return -1;
  for (int i = 0; i < count; i++) answers += is_answer(frames[i], receiving[i].msg_len, target);
  return answers;
}

int run_flood(int argc, char **argv) {
  if (argc != 5 || atoi(argv[3]) > OUTSTANDING_MAX) return 2;
  struct address source = address_of(argv[1]), target = address_of(argv[2]);
  struct station station = open_station(argv[0], target.six);
  struct timeval patience = {.tv_usec = PATIENCE_US};
  setsockopt(station.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  int width = atoi(argv[3]), outstanding = 0, size = write_request(request, station.mac, source, target);
  outgoing = (struct iovec){request, size};
  for (int i = 0; i < OUTSTANDING_MAX; i++) {
    incoming[i] = (struct iovec){frames[i], FRAME_MAX};
    sending[i].msg_hdr = (struct msghdr){.msg_iov = &outgoing, .msg_iovlen = 1};
    receiving[i].msg_hdr = (struct msghdr){.msg_iov = &incoming[i], .msg_iovlen = 1};
  }
  uint64_t answers = 0, lost = 0, start = now_ns(), end = start + (uint64_t)(atof(argv[4]) * 1e9);
  while (now_ns() < end) {
    int sent = sendmmsg(station.fd, sending, width - outstanding, 0);
    if (sent > 0) outstanding += sent;
    int received = receive(station.fd, target);
    if (received < 0) {
      lost += outstanding;
      outstanding = 0;
      continue;
    }
    answers += received;
    outstanding -= received < outstanding ? received : outstanding;
  }
  printf("{\"answers\":%llu,\"lost\":%llu,\"tookNs\":%llu}\n", (unsigned long long)answers, (unsigned long long)lost,
         (unsigned long long)(now_ns() - start));
  return 0;
}
