/*
 * The uaccess contract: reading and writing a program's memory. Two providers:
 * arch/riscv/uaccess-user (across the privilege line, with sstatus.SUM set only inside) and
 * arch/riscv/uaccess-same (program and kernel share one address space). Both check the range, and
 * both end a bad pointer in an error.
 *
 * A fault inside goes the ordinary way first: the vspace may fill the page, and the access is
 * repeated; only if that fails does the exception table turn it into the error. So these functions
 * may sleep: thread context, no spinlock held. (A caller that holds a spinlock or has
 * preemption disabled gets the error at once for pages that are not present.)
 */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <arch/smp.h>
#include <base/types.h>

/*
 * Once a CPU, CPU 0 first, before programs run there: finds out by trial whether misaligned words
 * are faster than bytes on this hart.
 */
void uaccess_cpu_init(unsigned cpu);

extern cpumask_t uaccess_fast_cpus; /* [a] where they are */
/* [a] Copies use them: every CPU that was tried has them fast. Tests set it to see both ways. */
extern bool uaccess_words_anywhere;

/* 0 or -EFAULT; on error part of dst may have been written. */
int copy_from_user(void *dst, vaddr_t src, size_t nr_bytes) MUST_CHECK;
int copy_to_user(vaddr_t dst, const void *src, size_t nr_bytes) MUST_CHECK;

/* How many bytes were *not* copied: for read() and write(), which report partial success. */
size_t copy_from_user_partial(void *dst, vaddr_t src, size_t nr_bytes) MUST_CHECK;
size_t copy_to_user_partial(vaddr_t dst, const void *src, size_t nr_bytes) MUST_CHECK;
/* Zeroes; how many bytes were not. */
size_t clear_user_partial(vaddr_t dst, size_t nr_bytes) MUST_CHECK;

/*
 * Copies a NUL-terminated string. Returns its length without the NUL, -EFAULT, or -ENAMETOOLONG if
 * there is no NUL in the first `max` bytes.
 */
ssize_t strncpy_from_user(char *dst, vaddr_t src, size_t max) MUST_CHECK;

/* One aligned word; -EINVAL if misaligned. */
int get_user_u32(uint32_t *value, vaddr_t src) MUST_CHECK;
int get_user_u64(uint64_t *value, vaddr_t src) MUST_CHECK;
int put_user_u32(vaddr_t dst, uint32_t value) MUST_CHECK;
int put_user_u64(vaddr_t dst, uint64_t value) MUST_CHECK;

/*
 * Atomics on a user word, for futexes: *old gets the value before. op of amo_user_u32: the
 * FUTEX_OP_* numbers of Linux (0 set, 1 add, 2 or, 3 andn, 4 xor).
 */
int cmpxchg_user_u32(vaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *old) MUST_CHECK;
int amo_user_u32(vaddr_t addr, unsigned op, uint32_t operand, uint32_t *old) MUST_CHECK;

#endif
