/*
 * `bench answer INTERFACE ADDRESS...`: the reference, the least a responder can do: receive, compare, send. One family;
 * runs until it is killed.
 */
#include "bench.h"

#include <sys/socket.h>

#define ADDRESSES_MAX 16

int run_answer(int argc, char **argv) {
  if (argc < 2 || argc > ADDRESSES_MAX) return 2;
  struct address targets[ADDRESSES_MAX];
  int count = argc - 1;
  for (int i = 0; i < count; i++) targets[i] = address_of(argv[i + 1]);
  struct station station = open_station(argv[0], targets[0].six);
  for (;;) {
    octet request[FRAME_MAX], answer[FRAME_MAX];
    int length = recv(station.fd, request, sizeof request, 0);
    if (length < 0) fail("receive");
    for (int i = 0; i < count; i++) {
      int size = write_answer(answer, station.mac, targets[i], request, length);
      if (size > 0) send(station.fd, answer, size, 0);
    }
  }
}
