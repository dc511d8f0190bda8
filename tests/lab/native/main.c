/*
 * The lab's programs in one executable: `lab udp|resolve|http|capture|backend ...`, and what lab.h promises.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double epoch_ms;
static double started_ms;
static sigset_t unblocked;
static volatile sig_atomic_t signalled;

static double read_ms(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

double now_ms(void) { return epoch_ms + (read_ms(CLOCK_MONOTONIC) - started_ms); }

int ended(void) { return signalled; }

static void on_signal(int number) {
  (void)number;
  signalled = 1;
}

int pause_for(struct pollfd *fds, int count, double until_ms) {
  double left = until_ms - now_ms();
  if (left < 0) left = 0;
  struct timespec timeout = {(time_t)(left / 1e3), 0};
  timeout.tv_nsec = (long)((left - timeout.tv_sec * 1e3) * 1e6);
  int ready = ppoll(fds, count, &timeout, &unblocked);
  if (ready < 0 && errno != EINTR) fail("ppoll");
  if (ready < 0) for (int i = 0; i < count; i++) fds[i].revents = 0;
  return ready;
}

void print_line(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  putchar('\n');
  fflush(stdout);
}

void fail(const char *what) {
  fprintf(stderr, "Cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

socklen_t address_of(const char *text, int port, struct sockaddr_storage *address) {
  memset(address, 0, sizeof *address);
  struct sockaddr_in *v4 = (struct sockaddr_in *)address;
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    return sizeof *v4;
  }
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
  if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1) {
    errno = EINVAL;
    fail("read the address");
  }
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  return sizeof *v6;
}

void widen_buffer(int fd) {
  int octets = 8 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) < 0) fail("widen a receive buffer");
}

int open_packet_socket(const char *interface, int ethertype, int *index) {
  *index = if_nametoindex(interface);
  if (*index == 0) fail("find the interface");
  /* Protocol 0 receives nothing until bind names the interface, so no frame of another one slips in. */
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("open a packet socket");
  widen_buffer(fd);
  struct packet_mreq promiscuous = {.mr_ifindex = *index, .mr_type = PACKET_MR_PROMISC};
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) < 0) fail("set promiscuous");
  struct sockaddr_ll local = {.sll_family = AF_PACKET, .sll_protocol = htons(ethertype), .sll_ifindex = *index};
  if (bind(fd, (struct sockaddr *)&local, sizeof local) < 0) fail("bind the packet socket");
  return fd;
}

/* A measuring program that waits for a processor would report its own wait as the network's. */
static void take_precedence(void) {
  struct sched_param lowest_realtime = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO, &lowest_realtime); /* without the right to, it still measures */
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int (*run)(int, char **);
  } programs[] = {
      {"udp", run_udp}, {"resolve", run_resolve}, {"http", run_http}, {"capture", run_capture}, {"backend", run_backend},
  };
  epoch_ms = read_ms(CLOCK_REALTIME);
  started_ms = read_ms(CLOCK_MONOTONIC);
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  sigprocmask(SIG_BLOCK, &blocked, &unblocked);
  take_precedence();
  for (unsigned i = 0; argc > 1 && i < sizeof programs / sizeof *programs; i++)
    if (!strcmp(argv[1], programs[i].name)) return programs[i].run(argc - 2, argv + 2);
  fprintf(stderr, "usage: lab udp|resolve|http|capture|backend ...\n");
  return 2;
}
