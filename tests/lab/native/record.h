/*
 * What a prober records, as events on stdout (probe.ts has the same list with types):
 *
 *   ready     the first request is about to leave
 *   answerer  another one answers than before
 *   gap       no answer for longer than `gap_ms`, or requests never answered; printed once a request that left after the
 *             gap is answered, since what waited in a queue is answered late and out of order
 *   rivals    one request, several answerers
 *   tally     sent, received and answers by answerer so far, every 100 ms
 *   end       the same, once, as the last line
 */
#ifndef INGOT_LAB_RECORD_H
#define INGOT_LAB_RECORD_H

#include <stdint.h>

#define ANSWERER_MAX 64

void record_ready(double gap_ms);
/* A request leaves, `late_ms` behind its appointed time: the prober's own share of any gap. */
void record_sent(double at_ms, double late_ms);
/* An answer came to the request of this number, counted from 1. */
void record_answer(double at_ms, const char *answerer, uint64_t request);
void record_rivals(double at_ms, char rivals[][ANSWERER_MAX], int count);
/* Prints a tally when one is due. */
void record_tally(double at_ms);
void record_end(double at_ms);

#endif
