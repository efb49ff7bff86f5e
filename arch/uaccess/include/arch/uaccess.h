/*
 * The uaccess contract: reading and writing a program's memory. Two providers:
 * arch/riscv/uaccess-user (across the privilege line, with sstatus.SUM set only inside) and
 * arch/riscv/uaccess-same (program and kernel share one address space). Both check the range, and
 * both end a bad pointer in an error.
 *
 * A fault is first handled as usual: the vspace may fill the page, and the access is repeated; only
 * if that fails does the exception table turn it into an error. So these functions may sleep:
 * thread context, no spinlock held. (With a spinlock held or preemption disabled, pages that are
 * not present give the error at once.)
 */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <arch/smp.h>
#include <base/errno.h>
#include <base/types.h>

/*
 * Find out by trial whether misaligned words are faster than bytes on this hart. Once per CPU, CPU
 * 0 first, before programs run there.
 */
void uaccess_cpu_init(unsigned cpu);

extern cpumask_t uaccess_fast_cpus; /* [a] CPUs on which misaligned words are fast */
/* [a] Copies use misaligned words: they are fast on every CPU tried so far. Tests set it to cover
 * both ways. */
extern bool uaccess_words_anywhere;

/* 0 or -EFAULT; on error part of dst may have been written. */
int copy_from_user(void *dst, vaddr_t src, size_t nr_bytes) MUST_CHECK;
int copy_to_user(vaddr_t dst, const void *src, size_t nr_bytes) MUST_CHECK;

/* Copy and return how many bytes were *not* copied: for read() and write(), which report partial
 * success. */
size_t copy_from_user_partial(void *dst, vaddr_t src, size_t nr_bytes) MUST_CHECK;
size_t copy_to_user_partial(vaddr_t dst, const void *src, size_t nr_bytes) MUST_CHECK;
/* Zero memory; returns how many bytes were not zeroed. */
size_t clear_user_partial(vaddr_t dst, size_t nr_bytes) MUST_CHECK;

/*
 * Copy a NUL-terminated string. Returns its length without the NUL, -EFAULT, or -ENAMETOOLONG if
 * there is no NUL in the first `max` bytes.
 */
ssize_t strncpy_from_user(char *dst, vaddr_t src, size_t max) MUST_CHECK;

/* Access one aligned word; -EINVAL if misaligned. */
int get_user_u32(uint32_t *value, vaddr_t src) MUST_CHECK;
int get_user_u64(uint64_t *value, vaddr_t src) MUST_CHECK;
int put_user_u32(vaddr_t dst, uint32_t value) MUST_CHECK;
int put_user_u64(vaddr_t dst, uint64_t value) MUST_CHECK;

/*
 * Atomics on a user word, for futexes; *old gets the previous value. op of amo_user_u32: Linux's
 * FUTEX_OP_* numbers (0 set, 1 add, 2 or, 3 andn, 4 xor).
 */
int cmpxchg_user_u32(vaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *old) MUST_CHECK;
int amo_user_u32(vaddr_t addr, unsigned op, uint32_t operand, uint32_t *old) MUST_CHECK;

static inline int check_zero_from_user(vaddr_t src, size_t nr_bytes)
{
    uint8_t bytes[64];

    for (size_t n; nr_bytes > 0; src += n, nr_bytes -= n) {
        n = MIN(nr_bytes, sizeof(bytes));
        if (copy_from_user(bytes, src, n) != 0)
            return -EFAULT;
        for (size_t i = 0; i < n; i++)
            if (bytes[i])
                return -E2BIG;
    }
    return 0;
}

#endif
