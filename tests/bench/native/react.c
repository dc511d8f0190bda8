/*
 * `bench react INTERFACE ADDRESS FROM TO`: renames file FROM to TO and prints how long after the rename another process,
 * blocked in read(2) on inotify, has noticed it, and how long after it the first gratuitous ARP packet for ADDRESS
 * arrived: {"noticeNs": ..., "packetNs": ...}, null for a packet that did not come.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_NS 5000000000ull

/* Starts a process that stores the instant when it has read of something moved into the folder. */
static pid_t start_watcher(const char *folder, volatile uint64_t *noticed) {
  int fd = inotify_init1(0);
  if (fd < 0 || inotify_add_watch(fd, folder, IN_MOVED_TO) < 0) fail("watch the folder");
  pid_t child = fork();
  if (child < 0) fail("start the watcher");
  if (child > 0) return child;
  char event[4096];
  take_precedence();
  if (read(fd, event, sizeof event) < 0) fail("read of a change");
  *noticed = now_ns();
  _exit(0);
}

int run_react(int argc, char **argv) {
  if (argc != 4) return 2;
  struct address target = address_of(argv[1]);
  struct station station = open_station(argv[0], target.six);
  struct timeval patience = {.tv_usec = 100000};
  setsockopt(station.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  uint64_t *noticed = mmap(NULL, sizeof *noticed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t watcher = start_watcher(dirname(strdup(argv[3])), noticed);
  take_precedence();
  pause_ns(5000000); /* until the watcher blocks */
  uint64_t start = now_ns(), packet = 0;
  if (rename(argv[2], argv[3]) < 0) fail("rename");
  while (packet == 0 && now_ns() - start < PATIENCE_NS) {
    octet frame[FRAME_MAX];
    int length = recv(station.fd, frame, sizeof frame, 0);
    if (length > 0 && is_gratuitous(frame, length, target)) packet = now_ns() - start;
  }
  waitpid(watcher, NULL, 0);
  printf("{\"noticeNs\":%llu,\"packetNs\":", (unsigned long long)(*noticed - start));
  if (packet == 0) printf("null}\n");
  else printf("%llu}\n", (unsigned long long)packet);
  return 0;
}
