/*
 * Lock annotations for clang's -Wthread-safety; nothing for other compilers. Every structure that
 * is shared says which lock guards which member, every function that wants a lock held says so.
 */
#ifndef LOCK_ANNOTATIONS_H
#define LOCK_ANNOTATIONS_H

#ifdef __clang__
#define LOCK_ATTRIBUTE(x) __attribute__((x))
#else
#define LOCK_ATTRIBUTE(x)
#endif

#define CAPABILITY(name)  LOCK_ATTRIBUTE(capability(name))
#define GUARDED_BY(lock)  LOCK_ATTRIBUTE(guarded_by(lock))
#define REQUIRES(...)     LOCK_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define ACQUIRES(...)     LOCK_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRES(...) LOCK_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define RELEASES(...)     LOCK_ATTRIBUTE(release_capability(__VA_ARGS__))
#define EXCLUDES(...)     LOCK_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define NO_LOCK_CHECK     LOCK_ATTRIBUTE(no_thread_safety_analysis)

#endif
