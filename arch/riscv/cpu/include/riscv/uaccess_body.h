/*
 * The C side of the two uaccess providers: checks, then the assembly of riscv/uaccess_copy.h.
 * Contract: <arch/uaccess.h>.
 */
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <riscv/csr.h>
#include <riscv/uaccess_probe.h>
#include <shadow/shadow.h>

size_t raw_copy(void *dst, const void *src, size_t n);
size_t raw_clear(void *dst, size_t n);
long raw_strncpy(char *dst, const char *src, size_t max);
long raw_load32(uint32_t *value, vaddr_t addr);
long raw_load64(uint64_t *value, vaddr_t addr);
long raw_store32(vaddr_t addr, uint32_t value);
long raw_store64(vaddr_t addr, uint64_t value);
long raw_cmpxchg32(vaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *old);
long raw_amo32_set(vaddr_t addr, uint32_t operand, uint32_t *old);
long raw_amo32_add(vaddr_t addr, uint32_t operand, uint32_t *old);
long raw_amo32_or(vaddr_t addr, uint32_t operand, uint32_t *old);
long raw_amo32_and(vaddr_t addr, uint32_t operand, uint32_t *old);
long raw_amo32_xor(vaddr_t addr, uint32_t operand, uint32_t *old);
long raw_probe_words(void *buf);
long raw_probe_bytes(void *buf);

bool uaccess_words_anywhere;
cpumask_t uaccess_fast_cpus;

/* Measure a probe in ticks, UINT64_MAX if it faults. */
static uint64_t probe_ticks(long (*probe)(void *buf), void *buf)
{
    uint64_t start = csr_read(time);

    return probe(buf) == 0 ? csr_read(time) - start : UINT64_MAX;
}

/*
 * Compare the shortest times, since disturbances (an emulator's translation, a busy host) only add
 * to them; words go first, with cold caches.
 */
static bool are_words_fast(void *misaligned)
{
    uint64_t words = UINT64_MAX;
    uint64_t bytes = UINT64_MAX;

    for (int round = 0; round < PROBE_ROUNDS && words >= bytes; round++) {
        words = MIN(words, probe_ticks(raw_probe_words, misaligned));
        bytes = MIN(bytes, probe_ticks(raw_probe_bytes, misaligned));
    }
    return words < bytes;
}

void uaccess_cpu_init(unsigned cpu)
{
    uint64_t buf[PROBE_SIZE * 2 / sizeof(uint64_t) + 1] = {0};
    unsigned long irq = arch_irq_save();
    bool is_fast = are_words_fast((uint8_t *)buf + 1);

    arch_irq_restore(irq);
    if (is_fast)
        __atomic_fetch_or(&uaccess_fast_cpus, BIT(cpu), __ATOMIC_RELAXED);
    /* Threads run on any CPU, so one slow CPU decides for all. CPU 0 comes first. */
    if (!is_fast || cpu == 0)
        __atomic_store_n(&uaccess_words_anywhere, is_fast, __ATOMIC_RELAXED);
}

/* True if the whole range lies in the user half. */
static inline bool is_user_range(vaddr_t va, size_t n)
{
    return n <= ARCH_USER_END && va <= ARCH_USER_END - n;
}

size_t copy_from_user_partial(void *dst, vaddr_t src, size_t n)
{
    shadow_check(dst, n, true);
    return is_user_range(src, n) ? raw_copy(dst, (const void *)src, n) : n;
}

size_t copy_to_user_partial(vaddr_t dst, const void *src, size_t n)
{
    shadow_check(src, n, false);
    return is_user_range(dst, n) ? raw_copy((void *)dst, src, n) : n;
}

int copy_from_user(void *dst, vaddr_t src, size_t n)
{
    return copy_from_user_partial(dst, src, n) == 0 ? 0 : -EFAULT;
}

int copy_to_user(vaddr_t dst, const void *src, size_t n)
{
    return copy_to_user_partial(dst, src, n) == 0 ? 0 : -EFAULT;
}

size_t clear_user_partial(vaddr_t dst, size_t n)
{
    return is_user_range(dst, n) ? raw_clear((void *)dst, n) : n;
}

ssize_t strncpy_from_user(char *dst, vaddr_t src, size_t max)
{
    size_t reachable = src < ARCH_USER_END ? ARCH_USER_END - src : 0;
    size_t limit = MIN(max, reachable);
    long n = raw_strncpy(dst, (const char *)src, limit);

    if (n < 0)
        return -EFAULT;
    if ((size_t)n < limit)
        return n;
    return limit < max ? -EFAULT : -ENAMETOOLONG;
}

static inline int check(vaddr_t va, size_t n)
{
    if (!is_user_range(va, n))
        return -EFAULT;
    return (va & (n - 1)) != 0 ? -EINVAL : 0;
}

#define CHECKED(addr, size, call)                                                                  \
    do {                                                                                           \
        int rc_ = check(addr, size);                                                               \
        if (rc_ != 0)                                                                              \
            return rc_;                                                                            \
        return (call) == 0 ? 0 : -EFAULT;                                                          \
    } while (0)

int get_user_u32(uint32_t *value, vaddr_t src)
{
    CHECKED(src, 4, raw_load32(value, src));
}

int get_user_u64(uint64_t *value, vaddr_t src)
{
    CHECKED(src, 8, raw_load64(value, src));
}

int put_user_u32(vaddr_t dst, uint32_t value)
{
    CHECKED(dst, 4, raw_store32(dst, value));
}

int put_user_u64(vaddr_t dst, uint64_t value)
{
    CHECKED(dst, 8, raw_store64(dst, value));
}

int cmpxchg_user_u32(vaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *old)
{
    CHECKED(addr, 4, raw_cmpxchg32(addr, expected, desired, old));
}

int amo_user_u32(vaddr_t addr, unsigned op, uint32_t operand, uint32_t *old)
{
    switch (op) {
    case 0:
        CHECKED(addr, 4, raw_amo32_set(addr, operand, old));
    case 1:
        CHECKED(addr, 4, raw_amo32_add(addr, operand, old));
    case 2:
        CHECKED(addr, 4, raw_amo32_or(addr, operand, old));
    case 3:
        CHECKED(addr, 4, raw_amo32_and(addr, ~operand, old));
    case 4:
        CHECKED(addr, 4, raw_amo32_xor(addr, operand, old));
    default:
        return -ENOSYS;
    }
}
