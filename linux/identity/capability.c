/*
 * The calls that read and change capability sets: capget(2), capset(2) and the capability part of
 * prctl(2). SECBIT_KEEP_CAPS is the only secure bit implemented.
 */
#include "internal.h"

#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <cred/cred.h>

/* ---- capget, capset: uapi/linux/capability.h ---- */

#define CAPABILITY_VERSION_1 0x19980330u /* one word per set */
#define CAPABILITY_VERSION_2 0x20071026u
#define CAPABILITY_VERSION_3 0x20080522u

struct cap_header {
    uint32_t version;
    int32_t pid;
};
struct cap_data {
    uint32_t effective, permitted, inheritable;
};

/* Return the number of structures that the version calls for, or an error. */
static int read_header(uint64_t addr, struct cap_header *h)
{
    if (copy_from_user(h, addr, sizeof(*h)) != 0)
        return -EFAULT;
    switch (h->version) {
    case CAPABILITY_VERSION_1:
        return 1;
    case CAPABILITY_VERSION_2:
    case CAPABILITY_VERSION_3:
        return 2;
    default:
        return put_user_u32(addr, CAPABILITY_VERSION_3) != 0 ? -EFAULT : -EINVAL;
    }
}

/* REQUIRES(process_lock). Find the thread; pid may be a tid, 0 is the caller. NULL: none. */
static const struct cred *cred_of(pid_t pid) REQUIRES(&process_lock)
{
    struct user_thread *ut = pid ? user_thread_find(pid) : user_current();
    struct process *p = ut ? ut->process : process_find(pid);

    return ut ? &ut->credentials->cred : p ? &p->credentials->cred : NULL;
}

int64_t sys_capget(vaddr_t header, vaddr_t data)
{
    struct cap_header h;
    struct cap_data d[2];
    const struct cred *c;
    unsigned long irq;
    int nr = read_header(header, &h);

    if (nr < 0)
        return nr == -EINVAL && !data ? 0 : nr;
    if (h.pid < 0)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    c = cred_of(h.pid);
    for (int i = 0; c && i < nr; i++) {
        d[i] = (struct cap_data){(uint32_t)(c->cap_effective >> 32 * i),
                                 (uint32_t)(c->cap_permitted >> 32 * i),
                                 (uint32_t)(c->cap_inheritable >> 32 * i)};
    }
    spin_unlock_irqrestore(&process_lock, irq);
    if (!c)
        return -ESRCH;
    return data ? copy_to_user(data, d, (size_t)nr * sizeof(d[0])) : 0;
}

int64_t sys_capset(vaddr_t header, vaddr_t data)
{
    struct cred c = *cred_current();
    struct cap_data d[2] = {0};
    struct cap_header h;
    int err, nr = read_header(header, &h);

    if (nr < 0)
        return nr;
    if (h.pid && h.pid != process_current()->pid && h.pid != user_current()->tid)
        return -EPERM;
    if (copy_from_user(d, data, (size_t)nr * sizeof(d[0])) != 0)
        return -EFAULT;
    err = cred_capset(&c, (d[0].effective | (uint64_t)d[1].effective << 32) & CAP_ALL,
                      (d[0].permitted | (uint64_t)d[1].permitted << 32) & CAP_ALL,
                      (d[0].inheritable | (uint64_t)d[1].inheritable << 32) & CAP_ALL);
    return err ? err : cred_commit(&c);
}

/* ---- prctl ---- */

#define PR_CAP_AMBIENT_IS_SET    1
#define PR_CAP_AMBIENT_RAISE     2
#define PR_CAP_AMBIENT_LOWER     3
#define PR_CAP_AMBIENT_CLEAR_ALL 4

static int64_t drop_bounding(struct cred *c, uint64_t cap)
{
    if (!cred_has_cap(c, CAP_SETPCAP))
        return -EPERM;
    if (cap > CAP_LAST)
        return -EINVAL;
    c->cap_bounding &= ~(1ull << cap);
    return 0;
}

static int64_t ambient(struct cred *c, uint64_t operation, uint64_t number)
{
    uint64_t cap = 1ull << (number & 63);

    if (operation == PR_CAP_AMBIENT_CLEAR_ALL) {
        if (number)
            return -EINVAL;
        c->cap_ambient = 0;
        return 0;
    }
    if (number > CAP_LAST)
        return -EINVAL;
    switch (operation) {
    case PR_CAP_AMBIENT_IS_SET:
        return (c->cap_ambient & cap) != 0;
    case PR_CAP_AMBIENT_RAISE:
        if (!(c->cap_permitted & c->cap_inheritable & cap))
            return -EPERM;
        c->cap_ambient |= cap;
        return 0;
    case PR_CAP_AMBIENT_LOWER:
        c->cap_ambient &= ~cap;
        return 0;
    default:
        return -EINVAL;
    }
}

static int64_t set_secure_bits(struct cred *c, uint64_t bits)
{
    if (!cred_has_cap(c, CAP_SETPCAP))
        return -EPERM;
    if (bits & ~(uint64_t)SECBIT_KEEP_CAPS)
        return -EINVAL;
    c->keeps_caps = bits != 0;
    return 0;
}

int64_t capability_prctl(int option, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
    struct cred copy = *cred_current(), *c = &copy;
    int64_t ret = -EINVAL;
    int err;

    switch (option) {
    case PR_GET_KEEPCAPS:
        ret = c->keeps_caps;
        break;
    case PR_SET_KEEPCAPS:
        if (arg2 > 1)
            break;
        c->keeps_caps = arg2;
        ret = 0;
        break;
    case PR_CAPBSET_READ:
        if (arg2 <= CAP_LAST)
            ret = (int64_t)(c->cap_bounding >> arg2 & 1);
        break;
    case PR_CAPBSET_DROP:
        ret = drop_bounding(c, arg2);
        break;
    case PR_GET_SECUREBITS:
        ret = c->keeps_caps ? SECBIT_KEEP_CAPS : 0;
        break;
    case PR_SET_SECUREBITS:
        ret = set_secure_bits(c, arg2);
        break;
    case PR_CAP_AMBIENT:
        if (!arg4 && !arg5)
            ret = ambient(c, arg2, arg3);
        break;
    default:
        break;
    }
    err = ret >= 0 ? cred_commit(c) : 0;
    return err ? err : ret;
}
