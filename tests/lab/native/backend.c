/*
 * `lab backend NODE PORT`: what a Service's endpoint would be. Over UDP it repeats the request and adds the node's name;
 * over HTTP it answers {"node": ..., "client": ...}. Both families, one port number.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256

static const char *node;

static int open_socket(int type, int port) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  int one = 1, zero = 0, fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("open a socket");
  if (type == SOCK_DGRAM) widen_buffer(fd);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
  if (bind(fd, (struct sockaddr *)&any, sizeof any) < 0) fail("bind the port");
  return fd;
}

static void echo(int fd) {
  char text[256];
  struct sockaddr_in6 from;
  socklen_t size = sizeof from;
  ssize_t length;
  while ((length = recvfrom(fd, text, 128, 0, (struct sockaddr *)&from, &size)) >= 0) {
    length += snprintf(text + length, sizeof text - length, " %s", node);
    sendto(fd, text, length, 0, (struct sockaddr *)&from, size);
  }
}

/* Answers once the request is whole, then closes; returns 0 while it is not. */
static int answer(int fd) {
  char request[4096], body[256], text[512], client[INET6_ADDRSTRLEN];
  ssize_t length = recv(fd, request, sizeof request - 1, MSG_PEEK);
  request[length > 0 ? length : 0] = 0;
  if (length > 0 && strstr(request, "\r\n\r\n") == NULL) return 0;
  if (length > 0) {
    struct sockaddr_in6 peer;
    socklen_t size = sizeof peer;
    recv(fd, request, length, 0);
    getpeername(fd, (struct sockaddr *)&peer, &size);
    inet_ntop(AF_INET6, &peer.sin6_addr, client, sizeof client);
    int body_size = snprintf(body, sizeof body, "{\"node\":\"%s\",\"client\":\"%s\"}\n", node,
                             client + (IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr) ? strlen("::ffff:") : 0));
    int size_all = snprintf(text, sizeof text,
                            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                            "Connection: close\r\n\r\n%s", body_size, body);
    send(fd, text, size_all, 0);
  }
  close(fd);
  return 1;
}

int run_backend(int argc, char **argv) {
  if (argc != 2) return 2;
  node = argv[0];
  struct pollfd fds[CONNECTIONS_MAX] = {{.fd = open_socket(SOCK_DGRAM, atoi(argv[1])), .events = POLLIN},
                                        {.fd = open_socket(SOCK_STREAM, atoi(argv[1])), .events = POLLIN}};
  int count = 2;
  if (listen(fds[1].fd, CONNECTIONS_MAX) < 0) fail("listen");
  print_line("{\"type\":\"ready\",\"atMs\":%.3f}", now_ms());
  while (!ended()) {
    pause_for(fds, count, now_ms() + 1000);
    if (fds[0].revents) echo(fds[0].fd);
    for (int i = 2; i < count; i++)
      if (fds[i].revents && answer(fds[i].fd)) fds[i--] = fds[--count];
    int fd;
    while (fds[1].revents && count < CONNECTIONS_MAX && (fd = accept4(fds[1].fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
      fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
  }
  return 0;
}
