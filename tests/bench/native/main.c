/*
 * `bench PROGRAM ...`: the measuring programs in one executable, and what bench.h promises.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC_RAW, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void pause_ns(uint64_t ns) {
  struct timespec t = {ns / 1000000000ull, ns % 1000000000ull};
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR) continue;
}

void print_ns(uint64_t at) {
  if (at == 0) printf("null");
  else printf("%llu", (unsigned long long)at);
}

void fail(const char *what) {
  fprintf(stderr, "Cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

struct address address_of(const char *text) {
  struct address address = {.six = strchr(text, ':') != NULL};
  if (inet_pton(address.six ? AF_INET6 : AF_INET, text, address.octets) != 1) {
    errno = EINVAL;
    fail("read the address");
  }
  return address;
}

struct station open_station(const char *interface, int six) {
  /* Protocol 0 receives nothing until bind names the interface, so no frame of another one slips in. */
  struct station station = {.fd = socket(AF_PACKET, SOCK_RAW, 0)};
  if (station.fd < 0) fail("open a packet socket");
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
  if (ioctl(station.fd, SIOCGIFHWADDR, &request) < 0) fail("find the interface");
  memcpy(station.mac, request.ifr_hwaddr.sa_data, 6);
  struct sockaddr_ll local = {
      .sll_family = AF_PACKET, .sll_protocol = htons(six ? 0x86dd : 0x0806), .sll_ifindex = if_nametoindex(interface)};
  if (bind(station.fd, (struct sockaddr *)&local, sizeof local) < 0) fail("bind the packet socket");
  return station;
}

void take_precedence(void) {
  struct sched_param lowest_realtime = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest_realtime); /* without the right to, it still measures */
  prctl(PR_SET_TIMERSLACK, 1);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int (*run)(int, char **);
  } programs[] = {
      {"answer", run_answer}, {"ask", run_ask},     {"flood", run_flood},
      {"react", run_react},   {"start", run_start}, {"exit", run_exit},
      {"routes", run_routes}, {"blast", run_blast}, {"tell", run_tell},
      {"hear", run_hear},
  };
  for (unsigned i = 0; argc > 1 && i < sizeof programs / sizeof *programs; i++)
    if (!strcmp(argv[1], programs[i].name)) return programs[i].run(argc - 2, argv + 2);
  fprintf(stderr, "usage: bench answer|ask|flood|react|start|exit|routes|blast|tell|hear ...\n");
  return 2;
}
