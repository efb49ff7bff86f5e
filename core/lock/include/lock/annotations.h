/*
 * Lock annotations, checked by `make check` (tools/check_locks.py: clang's -Wthread-safety);
 * nothing in a build. Every structure that is shared says which lock guards which member, every
 * function that wants a lock held says so. docs/locking.md shows how. Locks are named by their
 * addresses, as the functions that take them want them: GUARDED_BY(&lock), REQUIRES(&queue->lock).
 */
#ifndef LOCK_ANNOTATIONS_H
#define LOCK_ANNOTATIONS_H

#ifdef LOCK_CHECK
#define LOCK_ATTRIBUTE(x) __attribute__((x))
#else
#define LOCK_ATTRIBUTE(x)
#endif

#define CAPABILITY(name) LOCK_ATTRIBUTE(capability(name))

/* For a variable, or a member guarded by a member of the same structure: GUARDED_BY(&lock). */
#define GUARDED_BY(lock) LOCK_ATTRIBUTE(guarded_by(lock))
/* Guards not the pointer but its target. */
#define PT_GUARDED_BY(lock) LOCK_ATTRIBUTE(pt_guarded_by(lock))
/* Within GUARDED_BY a member of the same object whose own member is the lock: &OWN(up)->lock. */
#define OWN(member) (*&member)

/*
 * A public header that names a lock of the component's own: PRIVATE_LOCK(spinlock, dcache_lock). A
 * lock that is static in its file is LOCK_STATIC then.
 */
#ifdef LOCK_CHECK
#define PRIVATE_LOCK(kind, lock) extern struct kind lock
#define LOCK_STATIC
#else
#define PRIVATE_LOCK(kind, lock) struct kind
#define LOCK_STATIC              static
#endif

/* _SHARED: as a reader of a reader-writer lock. */
#define REQUIRES(...)            LOCK_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...)     LOCK_ATTRIBUTE(requires_shared_capability(__VA_ARGS__))
#define EXCLUDES(...)            LOCK_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRES(...)            LOCK_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define ACQUIRES_SHARED(...)     LOCK_ATTRIBUTE(acquire_shared_capability(__VA_ARGS__))
#define TRY_ACQUIRES(...)        LOCK_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRES_SHARED(...) LOCK_ATTRIBUTE(try_acquire_shared_capability(__VA_ARGS__))
#define RELEASES(...)            LOCK_ATTRIBUTE(release_capability(__VA_ARGS__))
#define RELEASES_SHARED(...)     LOCK_ATTRIBUTE(release_shared_capability(__VA_ARGS__))
/* The function returns the same lock as the argument. */
#define LOCK_RETURNED(lock) LOCK_ATTRIBUTE(lock_returned(lock))
/* The lock counts as held after the call: it was created there, so nobody else knows the object. */
#define MAKES_LOCK(lock) LOCK_ATTRIBUTE(assert_capability(lock))

/*
 * Exemptions. Each says why it is one, in a string. The smallest that does is the right one.
 *
 * UNLOCKED(expr, why): the value of expr, which may be read without its locks.
 *
 * UNLOCKED_DO(statement, why): likewise, without a value.
 *
 * ASSUME_UNSHARED(lock, why): nobody else sees the object yet, or any more: what the lock guards is
 * free.
 *
 * ASSUME_LOCKED(lock, why): it is held, by a way that clang does not follow (a function pointer).
 *
 * LOCK_TAKEN(lock, why), LOCK_GIVEN(lock, why): a call that cannot say so (ACQUIRES, RELEASES) has
 * taken it, or given it back.
 *
 * SAME_LOCK(lock, held): the lock is the one that is held, by another way to it.
 *
 * NO_LOCK_CHECK(why): a function's attribute: clang does not look into it.
 */
#ifdef LOCK_CHECK
struct CAPABILITY("lock") lock_any;
void lock_assumed(struct lock_any *lock) LOCK_ATTRIBUTE(assert_capability(lock));
void lock_same(struct lock_any *lock, struct lock_any *held) REQUIRES(held)
    LOCK_ATTRIBUTE(assert_capability(lock));
void lock_taken(struct lock_any *lock) ACQUIRES(lock);
void lock_given(struct lock_any *lock) RELEASES(lock);
#define UNLOCKED(expr, why)                                                                        \
    ({                                                                                             \
        _Pragma("clang diagnostic push")                                                           \
            _Pragma("clang diagnostic ignored \"-Wthread-safety\"") __auto_type unlocked_ =        \
                (expr);                                                                            \
        _Pragma("clang diagnostic pop") unlocked_;                                                 \
    })
#define UNLOCKED_DO(statement, why)                                                                \
    UNLOCKED(({                                                                                    \
                 statement;                                                                        \
                 0;                                                                                \
             }),                                                                                   \
             why)
#define ASSUME_UNSHARED(lock, why) lock_assumed((struct lock_any *)(lock))
#define ASSUME_LOCKED(lock, why)   lock_assumed((struct lock_any *)(lock))
#define LOCK_TAKEN(lock, why)      lock_taken((struct lock_any *)(lock))
#define LOCK_GIVEN(lock, why)      lock_given((struct lock_any *)(lock))
#define SAME_LOCK(lock, held)      lock_same((struct lock_any *)(lock), (struct lock_any *)(held))
#define NO_LOCK_CHECK(why)         LOCK_ATTRIBUTE(no_thread_safety_analysis)
#else
#define UNLOCKED(expr, why)         (expr)
#define UNLOCKED_DO(statement, why) statement
#define ASSUME_UNSHARED(lock, why)  ((void)0)
#define ASSUME_LOCKED(lock, why)    ((void)0)
#define LOCK_TAKEN(lock, why)       ((void)0)
#define LOCK_GIVEN(lock, why)       ((void)0)
#define SAME_LOCK(lock, held)       ((void)0)
#define NO_LOCK_CHECK(why)
#endif

#endif
