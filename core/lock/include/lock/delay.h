/*
 * Random delays that provoke more interleavings of CPUs: before a spinlock is taken, with it held,
 * and before it is released, a CPU occasionally waits some microseconds; and a thread that releases
 * one occasionally yields. Sleeping locks and the scheduler go through spinlocks, and so are
 * delayed, too. Wake-ups are late by up to milliseconds: what was waited for has come, and the
 * waiter may see it and be gone before it is woken; and a CPU takes what another one asks of it
 * late.
 *
 * DEBUG only. Each CPU's delays follow from the seed; what they lead to does not, since CPUs run as
 * they like.
 */
#ifndef LOCK_DELAY_H
#define LOCK_DELAY_H

#include <base/types.h>

#ifdef DEBUG

/* 0 ends the delays. */
void lock_delays_set(uint64_t seed);

/* Do this CPU's next delay, if one is due. */
void lock_delay(void);

/* Before a thread is woken, before it is made ready, and before another CPU's request is taken. */
void lock_delay_wake(void);

/* Like lock_delay(), and the thread may be made to yield once preemption is enabled again. */
void lock_delay_and_yield(void);

#else

static inline void lock_delay_wake(void)
{
}

#endif

#endif
