/*
 * What the lab's programs share: one clock, punctual scheduling, an orderly end, JSON lines on stdout.
 *
 * Every line a program prints is one JSON object with a `type`. Instants are `...Ms`: milliseconds of the Unix epoch when
 * the program started, advanced by CLOCK_MONOTONIC since, so that a clock step cannot look like a gap.
 * Arguments are positional and complete: native.ts is the only caller.
 */
#ifndef INGOT_LAB_H
#define INGOT_LAB_H

#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

typedef unsigned char octet;

/* The programs, one a file; each returns the exit code. */
int run_udp(int argc, char **argv);
int run_resolve(int argc, char **argv);
int run_http(int argc, char **argv);
int run_capture(int argc, char **argv);
int run_backend(int argc, char **argv);

/* Milliseconds; see above. */
double now_ms(void);

/* True once SIGTERM or SIGINT came; pause_for() is the only place where they can. */
int ended(void);

/* Waits until a descriptor is readable, the instant has come, or the program is to end. */
int pause_for(struct pollfd *fds, int count, double until_ms);

/* Prints one line at once: a reader waits for it. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints why and ends with exit code 1. */
void fail(const char *what) __attribute__((noreturn));

/* The socket address of a literal v4 or v6 address; returns its length. */
socklen_t address_of(const char *text, int port, struct sockaddr_storage *address);

/* Gives a socket room for seconds of traffic: what a program was too late to read would look like the network's loss. */
void widen_buffer(int fd);

/* A raw packet socket on one interface for one EtherType (host order), promiscuous; fills in the index. */
int open_packet_socket(const char *interface, int ethertype, int *index);

#endif
