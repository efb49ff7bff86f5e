/*
 * The C library's locks (sys/lock.h): mutexes, some of which one thread may take again.
 */
#include <heap/heap.h>
#include <log/log.h>
#include <sync/mutex.h>
#include <thread/thread.h>

#include "libc.h"

struct __lock {
    struct mutex mutex;
    struct thread *owner; /* [a] */
    unsigned depth;       /* [owner] */
};

/* The C library's global locks: malloc's, which the heap takes care of here, atexit's, stdio's. */
struct __lock __lock___libc_recursive_mutex = {.mutex =
                                                   MUTEX_INIT(__lock___libc_recursive_mutex.mutex)};

void __retarget_lock_init(struct __lock **lock);
void __retarget_lock_init_recursive(struct __lock **lock);
void __retarget_lock_close(struct __lock *lock);
void __retarget_lock_close_recursive(struct __lock *lock);
void __retarget_lock_acquire(struct __lock *lock);
void __retarget_lock_acquire_recursive(struct __lock *lock);
void __retarget_lock_release(struct __lock *lock);
void __retarget_lock_release_recursive(struct __lock *lock);

/* There is no way to fail. */
void __retarget_lock_init(struct __lock **lock)
{
    *lock = heap_zalloc(sizeof(**lock));
    if (!*lock)
        panic("libc: no memory for a lock");
    mutex_init(&(*lock)->mutex);
}

void __retarget_lock_init_recursive(struct __lock **lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(struct __lock *lock)
{
    heap_free(lock);
}

void __retarget_lock_close_recursive(struct __lock *lock)
{
    heap_free(lock);
}

void __retarget_lock_acquire(struct __lock *lock) NO_LOCK_CHECK("it is the lock")
{
    mutex_lock(&lock->mutex);
}

void __retarget_lock_release(struct __lock *lock) NO_LOCK_CHECK("it is the lock")
{
    mutex_unlock(&lock->mutex);
}

void __retarget_lock_acquire_recursive(struct __lock *lock) NO_LOCK_CHECK("it is the lock")
{
    if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) != thread_current()) {
        mutex_lock(&lock->mutex);
        __atomic_store_n(&lock->owner, thread_current(), __ATOMIC_RELAXED);
    }
    lock->depth++;
}

void __retarget_lock_release_recursive(struct __lock *lock) NO_LOCK_CHECK("it is the lock")
{
    if (--lock->depth == 0) {
        __atomic_store_n(&lock->owner, NULL, __ATOMIC_RELAXED);
        mutex_unlock(&lock->mutex);
    }
}
