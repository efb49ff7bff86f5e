/*
 * Condition variables (Hoare 1974, with Mesa semantics: a woken waiter tests its condition again).
 */
#ifndef SYNC_CONDVAR_H
#define SYNC_CONDVAR_H

#include <sync/mutex.h>
#include <sync/waitqueue.h>

struct condvar {
    struct wait_queue wq;
};

void cond_init(struct condvar *c);
/* Release m, sleep until signalled, take m again. Spurious wake-ups happen. */
void cond_wait(struct condvar *c, struct mutex *m) REQUIRES(m);
/* 0 or -ETIMEDOUT; m is held either way. */
int cond_wait_until(struct condvar *c, struct mutex *m, uint64_t deadline_ns) REQUIRES(m);
/* 0 or -EINTR; m is held either way. */
int cond_wait_interruptible(struct condvar *c, struct mutex *m) REQUIRES(m);
void cond_signal(struct condvar *c);
void cond_broadcast(struct condvar *c);

#endif
