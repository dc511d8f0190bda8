/*
 * `bench start INTERFACE SOURCE TARGET PROGRAM...`: starts a program, asks who has TARGET every millisecond and prints
 * how long after the start the first answer came, {"tookNs": ...}; then kills the program.
 * `bench exit PROGRAM...`: starts a program and prints how long it took to end.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS 20000000000ull

static pid_t start_program(char **argv) {
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child > 0) return child;
  dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
  execvp(argv[0], argv);
  fail("start the program");
  return 0;
}

int run_start(int argc, char **argv) {
  if (argc < 4) return 2;
  struct address source = address_of(argv[1]), target = address_of(argv[2]);
  struct station station = open_station(argv[0], target.six);
  octet request[FRAME_MAX], frame[FRAME_MAX];
  int size = write_request(request, station.mac, source, target);
  take_precedence();
  struct pollfd readable = {.fd = station.fd, .events = POLLIN};
  struct timespec millisecond = {0, 1000000};
  uint64_t start = now_ns(), took = 0;
  pid_t program = start_program(argv + 3);
  while (took == 0 && now_ns() - start < PATIENCE_NS) {
    if (send(station.fd, request, size, 0) < 0) fail("send a request");
    ppoll(&readable, 1, &millisecond, NULL);
    int length = recv(station.fd, frame, sizeof frame, MSG_DONTWAIT);
    if (length > 0 && is_answer(frame, length, target)) took = now_ns() - start;
  }
  kill(program, SIGKILL);
  waitpid(program, NULL, 0);
  errno = ETIMEDOUT;
  if (took == 0) fail("get an answer");
  printf("{\"tookNs\":%llu}\n", (unsigned long long)took);
  return 0;
}

int run_exit(int argc, char **argv) {
  if (argc < 1) return 2;
  int status = 0;
  uint64_t start = now_ns();
  waitpid(start_program(argv), &status, 0);
  uint64_t took = now_ns() - start;
  if (status != 0) {
    fprintf(stderr, "The program failed with status %d\n", status);
    return 1;
  }
  printf("{\"tookNs\":%llu}\n", (unsigned long long)took);
  return 0;
}
