/*
 * Threads that race for half a second. Each loops until is_over; what there is to count goes into
 * nr_rounds.
 */
#ifndef CONFORMANCE_RACE_H
#define CONFORMANCE_RACE_H

#include "check.h"

#include <pthread.h>

#define RACERS_MAX 6

static volatile bool is_over;
static _Atomic long nr_rounds;

static void run_for_a_while(void *(*const *fns)(void *), int nr)
{
    pthread_t threads[RACERS_MAX];
    struct timespec half = {.tv_nsec = 500000000};

    for (int i = 0; i < nr; i++)
        CHECK(pthread_create(&threads[i], NULL, fns[i], (void *)(intptr_t)i) == 0);
    nanosleep(&half, NULL);
    is_over = true;
    for (int i = 0; i < nr; i++)
        pthread_join(threads[i], NULL);
    CHECK(nr_rounds > 0);
}

#endif
