/*
 * Atomic operations: with -fsanitize=thread the compiler calls these in place of its own. The order
 * that the caller asked for is ignored: all are sequentially consistent, which hides no race, since
 * a race is two accesses and not their order.
 */
#include "watch.h"

#define PC() ((uintptr_t)__builtin_return_address(0))
#define RMW  (ACCESS_WRITE | ACCESS_MARKED)

#define ATOMIC_LOAD_STORE(bits)                                                                    \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *p, int order);        \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *p, int order)         \
    {                                                                                              \
        (void)order;                                                                               \
        watch_access(p, bits / 8, ACCESS_MARKED, PC());                                            \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                               \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *p, uint##bits##_t v, int order);     \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *p, uint##bits##_t v, int order)      \
    {                                                                                              \
        (void)order;                                                                               \
        watch_access(p, bits / 8, RMW, PC());                                                      \
        __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                  \
    }

#define ATOMIC_RMW(bits, name, builtin)                                                            \
    uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t *p, uint##bits##_t v,      \
                                                int order);                                        \
    uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t *p, uint##bits##_t v,      \
                                                int order)                                         \
    {                                                                                              \
        (void)order;                                                                               \
        watch_access(p, bits / 8, RMW, PC());                                                      \
        return builtin(p, v, __ATOMIC_SEQ_CST);                                                    \
    }

#define ATOMIC_EXCHANGE(bits, kind)                                                                \
    bool __tsan_atomic##bits##_compare_exchange_##kind(volatile uint##bits##_t *p,                 \
                                                       uint##bits##_t *expected, uint##bits##_t v, \
                                                       int order, int failed);                     \
    bool __tsan_atomic##bits##_compare_exchange_##kind(volatile uint##bits##_t *p,                 \
                                                       uint##bits##_t *expected, uint##bits##_t v, \
                                                       int order, int failed)                      \
    {                                                                                              \
        (void)order;                                                                               \
        (void)failed;                                                                              \
        watch_access(p, bits / 8, RMW, PC());                                                      \
        return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_SEQ_CST,                \
                                           __ATOMIC_SEQ_CST);                                      \
    }

#define ATOMIC(bits)                                                                               \
    ATOMIC_LOAD_STORE(bits)                                                                        \
    ATOMIC_RMW(bits, exchange, __atomic_exchange_n)                                                \
    ATOMIC_RMW(bits, fetch_add, __atomic_fetch_add)                                                \
    ATOMIC_RMW(bits, fetch_sub, __atomic_fetch_sub)                                                \
    ATOMIC_RMW(bits, fetch_and, __atomic_fetch_and)                                                \
    ATOMIC_RMW(bits, fetch_or, __atomic_fetch_or)                                                  \
    ATOMIC_RMW(bits, fetch_xor, __atomic_fetch_xor)                                                \
    ATOMIC_EXCHANGE(bits, strong)                                                                  \
    ATOMIC_EXCHANGE(bits, weak)

/* The base ISA has no read-modify-write of less than a word, and the kernel uses none. */
ATOMIC_LOAD_STORE(8)
ATOMIC_LOAD_STORE(16)
ATOMIC(32)
ATOMIC(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
