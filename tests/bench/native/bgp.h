/*
 * What the programs about BGP share: the prefixes they count, numbered.
 *
 * Prefix number i is 100.64.0.0 plus i, as /32.
 */
#ifndef INGOT_BENCH_BGP_H
#define INGOT_BENCH_BGP_H

#include "bench.h"

#define FIRST_PREFIX 0x64400000u
#define PREFIXES_MAX 131072u
#define MARKER_OCTETS 16
#define HEADER_OCTETS 19

enum { OPEN_MESSAGE = 1, UPDATE_MESSAGE = 2, NOTIFICATION_MESSAGE = 3, KEEPALIVE_MESSAGE = 4 };

static inline unsigned read16(const octet *at) { return at[0] << 8 | at[1]; }
static inline uint32_t read32(const octet *at) { return (uint32_t)read16(at) << 16 | read16(at + 2); }

/* What a packet socket saw of the BGP sessions between two hosts; instants are 0 before they come. */
struct wire {
  uint32_t announcer;
  uint64_t syn, announcer_keepalive, router_keepalive;
  unsigned updates;
  uint64_t octets, gaps;
  uint64_t announced[PREFIXES_MAX], withdrawn[PREFIXES_MAX];
};

/* Takes an IPv4 packet that was seen at `at`. */
void wire_take(struct wire *wire, const octet *packet, int length, uint64_t at);

/* Octets to send. */
struct blob {
  octet *octets;
  int length;
};

/* UPDATEs that announce or withdraw these prefixes, with the speaker's own address as next hop. */
struct blob encode(uint32_t as, const char *own_address, unsigned first, unsigned count, int withdraws);
/* Tries every 20 ms until there is a session; returns its socket. */
int connect_to_router(const char *own_address, const char *router_address, uint32_t as);
void send_keepalive(int fd);
void send_all(int fd, const octet *octets, int length);

#endif
