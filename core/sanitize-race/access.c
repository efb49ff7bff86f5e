/*
 * Called by compiled code before plain and volatile accesses (-fsanitize=thread; the names are
 * those of LLVM's ThreadSanitizer run time).
 */
#include "watch.h"

#define ACCESS(name, size, flags)                                                                  \
    void name(void *address);                                                                      \
    void name(void *address)                                                                       \
    {                                                                                              \
        watch_access(address, size, flags, (uintptr_t)__builtin_return_address(0));                \
    }

#define ACCESSES(size)                                                                             \
    ACCESS(__tsan_read##size, size, 0)                                                             \
    ACCESS(__tsan_write##size, size, ACCESS_WRITE)                                                 \
    ACCESS(__tsan_unaligned_read##size, size, 0)                                                   \
    ACCESS(__tsan_unaligned_write##size, size, ACCESS_WRITE)                                       \
    ACCESS(__tsan_volatile_read##size, size, ACCESS_MARKED)                                        \
    ACCESS(__tsan_volatile_write##size, size, ACCESS_WRITE | ACCESS_MARKED)                        \
    ACCESS(__tsan_unaligned_volatile_read##size, size, ACCESS_MARKED)                              \
    ACCESS(__tsan_unaligned_volatile_write##size, size, ACCESS_WRITE | ACCESS_MARKED)

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

/* Structures: its first bytes stand for the whole. */
void __tsan_read_range(void *address, size_t size);
void __tsan_read_range(void *address, size_t size)
{
    if (size != 0)
        watch_access(address, MIN(size, 16ul), 0, (uintptr_t)__builtin_return_address(0));
}

void __tsan_write_range(void *address, size_t size);
void __tsan_write_range(void *address, size_t size)
{
    if (size != 0)
        watch_access(address, MIN(size, 16ul), ACCESS_WRITE,
                     (uintptr_t)__builtin_return_address(0));
}

/* Of every object's constructor, which is never called. */
void __tsan_init(void);
void __tsan_init(void)
{
}
