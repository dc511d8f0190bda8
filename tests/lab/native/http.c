/*
 * `lab http ADDRESS PORT INTERVAL_MS TIMEOUT_MS`: one GET an interval, each on its own connection, one event `request`
 * for each besides those of record.h. The body says {"node": ..., "client": ...}.
 */
#define _GNU_SOURCE
#include "lab.h"
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct outcome {
  char node[ANSWERER_MAX], client[ANSWERER_MAX], error[64];
};

static void copy_field(const char *body, const char *name, char *into) {
  char marker[32];
  snprintf(marker, sizeof marker, "\"%s\":\"", name);
  const char *start = strstr(body, marker);
  if (start == NULL) return;
  start += strlen(marker);
  size_t length = strcspn(start, "\"");
  if (length < ANSWERER_MAX) snprintf(into, length + 1, "%s", start);
}

static int wait_for(int fd, short events, double until_ms) {
  struct pollfd one = {.fd = fd, .events = events};
  while (!ended() && now_ms() < until_ms)
    if (pause_for(&one, 1, until_ms) > 0) return 1;
  return 0;
}

/* One request; what went wrong is left in `error`. */
static void request(const struct sockaddr_storage *address, socklen_t length, double until_ms, struct outcome *out) {
  static const char text[] = "GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n";
  char answer[2048];
  size_t have = 0;
  int error = 0;
  socklen_t error_size = sizeof error;
  int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("open a TCP socket");
  if (connect(fd, (const struct sockaddr *)address, length) < 0 && errno != EINPROGRESS) error = errno;
  else if (!wait_for(fd, POLLOUT, until_ms)) error = ETIMEDOUT;
  else getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
  if (error == 0 && send(fd, text, sizeof text - 1, MSG_NOSIGNAL) < 0) error = errno;
  while (error == 0) {
    if (!wait_for(fd, POLLIN, until_ms)) {
      error = ETIMEDOUT;
      break;
    }
    ssize_t got = recv(fd, answer + have, sizeof answer - 1 - have, 0);
    if (got < 0) error = errno;
    if (got <= 0) break;
    have += got;
  }
  close(fd);
  answer[have] = 0;
  copy_field(answer, "node", out->node);
  copy_field(answer, "client", out->client);
  if (error != 0) snprintf(out->error, sizeof out->error, "%s", strerrorname_np(error));
  else if (out->node[0] == 0) snprintf(out->error, sizeof out->error, "no node in the answer");
}

int run_http(int argc, char **argv) {
  if (argc != 4) return 2;
  struct sockaddr_storage address;
  socklen_t length = address_of(argv[0], atoi(argv[1]), &address);
  double interval_ms = atof(argv[2]), timeout_ms = atof(argv[3]);
  uint64_t number = 0;
  record_ready(timeout_ms);
  for (double due_ms = now_ms(); !ended();) {
    struct outcome out = {0};
    double at_ms = now_ms();
    record_sent(at_ms, at_ms - due_ms);
    number++;
    request(&address, length, at_ms + timeout_ms, &out);
    double done_ms = now_ms();
    if (ended() && out.error[0]) break;
    if (out.error[0]) {
      print_line("{\"type\":\"request\",\"atMs\":%.3f,\"tookMs\":%.3f,\"answerer\":null,\"client\":null,\"error\":\"%s\"}",
                 at_ms, done_ms - at_ms, out.error);
    } else {
      print_line("{\"type\":\"request\",\"atMs\":%.3f,\"tookMs\":%.3f,\"answerer\":\"%s\",\"client\":\"%s\",\"error\":null}",
                 at_ms, done_ms - at_ms, out.node, out.client);
      record_answer(done_ms, out.node, number);
    }
    record_tally(done_ms);
    due_ms = due_ms + interval_ms > done_ms ? due_ms + interval_ms : done_ms;
    while (!ended() && now_ms() < due_ms) pause_for(NULL, 0, due_ms);
  }
  record_end(now_ms());
  return 0;
}
