/*
 * Reads BGP (RFC 4271 4) out of captured TCP segments: when each prefix was first announced or withdrawn by one host.
 *
 * One connection at a time, the one whose SYN came last. Segments come in order on a cable that loses nothing; octets that
 * were sent again are skipped, a hole is counted and the rest of the message in it is lost.
 */
#include "bgp.h"

#include <string.h>

#define BUFFER_OCTETS (1 << 18)
#define BGP_PORT 179

/* One direction of the connection. */
struct stream {
  int is_followed; /* from its SYN on, or from the first octets seen of a connection that was there */
  uint32_t next;   /* sequence number */
  int length;
  octet buffer[BUFFER_OCTETS];
};

static struct stream streams[2]; /* from the announcer, from the router */

static void take_prefixes(const octet *at, const octet *end, uint64_t *first, uint64_t now) {
  while (at < end) {
    unsigned octets = (at[0] + 7) / 8;
    if (at[0] == 32 && at + 5 <= end) {
      uint32_t number = read32(at + 1) - FIRST_PREFIX;
      if (number < PREFIXES_MAX && first[number] == 0) first[number] = now;
    }
    at += 1 + octets;
  }
}

static void take_message(struct wire *wire, int is_announcer, const octet *message, int length, uint64_t at) {
  if (message[18] == KEEPALIVE_MESSAGE) {
    uint64_t *keepalive = is_announcer ? &wire->announcer_keepalive : &wire->router_keepalive;
    if (*keepalive == 0) *keepalive = at;
  }
  if (!is_announcer || message[18] != UPDATE_MESSAGE) return;
  wire->updates++;
  wire->octets += length;
  const octet *withdrawn = message + HEADER_OCTETS + 2, *attributes = withdrawn + read16(withdrawn - 2);
  const octet *prefixes = attributes + 2 + read16(attributes);
  take_prefixes(withdrawn, attributes, wire->withdrawn, at);
  take_prefixes(prefixes, message + length, wire->announced, at);
}

static void take_octets(struct wire *wire, struct stream *stream, uint32_t seq, const octet *octets, int length,
                        uint64_t at) {
  if (!stream->is_followed) {
    stream->is_followed = 1;
    stream->next = seq;
  }
  int32_t again = stream->next - seq;
  if (again < 0) {
    wire->gaps++;
    stream->length = 0;
    again = 0;
  }
  if (again >= length) return;
  octets += again;
  length -= again;
  stream->next = seq + again + length;
  if (stream->length + length > BUFFER_OCTETS) stream->length = 0;
  memcpy(stream->buffer + stream->length, octets, length);
  stream->length += length;
  int from = 0;
  while (stream->length - from >= HEADER_OCTETS) {
    int size = read16(stream->buffer + from + MARKER_OCTETS);
    if (size < HEADER_OCTETS || size > stream->length - from) break;
    take_message(wire, stream == &streams[0], stream->buffer + from, size, at);
    from += size;
  }
  memmove(stream->buffer, stream->buffer + from, stream->length - from);
  stream->length -= from;
}

void wire_take(struct wire *wire, const octet *packet, int length, uint64_t at) {
  if (length < 40 || packet[0] >> 4 != 4 || packet[9] != 6) return;
  const octet *tcp = packet + (packet[0] & 15) * 4;
  if (read16(tcp) != BGP_PORT && read16(tcp + 2) != BGP_PORT) return;
  uint32_t source = read32(packet + 12), seq = read32(tcp + 4);
  if (source != wire->announcer && read32(packet + 16) != wire->announcer) return;
  struct stream *stream = &streams[source == wire->announcer ? 0 : 1];
  int is_syn = tcp[13] & 2, is_ack = tcp[13] & 16;
  if (is_syn) {
    stream->is_followed = 1;
    stream->next = seq + 1;
    stream->length = 0;
    if (!is_ack) {
      wire->syn = at;
      wire->announcer_keepalive = wire->router_keepalive = 0;
    }
    return;
  }
  const octet *octets = tcp + (tcp[12] >> 4) * 4;
  /* A segment that was never cut into packets has length 0 in its header. */
  int total = read16(packet + 2);
  int count = (total == 0 || total > length ? length : total) - (int)(octets - packet);
  if (count > 0) take_octets(wire, stream, seq, octets, count, at);
}
