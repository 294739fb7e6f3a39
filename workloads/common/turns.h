/*
 * turns.h - a driver that stays alive and works in turns, as the lab says.
 *
 * Allocators are told apart best when they run side by side: all of a workload's settings are
 * alive, grown and warm, and one process at a time works for some milliseconds, in random
 * order. Whatever the machine does meanwhile, it does to neighbours in time. --turns=FD gives the
 * driver a socket (SOCK_SEQPACKET) on which it is spoken to, a line a message:
 *
 *   driver: loaded                            it has read its input; many may do that at once
 *   lab:    start
 *   driver: part                              it has worked on its start for 3 ms
 *   lab:    on
 *   driver: ready {figures of the start}      it has filled its live set and done one round
 *   lab:    warm N | turn N                   do N rounds; `turn` counts in the sample's figures
 *   driver: done {figures of the turn}
 *   lab:    end | leave
 *   driver: drained                           all is freed; it rests 100 ms (not after `leave`),
 *                                             writes, exits
 *
 * A process that waits for its turn grows old by the clock, and allocators give memory back by the
 * clock: they would be measured giving back what a program that goes on working keeps. So the
 * driver defines clock_gettime, gettimeofday and time, which libraries find before the C library's,
 * and these stand still while it waits. `clock_asked` tells how often somebody else asked: the
 * driver's own readings do not go this way.
 *
 * The start is done in parts, as the pages that a process gets there are its for life, and are not
 * alike: those that lie together in physical memory are up to a quarter faster to write to than
 * those left over from others. Of processes that start one after the other each gets what the
 * system has at hand at that moment. In parts, all get of everything. A process of several threads
 * starts in one.
 */
#ifndef WORKLOADS_TURNS_H
#define WORKLOADS_TURNS_H

#include <stdbool.h>
#include <stdint.h>

enum { TURNS_LINE_BYTES = 512, TURNS_ROUNDS_MAX = 1000000 };

#define TURNS_HELP "work in turns, as is said on this socket (common/turns.h): for the lab"

typedef enum turns_word {
    TURNS_START,
    TURNS_WARM,
    TURNS_COUNTED,
    TURNS_END,
    TURNS_LEAVE
} turns_word_t;

/* By --turns; without, nothing below may be called but turns_wanted. */
void turns_open(const char *text);
bool turns_wanted(void);

/* Says a line and, with the clocks standing still, waits for what the lab says; into `rounds` how
 * many. Ends the process when the lab is gone or speaks otherwise. */
turns_word_t turns_wait(const char *line, uint64_t *rounds);
void turns_say(const char *line);

/* Between the two the lab lets others work in turns with this process, by a signal (SIGALRM). Not
 * for programs of several threads, of which it would stop one. */
void turns_begin_parts(void);
void turns_end_parts(void);

/* Of this process so far: clock readings by others, and the time that stood still. */
uint64_t turns_clock_asked(void);
uint64_t turns_clock_paused_ns(void);

#endif
