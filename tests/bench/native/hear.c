/*
 * `bench hear INTERFACE PEER`: notes when the last BFD control packet (RFC 5881 4) from PEER came in and when the first of
 * the numbered prefixes left the kernel's table; on SIGTERM prints both, {"heard": ..., "lost": ...}, null for neither.
 *
 * First line {"ready":true}.
 */
#define _GNU_SOURCE
#include "bgp.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define CONTROL_PORT 3784

static volatile sig_atomic_t is_over;
static octet buffer[1 << 16] __attribute__((aligned(8)));

static void on_signal(int number) {
  (void)number;
  is_over = 1;
}

static int is_control(const octet *packet, int length, const octet *peer) {
  if (length < 28 || packet[9] != 17 || memcmp(packet + 12, peer, 4)) return 0;
  return read16(packet + (packet[0] & 15) * 4 + 2) == CONTROL_PORT;
}

static int is_loss(struct nlmsghdr *message) {
  struct rtmsg *route = NLMSG_DATA(message);
  if (message->nlmsg_type != RTM_DELROUTE || route->rtm_dst_len != 32) return 0;
  int length = RTM_PAYLOAD(message);
  for (struct rtattr *one = RTM_RTA(route); RTA_OK(one, length); one = RTA_NEXT(one, length))
    if (one->rta_type == RTA_DST && read32(RTA_DATA(one)) - FIRST_PREFIX < PREFIXES_MAX) return 1;
  return 0;
}

int run_hear(int argc, char **argv) {
  if (argc != 2) return 2;
  struct address peer = address_of(argv[1]);
  struct pollfd fds[] = {{.fd = socket(AF_PACKET, SOCK_DGRAM, 0), .events = POLLIN},
                         {.fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), .events = POLLIN}};
  struct sockaddr_ll interface = {
      .sll_family = AF_PACKET, .sll_protocol = htons(0x0800), .sll_ifindex = if_nametoindex(argv[0])};
  if (bind(fds[0].fd, (struct sockaddr *)&interface, sizeof interface) < 0) fail("bind the packet socket");
  struct sockaddr_nl news = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_ROUTE};
  if (bind(fds[1].fd, (struct sockaddr *)&news, sizeof news) < 0) fail("bind the netlink socket");
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  take_precedence();
  printf("{\"ready\":true}\n");
  fflush(stdout);
  uint64_t heard = 0, lost = 0;
  while (!is_over) {
    if (poll(fds, 2, 100) <= 0) continue;
    uint64_t at = now_ns();
    if (fds[0].revents) {
      int length = recv(fds[0].fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (is_control(buffer, length, peer.octets)) heard = at;
    }
    if (fds[1].revents) {
      int length = recv(fds[1].fd, buffer, sizeof buffer, MSG_DONTWAIT);
      for (struct nlmsghdr *one = (void *)buffer; lost == 0 && NLMSG_OK(one, (unsigned)length); one = NLMSG_NEXT(one, length))
        if (is_loss(one)) lost = at;
    }
  }
  printf("{\"heard\":");
  print_ns(heard);
  printf(",\"lost\":");
  print_ns(lost);
  printf("}\n");
  return 0;
}
