/*
 * Threads that race for half a second, and until somebody has got through a round, which on a busy
 * host may take longer. Each loops until is_over; what there is to count goes into nr_rounds. All
 * begin at once: the stack of one still to be made must not get a place that another takes and
 * gives back.
 */
#ifndef CONFORMANCE_RACE_H
#define CONFORMANCE_RACE_H

#include "check.h"

#include <pthread.h>

#define RACERS_MAX 6
#define HALVES_MAX 120

static volatile bool is_over;
static _Atomic long nr_rounds;

static void *(*const *racers)(void *);
static volatile bool has_begun;

static void *run_racer(void *number)
{
    while (!has_begun)
        usleep(1000);
    return racers[(intptr_t)number](number);
}

static void run_for_a_while(void *(*const *fns)(void *), int nr)
{
    pthread_t threads[RACERS_MAX];
    struct timespec half = {.tv_nsec = 500000000};

    racers = fns;
    for (int i = 0; i < nr; i++)
        CHECK(pthread_create(&threads[i], NULL, run_racer, (void *)(intptr_t)i) == 0);
    has_begun = true;
    for (int i = 0; i == 0 || (nr_rounds == 0 && i < HALVES_MAX); i++)
        nanosleep(&half, NULL);
    is_over = true;
    for (int i = 0; i < nr; i++)
        pthread_join(threads[i], NULL);
    CHECK(nr_rounds > 0);
}

#endif
