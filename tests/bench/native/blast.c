/*
 * `bench blast OWN_ADDRESS ROUTER OWN_AS COUNT`: announces COUNT prefixes, encoded beforehand and all handed to the kernel at
 * once; on SIGUSR2 their withdrawal the same way. Stays until the router ends the connection. First line {"ready":true}.
 *
 * `bench tell OWN_ADDRESS ROUTER OWN_AS COUNT`: on SIGUSR2, announces them one by one, each as another process asks for it
 * through a pipe; then prints {"at": when that process asked, of each} and stays.
 */
#define _GNU_SOURCE
#include "bgp.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEEPALIVE_MS 2000
#define PAUSE_NS 23000000

static volatile sig_atomic_t is_asked;

static void on_signal(int number) {
  (void)number;
  is_asked = 1;
}

static void listen_for_signal(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR2, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  printf("{\"ready\":true}\n");
  fflush(stdout);
}

/* Waits for the signal or another descriptor, and keeps the session alive; 0 when the router has ended it. */
static int stay(int fd, int other) {
  struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = other, .events = POLLIN}};
  octet scratch[1 << 16];
  while (!is_asked) {
    int ready = poll(fds, 2, KEEPALIVE_MS);
    if (ready == 0) send_keepalive(fd);
    if (ready > 0 && fds[1].revents) return 1;
    if (ready > 0 && fds[0].revents && read(fd, scratch, sizeof scratch) <= 0) return 0;
  }
  return 1;
}

int run_blast(int argc, char **argv) {
  if (argc != 4) return 2;
  uint32_t as = strtoul(argv[2], NULL, 10);
  unsigned count = atoi(argv[3]);
  struct blob announcement = encode(as, argv[0], 0, count, 0), withdrawal = encode(as, argv[0], 0, count, 1);
  listen_for_signal();
  int fd = connect_to_router(argv[0], argv[1], as);
  send_all(fd, announcement.octets, announcement.length);
  while (stay(fd, -1)) {
    if (is_asked) send_all(fd, withdrawal.octets, withdrawal.length);
    is_asked = 0;
  }
  return 0;
}

static void ask_one_by_one(int pipe_end, volatile uint64_t *at, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    pause_ns(PAUSE_NS);
    at[i] = now_ns();
    if (write(pipe_end, "", 1) != 1) fail("ask");
  }
  _exit(0);
}

int run_tell(int argc, char **argv) {
  if (argc != 4) return 2;
  uint32_t as = strtoul(argv[2], NULL, 10);
  unsigned count = atoi(argv[3]);
  struct blob *updates = malloc(count * sizeof *updates);
  for (unsigned i = 0; i < count; i++) updates[i] = encode(as, argv[0], i, 1, 0);
  uint64_t *at = mmap(NULL, count * sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  listen_for_signal();
  int fd = connect_to_router(argv[0], argv[1], as), ends[2];
  if (!stay(fd, -1)) return 0;
  is_asked = 0;
  if (pipe(ends) < 0) fail("make a pipe");
  pid_t child = fork();
  if (child == 0) ask_one_by_one(ends[1], at, count);
  for (unsigned i = 0; i < count && stay(fd, ends[0]); i++) {
    octet asked;
    if (read(ends[0], &asked, 1) == 1) send_all(fd, updates[i].octets, updates[i].length);
  }
  waitpid(child, NULL, 0);
  printf("{\"at\":[");
  for (unsigned i = 0; i < count; i++) printf("%s%llu", i > 0 ? "," : "", (unsigned long long)at[i]);
  printf("]}\n");
  fflush(stdout);
  while (stay(fd, -1)) is_asked = 0;
  return 0;
}
