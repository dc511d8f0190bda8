/*
 * `bench routes INTERFACE ANNOUNCER COUNT announce|withdraw SECONDS each|ends [FOLDER]`: sees the first COUNT prefixes come
 * into the kernel's table, or leave it, and what ANNOUNCER said of them on the wire; ends with the last one.
 *
 * Runs in the router's namespace. First line {"ready":true}, last line instants in nanoseconds of this program's clock:
 * "syn" of the connection, the first KEEPALIVE from either side, "wire" of each prefix (or of the first and the last to
 * come), "kernel" alike, "moved" with each file moved into FOLDER as another process reads of it from inotify; null for
 * what did not come.
 */
#define _GNU_SOURCE
#include "bgp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_OCTETS (1 << 18)
#define RECEIVE_OCTETS (256 << 20)
#define READS_PER_TURN 64
#define MOVED_MAX 4096

static struct wire wire;
static uint64_t kernel[PREFIXES_MAX];
static unsigned kernel_count;
static uint64_t moved[MOVED_MAX];
static int moved_count;
static octet buffer[BUFFER_OCTETS] __attribute__((aligned(8)));

static int open_tap(const char *interface) {
  int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0), octets = RECEIVE_OCTETS;
  if (fd < 0) fail("open a packet socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets);
  struct sockaddr_ll local = {
      .sll_family = AF_PACKET, .sll_protocol = htons(3 /* ETH_P_ALL */), .sll_ifindex = if_nametoindex(interface)};
  if (bind(fd, (struct sockaddr *)&local, sizeof local) < 0) fail("bind the packet socket");
  return fd;
}

static int open_route_news(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE), octets = RECEIVE_OCTETS;
  if (fd < 0) fail("open a netlink socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets);
  struct sockaddr_nl local = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_ROUTE};
  if (bind(fd, (struct sockaddr *)&local, sizeof local) < 0) fail("bind the netlink socket");
  return fd;
}

static void read_wire(int fd) {
  for (int i = 0; i < READS_PER_TURN; i++) {
    struct sockaddr_ll from;
    socklen_t size = sizeof from;
    int length = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);
    if (length < 0) return;
    if (ntohs(from.sll_protocol) == 0x0800) wire_take(&wire, buffer, length, now_ns());
  }
}

static void take_route(struct nlmsghdr *message, int wanted, unsigned count, uint64_t at) {
  struct rtmsg *route = NLMSG_DATA(message);
  if (message->nlmsg_type != wanted || route->rtm_family != AF_INET || route->rtm_dst_len != 32) return;
  int length = RTM_PAYLOAD(message);
  for (struct rtattr *one = RTM_RTA(route); RTA_OK(one, length); one = RTA_NEXT(one, length)) {
    if (one->rta_type != RTA_DST) continue;
    uint32_t number = read32(RTA_DATA(one)) - FIRST_PREFIX;
    if (number >= count || kernel[number] != 0) return;
    kernel[number] = at;
    kernel_count++;
  }
}

static void read_kernel(int fd, int wanted, unsigned count) {
  for (int i = 0; i < READS_PER_TURN; i++) {
    int length = recv(fd, buffer, sizeof buffer, 0);
    if (length < 0 && errno == ENOBUFS) fail("keep up with the kernel");
    if (length < 0) return;
    uint64_t at = now_ns();
    for (struct nlmsghdr *one = (void *)buffer; NLMSG_OK(one, (unsigned)length); one = NLMSG_NEXT(one, length))
      take_route(one, wanted, count, at);
  }
}

static void read_folder(int fd) {
  int length = read(fd, buffer, sizeof buffer);
  uint64_t at = now_ns();
  for (int from = 0; from < length;) {
    struct inotify_event *event = (void *)(buffer + from);
    if (event->len > 0 && event->name[0] != '.' && moved_count < MOVED_MAX) moved[moved_count++] = at;
    from += sizeof *event + event->len;
  }
}

/* Each of them, or only the first and the last to come. */
static void print_all(const char *name, const uint64_t *all, unsigned count, int each) {
  uint64_t first = 0, last = 0;
  printf(",\"%s\":[", name);
  for (unsigned i = 0; i < count; i++) {
    if (each) {
      if (i > 0) putchar(',');
      print_ns(all[i]);
    }
    if (all[i] != 0 && (first == 0 || all[i] < first)) first = all[i];
    if (all[i] > last) last = all[i];
  }
  if (!each) {
    print_ns(first);
    putchar(',');
    print_ns(last);
  }
  putchar(']');
}

int run_routes(int argc, char **argv) {
  if (argc < 6) return 2;
  unsigned count = atoi(argv[2]);
  int withdraws = !strcmp(argv[3], "withdraw"), each = !strcmp(argv[5], "each");
  uint64_t patience = atoi(argv[4]) * 1000000000ull;
  struct address announcer = address_of(argv[1]);
  wire.announcer = read32(announcer.octets);
  struct pollfd fds[] = {{.fd = open_tap(argv[0]), .events = POLLIN},
                         {.fd = open_route_news(), .events = POLLIN},
                         {.fd = argc > 6 ? inotify_init1(IN_NONBLOCK) : -1, .events = POLLIN}};
  if (argc > 6 && inotify_add_watch(fds[2].fd, argv[6], IN_MOVED_TO) < 0) fail("watch the folder");
  take_precedence();
  printf("{\"ready\":true}\n");
  fflush(stdout);
  uint64_t start = now_ns();
  while (kernel_count < count && now_ns() - start < patience) {
    poll(fds, 3, 100);
    if (fds[0].revents) read_wire(fds[0].fd);
    if (fds[1].revents) read_kernel(fds[1].fd, withdraws ? RTM_DELROUTE : RTM_NEWROUTE, count);
    if (fds[2].revents) read_folder(fds[2].fd);
  }
  read_wire(fds[0].fd);
  printf("{\"updates\":%u,\"octets\":%llu,\"gaps\":%llu,\"inKernel\":%u,\"syn\":", wire.updates,
         (unsigned long long)wire.octets, (unsigned long long)wire.gaps, kernel_count);
  print_ns(wire.syn);
  printf(",\"announcerKeepalive\":");
  print_ns(wire.announcer_keepalive);
  printf(",\"routerKeepalive\":");
  print_ns(wire.router_keepalive);
  print_all("wire", withdraws ? wire.withdrawn : wire.announced, count, each);
  print_all("kernel", kernel, count, each);
  print_all("moved", moved, moved_count, 1);
  printf("}\n");
  return 0;
}
