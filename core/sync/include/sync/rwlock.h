/*
 * Sleeping reader-writer locks. First come first served between the two kinds: a waiting writer
 * stops new readers, and the readers that queued behind it go in together when it leaves, so
 * neither starves. Not recursive, not even for reading. Thread context.
 */
#ifndef SYNC_RWLOCK_H
#define SYNC_RWLOCK_H

#include <base/types.h>
#include <list/list.h>
#include <lock/annotations.h>
#include <lock/order.h>
#include <lock/spinlock.h>
#include <lock/stat.h>

/* [l] lock. Invariant: nr_readers > 0 implies writer == NULL. */
struct CAPABILITY("rwlock") rwlock {
    struct spinlock lock;
    uint32_t nr_readers GUARDED_BY(&lock);   /* [l] */
    struct thread *writer GUARDED_BY(&lock); /* [l] */
    struct list waiters GUARDED_BY(&lock);   /* [l] readers and writers in order of arrival */
    const char *lock_class;                  /* [I] for the lock-order check */
    LOCK_MARK
};

#define RWLOCK_INIT(rw)                                                                            \
    {                                                                                              \
        .lock = SPINLOCK_INIT("rwlock"), .waiters = {&(rw).waiters, &(rw).waiters},                \
        .lock_class = LOCK_CLASS_HERE(rw)                                                          \
    }

/* Locks initialised at the same place are one class for the lock-order check. */
#define rwlock_init(rw) rwlock_init_class((rw), LOCK_CLASS_HERE(rw))
void rwlock_init_class(struct rwlock *rw, const char *lock_class) MAKES_LOCK(rw);
void rwlock_read_lock(struct rwlock *rw) ACQUIRES_SHARED(rw);
MUST_CHECK bool rwlock_read_trylock(struct rwlock *rw) TRY_ACQUIRES_SHARED(true, rw);
void rwlock_read_unlock(struct rwlock *rw) RELEASES_SHARED(rw);
void rwlock_write_lock(struct rwlock *rw) ACQUIRES(rw);
MUST_CHECK bool rwlock_write_trylock(struct rwlock *rw) TRY_ACQUIRES(true, rw);
void rwlock_write_unlock(struct rwlock *rw) RELEASES(rw);
/* Turn a writer into a reader without letting another writer in between. */
void rwlock_downgrade(struct rwlock *rw) RELEASES(rw) ACQUIRES_SHARED(rw);

#endif
