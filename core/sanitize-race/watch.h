/* The two halves of core/sanitize-race: accesses (access.c, atomic.c) and watchpoints (watch.c). */
#ifndef SANITIZE_RACE_WATCH_H
#define SANITIZE_RACE_WATCH_H

#include <base/types.h>

#define ACCESS_WRITE  (1u << 0)
#define ACCESS_MARKED (1u << 1) /* atomic or volatile: two of these never race */

/* An access of 1 to 16 bytes by the instruction before `pc` is about to happen. */
void watch_access(const volatile void *address, size_t size, unsigned flags, uintptr_t pc);

#endif
