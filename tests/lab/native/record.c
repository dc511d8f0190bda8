/*
 * The recorder behind every prober: turns requests sent and answers received into the events of record.h.
 */
#include "record.h"

#include "lab.h"

#include <stdio.h>
#include <string.h>

#define ANSWERERS 32
#define TALLY_EVERY_MS 100

static struct {
  double gap_ms, first_sent_ms, last_answer_ms, late_ms, next_tally_ms;
  uint64_t sent, received, settled; /* settled: every request up to this one is accounted for */
  int current, known;
  char names[ANSWERERS][ANSWERER_MAX];
  uint64_t answers[ANSWERERS];
} record;

/* A gap that is over, while requests that left before its end may still be answered. */
static struct {
  int open, before, after;
  double start_ms, end_ms, late_ms;
  uint64_t last_request, answered;
} gap;

void record_ready(double gap_ms) {
  record.gap_ms = gap_ms;
  record.current = -1;
  print_line("{\"type\":\"ready\",\"atMs\":%.3f}", now_ms());
}

void record_sent(double at_ms, double late_ms) {
  if (record.sent++ == 0) record.first_sent_ms = at_ms;
  if (late_ms > record.late_ms) record.late_ms = late_ms;
}

static int index_of(const char *answerer) {
  for (int i = 0; i < record.known; i++)
    if (!strcmp(record.names[i], answerer)) return i;
  if (record.known == ANSWERERS) return ANSWERERS - 1;
  snprintf(record.names[record.known], ANSWERER_MAX, "%s", answerer);
  return record.known++;
}

static const char *quoted(int index, char *buffer) {
  if (index < 0) return "null";
  sprintf(buffer, "\"%s\"", record.names[index]);
  return buffer;
}

static void print_gap(const char *end_text, double length_ms, uint64_t lost) {
  char before_text[ANSWERER_MAX + 2], after_text[ANSWERER_MAX + 2];
  print_line("{\"type\":\"gap\",\"startMs\":%.3f,\"endMs\":%s,\"lengthMs\":%.3f,\"lost\":%llu,\"proberLateMs\":%.3f,"
             "\"before\":%s,\"after\":%s}",
             gap.start_ms, end_text, length_ms, (unsigned long long)lost, gap.late_ms, quoted(gap.before, before_text),
             quoted(gap.after, after_text));
}

static double silent_since(void) { return record.received == 0 ? record.first_sent_ms : record.last_answer_ms; }

static void open_gap(double end_ms, int after) {
  gap.open = 1;
  gap.start_ms = silent_since();
  gap.end_ms = end_ms;
  gap.before = record.current;
  gap.after = after;
  gap.late_ms = record.late_ms;
  gap.last_request = record.sent;
  gap.answered = 0;
}

static void settle_gap(void) {
  char end_text[32];
  uint64_t requests = gap.last_request - record.settled;
  if (!gap.open) return;
  gap.open = 0;
  snprintf(end_text, sizeof end_text, "%.3f", gap.end_ms);
  /* Rivals answer one request several times. */
  print_gap(end_text, gap.end_ms - gap.start_ms, requests > gap.answered ? requests - gap.answered : 0);
  record.settled = gap.last_request;
}

void record_answer(double at_ms, const char *answerer, uint64_t request) {
  int after = index_of(answerer), silent = at_ms - silent_since() > record.gap_ms;
  if (silent || request > gap.last_request) settle_gap();
  if (!gap.open && (silent || request > record.settled + 1)) open_gap(at_ms, after);
  if (gap.open) gap.answered += request > record.settled;
  else if (request > record.settled) record.settled = request;
  if (after != record.current) {
    char before_text[ANSWERER_MAX + 2];
    print_line("{\"type\":\"answerer\",\"atMs\":%.3f,\"answerer\":\"%s\",\"previous\":%s}", at_ms, record.names[after],
               quoted(record.current, before_text));
  }
  record.current = after;
  record.received++;
  record.answers[after]++;
  record.last_answer_ms = at_ms;
  record.late_ms = 0;
}

void record_rivals(double at_ms, char rivals[][ANSWERER_MAX], int count) {
  char list[1024];
  int length = 0;
  for (int i = 0; i < count; i++)
    length += snprintf(list + length, sizeof list - length, "%s\"%s\"", i ? "," : "", rivals[i]);
  print_line("{\"type\":\"rivals\",\"atMs\":%.3f,\"answerers\":[%s]}", at_ms, list);
}

static void print_tally(const char *type, double at_ms) {
  char list[ANSWERERS * (ANSWERER_MAX + 32)];
  int length = 0;
  list[0] = 0;
  for (int i = 0; i < record.known; i++)
    length += snprintf(list + length, sizeof list - length, "%s\"%s\":%llu", i ? "," : "", record.names[i],
                       (unsigned long long)record.answers[i]);
  print_line("{\"type\":\"%s\",\"atMs\":%.3f,\"sent\":%llu,\"received\":%llu,\"answers\":{%s}}", type, at_ms,
             (unsigned long long)record.sent, (unsigned long long)record.received, list);
}

void record_tally(double at_ms) {
  if (at_ms < record.next_tally_ms) return;
  record.next_tally_ms = at_ms + TALLY_EVERY_MS;
  print_tally("tally", at_ms);
}

void record_end(double at_ms) {
  settle_gap();
  if (record.sent > 0 && at_ms - silent_since() > record.gap_ms) {
    open_gap(at_ms, -1);
    print_gap("null", at_ms - gap.start_ms, record.sent - record.settled);
  }
  print_tally("end", at_ms);
}
