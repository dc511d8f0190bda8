/*
 * What the measuring programs share: one clock, packet sockets, the frames they exchange.
 *
 * A program prints one JSON object on its last line and ends. Durations are nanoseconds of CLOCK_MONOTONIC_RAW.
 * Arguments are positional and complete: ../setup/native.ts is the only caller. Not here, because nothing measured needs
 * it: frames other than Ethernet, tags, options besides the link-layer address.
 */
#ifndef INGOT_BENCH_H
#define INGOT_BENCH_H

#include <stdint.h>

typedef unsigned char octet;

#define FRAME_MAX 256

/* An address of either family. */
struct address {
  int six;
  octet octets[16];
};

/* A packet socket for the one protocol that resolves addresses of a family, on one interface. */
struct station {
  int fd;
  octet mac[6];
};

/* The programs, one a file; each returns the exit code. */
int run_answer(int argc, char **argv);
int run_ask(int argc, char **argv);
int run_flood(int argc, char **argv);
int run_react(int argc, char **argv);
int run_start(int argc, char **argv);
int run_exit(int argc, char **argv);
int run_routes(int argc, char **argv);
int run_blast(int argc, char **argv);
int run_tell(int argc, char **argv);
int run_hear(int argc, char **argv);

uint64_t now_ns(void);
/* Sleeps for that long; precise to the timer slack. */
void pause_ns(uint64_t ns);
/* Prints an instant, or null for 0. */
void print_ns(uint64_t at);
/* Says what failed, with errno, and ends. */
void fail(const char *what);
struct address address_of(const char *text);
struct station open_station(const char *interface, int six);
/* Goes before programs of ordinary priority, so that waiting for a processor is not measured as the network's time. */
void take_precedence(void);

/* Writes a broadcast ARP request or a multicast Neighbor Solicitation; returns its length. */
int write_request(octet *frame, const octet *mac, struct address source, struct address target);
/* Writes the answer to a request for `target`; returns its length, or 0 when the frame is no such request. */
int write_answer(octet *frame, const octet *mac, struct address target, const octet *request, int length);
/* Whether a frame is an answer (ARP reply, Neighbor Advertisement) that speaks for `target`. */
int is_answer(const octet *frame, int length, struct address target);
/* Whether a frame is a gratuitous ARP packet (request or reply) for `target`. */
int is_gratuitous(const octet *frame, int length, struct address target);

#endif
