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
  uint64_t sent, received;
  int current, known;
  char names[ANSWERERS][ANSWERER_MAX];
  uint64_t answers[ANSWERERS];
} record;

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

static void print_gap(double start_ms, double end_ms, int after, unsigned lost, int open) {
  char before_text[ANSWERER_MAX + 2], after_text[ANSWERER_MAX + 2], end_text[32] = "null";
  if (!open) snprintf(end_text, sizeof end_text, "%.3f", end_ms);
  print_line("{\"type\":\"gap\",\"startMs\":%.3f,\"endMs\":%s,\"lengthMs\":%.3f,\"lost\":%u,\"proberLateMs\":%.3f,"
             "\"before\":%s,\"after\":%s}",
             start_ms, end_text, end_ms - start_ms, lost, record.late_ms, quoted(record.current, before_text),
             quoted(after, after_text));
}

void record_answer(double at_ms, const char *answerer, unsigned lost) {
  int after = index_of(answerer);
  double start_ms = record.received == 0 ? record.first_sent_ms : record.last_answer_ms;
  if (at_ms - start_ms > record.gap_ms || lost > 0) print_gap(start_ms, at_ms, after, lost, 0);
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
  double start_ms = record.received == 0 ? record.first_sent_ms : record.last_answer_ms;
  if (record.sent > 0 && at_ms - start_ms > record.gap_ms) print_gap(start_ms, at_ms, -1, 0, 1);
  print_tally("end", at_ms);
}
