/*
 * A BGP speaker (RFC 4271) that is nothing but its octets: OPEN, KEEPALIVE, UPDATEs encoded beforehand and filled to 4,096
 * octets. What the router says after its KEEPALIVE is read and forgotten.
 */
#define _GNU_SOURCE
#include "bgp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_OCTETS 4096
#define PREFIX_OCTETS 5
#define HOLD_SECONDS 90

static void write16(octet *at, unsigned value) {
  at[0] = value >> 8;
  at[1] = value;
}

static void write32(octet *at, uint32_t value) {
  write16(at, value >> 16);
  write16(at + 2, value);
}

static int write_header(octet *at, int length, int type) {
  memset(at, 0xff, MARKER_OCTETS);
  write16(at + MARKER_OCTETS, length);
  at[18] = type;
  return length;
}

static int write_prefix(octet *at, uint32_t number) {
  at[0] = 32;
  write32(at + 1, FIRST_PREFIX + number);
  return PREFIX_OCTETS;
}

/* ORIGIN, AS_PATH of four-octet numbers, NEXT_HOP. */
static int write_attributes(octet *at, uint32_t as, const octet *next_hop) {
  memcpy(at, "\x40\1\1\0\x40\2\6\2\1", 9);
  write32(at + 9, as);
  memcpy(at + 13, "\x40\3\4", 3);
  memcpy(at + 16, next_hop, 4);
  return 20;
}

struct blob encode(uint32_t as, const char *own_address, unsigned first, unsigned count, int withdraws) {
  struct address next_hop = address_of(own_address);
  struct blob blob = {.octets = malloc(count * 8 + 2 * MESSAGE_OCTETS)};
  for (unsigned i = first, end_number = first + count; i < end_number;) {
    octet *message = blob.octets + blob.length, *at = message + HEADER_OCTETS + 2;
    if (!withdraws) {
      write16(at - 2, 0);
      int size = write_attributes(at + 2, as, next_hop.octets);
      write16(at, size);
      at += 2 + size;
    }
    octet *end = message + MESSAGE_OCTETS - (withdraws ? 2 : 0);
    while (i < end_number && at + PREFIX_OCTETS <= end) at += write_prefix(at, i++);
    if (withdraws) {
      write16(message + HEADER_OCTETS, at - message - HEADER_OCTETS - 2);
      write16(at, 0);
      at += 2;
    }
    blob.length += write_header(message, at - message, UPDATE_MESSAGE);
  }
  return blob;
}

void send_all(int fd, const octet *octets, int length) {
  while (length > 0) {
    int sent = write(fd, octets, length);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail("send");
    octets += sent;
    length -= sent;
  }
}

static int receive_exactly(int fd, octet *at, int length) {
  for (int got = 0; got < length;) {
    int count = read(fd, at + got, length - got);
    if (count <= 0) return 0;
    got += count;
  }
  return 1;
}

/* Reads messages until one of this type; 0 when the router ends the connection. */
static int await_message(int fd, int type) {
  octet message[1 << 16];
  for (;;) {
    if (!receive_exactly(fd, message, HEADER_OCTETS)) return 0;
    int rest = read16(message + MARKER_OCTETS) - HEADER_OCTETS;
    if (rest < 0 || !receive_exactly(fd, message + HEADER_OCTETS, rest)) return 0;
    if (message[18] == type) return 1;
    if (message[18] == NOTIFICATION_MESSAGE) return 0;
  }
}

/* OPEN with IPv4 unicast and four-octet AS numbers. */
static int write_open(octet *at, uint32_t as, const octet *identifier) {
  octet *body = at + HEADER_OCTETS;
  body[0] = 4;
  write16(body + 1, as > 0xffff ? 23456 : as);
  write16(body + 3, HOLD_SECONDS);
  memcpy(body + 5, identifier, 4);
  memcpy(body + 9, "\x0e\2\x0c\1\4\0\1\0\1\x41\4", 11);
  write32(body + 20, as);
  return write_header(at, HEADER_OCTETS + 24, OPEN_MESSAGE);
}

static int connect_once(struct sockaddr_in own, struct sockaddr_in router, uint32_t as) {
  octet message[64], keepalive[HEADER_OCTETS];
  int fd = socket(AF_INET, SOCK_STREAM, 0), octets = 16 << 20;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &octets, sizeof octets);
  if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) fail("bind");
  if (connect(fd, (struct sockaddr *)&router, sizeof router) == 0) {
    int length = write_open(message, as, (octet *)&own.sin_addr);
    if (write(fd, message, length) == length && await_message(fd, OPEN_MESSAGE) &&
        write(fd, keepalive, write_header(keepalive, HEADER_OCTETS, KEEPALIVE_MESSAGE)) > 0 &&
        await_message(fd, KEEPALIVE_MESSAGE))
      return fd;
  }
  close(fd);
  return -1;
}

int connect_to_router(const char *own_address, const char *router_address, uint32_t as) {
  struct sockaddr_in own = {.sin_family = AF_INET}, router = {.sin_family = AF_INET, .sin_port = htons(179)};
  memcpy(&own.sin_addr, address_of(own_address).octets, 4);
  memcpy(&router.sin_addr, address_of(router_address).octets, 4);
  int fd;
  while ((fd = connect_once(own, router, as)) < 0) pause_ns(20000000);
  return fd;
}

void send_keepalive(int fd) {
  octet keepalive[HEADER_OCTETS];
  send_all(fd, keepalive, write_header(keepalive, HEADER_OCTETS, KEEPALIVE_MESSAGE));
}
