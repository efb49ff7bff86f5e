/*
 * Names for compiler attributes and builtins.
 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#define NORETURN                _Noreturn
#define MUST_CHECK              __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define ALWAYS_INLINE           inline __attribute__((always_inline))
#define NOINLINE                __attribute__((noinline))
#define COLD                    __attribute__((cold))
/* For a short, hot function: no frame pointer. Backtraces are not affected. */
#if defined(__riscv) && !defined(__clang__) && !defined(DEBUG)
#define HOT __attribute__((optimize("omit-frame-pointer")))
#else
#define HOT
#endif
#define UNUSED        __attribute__((unused))
#define USED          __attribute__((used))
#define ALIGNED(n)    __attribute__((aligned(n)))
#define SECTION(name) __attribute__((section(name)))
#define FALLTHROUGH   __attribute__((fallthrough))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Keep the compiler from moving memory accesses across this point; no instruction. */
#define compiler_barrier() __asm__ volatile("" ::: "memory")

/* One load or store that the compiler may neither split, repeat nor drop. */
#ifndef LOCK_CHECK
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#else /* seen as an access by clang's lock analysis */
#define READ_ONCE(x)     ((__typeof__(x))(x))
#define WRITE_ONCE(x, v) ((x) = (v))
#endif

#define BASE_PASTE_(a, b) a##b
#define PASTE(a, b)       BASE_PASTE_(a, b)
#define BASE_STR_(x)      #x
#define STRINGIFY(x)      BASE_STR_(x)

#endif
