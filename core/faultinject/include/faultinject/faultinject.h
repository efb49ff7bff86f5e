/*
 * Allocation failure on demand, so that tests can walk every error path: alloc_fail_set(n) makes
 * the n-th allocation from now fail, alloc_fail_every(n) every n-th. Every allocator (frame, slab,
 * heap) asks alloc_should_fail() once per outermost request. The command-line words failalloc=N and
 * failevery=N do the same from boot on; a line of the log says when the n-th has failed, so that a
 * sweep over n is complete at the first boot without that line. alloc_fail_task_set(n) counts the
 * allocations of the calling thread alone, so that a single system call can be aimed at. Exists in
 * DEBUG builds only; costs nothing in others.
 */
#ifndef FAULTINJECT_FAULTINJECT_H
#define FAULTINJECT_FAULTINJECT_H

#include <base/types.h>

#ifdef DEBUG

/* 0 switches it off. */
void alloc_fail_set(uint64_t nth);
void alloc_fail_every(uint64_t nth);

/*
 * Fail the calling thread's n-th allocation from now; 0 cancels. One thread at a time: a second
 * caller replaces the first. alloc_fail_task_left(): 0 once the failure has happened.
 */
void alloc_fail_task_set(uint64_t nth);
uint64_t alloc_fail_task_left(void);

/* Allocations asked for since boot, and how many of them were made to fail. */
uint64_t alloc_fail_seen(void);
uint64_t alloc_fail_hits(void);

bool alloc_should_fail(void);

#else

static inline void alloc_fail_set(uint64_t nth)
{
    (void)nth;
}

static inline void alloc_fail_every(uint64_t nth)
{
    (void)nth;
}

static inline uint64_t alloc_fail_seen(void)
{
    return 0;
}

static inline uint64_t alloc_fail_hits(void)
{
    return 0;
}

static inline bool alloc_should_fail(void)
{
    return false;
}

#endif

#endif
