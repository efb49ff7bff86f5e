/*
 * User memory in tests on the host: the test's own memory. Addresses below 64 KiB fault, as do
 * those outside a process's address space.
 */
#include <arch/uaccess.h>
#include <base/errno.h>

#define USER_MIN 0x10000ul
#define USER_END (1ul << 47)

cpumask_t uaccess_fast_cpus;

static bool is_user(vaddr_t addr)
{
    return addr >= USER_MIN && addr < USER_END;
}

size_t copy_from_user_partial(void *dst, vaddr_t src, size_t nr_bytes)
{
    if (!is_user(src))
        return nr_bytes;
    __builtin_memcpy(dst, (const void *)src, nr_bytes);
    return 0;
}

size_t copy_to_user_partial(vaddr_t dst, const void *src, size_t nr_bytes)
{
    if (!is_user(dst))
        return nr_bytes;
    __builtin_memcpy((void *)dst, src, nr_bytes);
    return 0;
}

size_t clear_user_partial(vaddr_t dst, size_t nr_bytes)
{
    if (!is_user(dst))
        return nr_bytes;
    __builtin_memset((void *)dst, 0, nr_bytes);
    return 0;
}

int copy_from_user(void *dst, vaddr_t src, size_t nr_bytes)
{
    return copy_from_user_partial(dst, src, nr_bytes) != 0 ? -EFAULT : 0;
}

int copy_to_user(vaddr_t dst, const void *src, size_t nr_bytes)
{
    return copy_to_user_partial(dst, src, nr_bytes) != 0 ? -EFAULT : 0;
}

int get_user_u32(uint32_t *value, vaddr_t src)
{
    return src % sizeof(*value) != 0 ? -EINVAL : copy_from_user(value, src, sizeof(*value));
}

int get_user_u64(uint64_t *value, vaddr_t src)
{
    return src % sizeof(*value) != 0 ? -EINVAL : copy_from_user(value, src, sizeof(*value));
}

int put_user_u32(vaddr_t dst, uint32_t value)
{
    return dst % sizeof(value) != 0 ? -EINVAL : copy_to_user(dst, &value, sizeof(value));
}

int put_user_u64(vaddr_t dst, uint64_t value)
{
    return dst % sizeof(value) != 0 ? -EINVAL : copy_to_user(dst, &value, sizeof(value));
}

ssize_t strncpy_from_user(char *dst, vaddr_t src, size_t max)
{
    if (!is_user(src))
        return -EFAULT;
    for (size_t n = 0; n < max; n++) {
        dst[n] = ((const char *)src)[n];
        if (dst[n] == '\0')
            return (ssize_t)n;
    }
    return -ENAMETOOLONG;
}

int cmpxchg_user_u32(vaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *old)
{
    int err = get_user_u32(old, addr);

    if (!err && *old == expected)
        err = put_user_u32(addr, desired);
    return err;
}

int amo_user_u32(vaddr_t addr, unsigned op, uint32_t operand, uint32_t *old)
{
    int err = get_user_u32(old, addr);

    if (err)
        return err;
    switch (op) {
    case 0:
        return put_user_u32(addr, operand);
    case 1:
        return put_user_u32(addr, *old + operand);
    case 2:
        return put_user_u32(addr, *old | operand);
    case 3:
        return put_user_u32(addr, *old & ~operand);
    default:
        return put_user_u32(addr, *old ^ operand);
    }
}
