/*
 * Who a process is: numbers, user and group identities, capabilities.
 */
#include "internal.h"

#include <arch/uaccess.h>
#include <process/syscalls.h>

#define KEEP ((uint32_t)-1)

SYSCALL(getpid)
{
    (void)a;
    return process_current()->pid;
}

SYSCALL(gettid)
{
    (void)a;
    return user_current()->tid;
}

SYSCALL(getppid)
{
    (void)a;
    return READ_ONCE(process_current()->parent_pid);
}

SYSCALL(getuid)
{
    (void)a;
    return process_current()->credentials.uid;
}

SYSCALL(geteuid)
{
    (void)a;
    return process_current()->credentials.euid;
}

SYSCALL(getgid)
{
    (void)a;
    return process_current()->credentials.gid;
}

SYSCALL(getegid)
{
    (void)a;
    return process_current()->credentials.egid;
}

static int put_three(const uint64_t *a, uint32_t x, uint32_t y, uint32_t z)
{
    if (put_user_u32(a[0], x) != 0 || put_user_u32(a[1], y) != 0 || put_user_u32(a[2], z) != 0)
        return -EFAULT;
    return 0;
}

SYSCALL(getresuid)
{
    const struct cred *c = &process_current()->credentials;

    return put_three(a, c->uid, c->euid, c->suid);
}

SYSCALL(getresgid)
{
    const struct cred *c = &process_current()->credentials;

    return put_three(a, c->gid, c->egid, c->sgid);
}

/* Root loses its capabilities with its last root uid, and the effective ones with the effective
 * uid. */
static void adjust_capabilities(struct cred *c, bool was_root)
{
    if (was_root && c->uid && c->euid && c->suid) {
        c->cap_permitted = 0;
        c->cap_effective = 0;
        c->cap_ambient = 0;
    } else if (c->euid) {
        c->cap_effective = 0;
    } else {
        c->cap_effective = c->cap_permitted;
    }
}

static bool is_one_of(uint32_t id, uint32_t x, uint32_t y, uint32_t z)
{
    return id == KEEP || id == x || id == y || id == z;
}

static int set_uids(uint32_t uid, uint32_t euid, uint32_t suid)
{
    struct cred *c = &process_current()->credentials;
    bool was_root = !c->uid || !c->euid || !c->suid;
    unsigned long irq;

    if (!cred_has_cap(c, CAP_SETUID) &&
        (!is_one_of(uid, c->uid, c->euid, c->suid) || !is_one_of(euid, c->uid, c->euid, c->suid) ||
         !is_one_of(suid, c->uid, c->euid, c->suid)))
        return -EPERM;
    irq = spin_lock_irqsave(&process_lock);
    if (uid != KEEP)
        c->uid = uid;
    if (euid != KEEP)
        c->euid = euid;
    if (suid != KEEP)
        c->suid = suid;
    c->fsuid = c->euid;
    adjust_capabilities(c, was_root);
    spin_unlock_irqrestore(&process_lock, irq);
    return 0;
}

static int set_gids(uint32_t gid, uint32_t egid, uint32_t sgid)
{
    struct cred *c = &process_current()->credentials;
    unsigned long irq;

    if (!cred_has_cap(c, CAP_SETGID) &&
        (!is_one_of(gid, c->gid, c->egid, c->sgid) || !is_one_of(egid, c->gid, c->egid, c->sgid) ||
         !is_one_of(sgid, c->gid, c->egid, c->sgid)))
        return -EPERM;
    irq = spin_lock_irqsave(&process_lock);
    if (gid != KEEP)
        c->gid = gid;
    if (egid != KEEP)
        c->egid = egid;
    if (sgid != KEEP)
        c->sgid = sgid;
    c->fsgid = c->egid;
    spin_unlock_irqrestore(&process_lock, irq);
    return 0;
}

SYSCALL(setresuid)
{
    return set_uids((uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2]);
}

SYSCALL(setresgid)
{
    return set_gids((uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2]);
}

SYSCALL(setuid)
{
    uint32_t uid = (uint32_t)a[0];
    bool is_root = cred_has_cap(&process_current()->credentials, CAP_SETUID);

    if (uid == KEEP)
        return -EINVAL;
    return is_root ? set_uids(uid, uid, uid) : set_uids(KEEP, uid, KEEP);
}

SYSCALL(setgid)
{
    uint32_t gid = (uint32_t)a[0];
    bool is_root = cred_has_cap(&process_current()->credentials, CAP_SETGID);

    if (gid == KEEP)
        return -EINVAL;
    return is_root ? set_gids(gid, gid, gid) : set_gids(KEEP, gid, KEEP);
}

/* setreuid: the saved id follows the effective one when the real one is set or the effective moves.
 */
SYSCALL(setreuid)
{
    uint32_t uid = (uint32_t)a[0], euid = (uint32_t)a[1];
    const struct cred *c = &process_current()->credentials;
    bool follows = uid != KEEP || (euid != KEEP && euid != c->uid);

    return set_uids(uid, euid, follows ? (euid != KEEP ? euid : c->euid) : KEEP);
}

SYSCALL(setregid)
{
    uint32_t gid = (uint32_t)a[0], egid = (uint32_t)a[1];
    const struct cred *c = &process_current()->credentials;
    bool follows = gid != KEEP || (egid != KEEP && egid != c->gid);

    return set_gids(gid, egid, follows ? (egid != KEEP ? egid : c->egid) : KEEP);
}

SYSCALL(setfsuid)
{
    struct cred *c = &process_current()->credentials;
    uint32_t old = c->fsuid, id = (uint32_t)a[0];

    if (id != KEEP && (cred_has_cap(c, CAP_SETUID) || is_one_of(id, c->uid, c->euid, c->suid)))
        c->fsuid = id;
    return old;
}

SYSCALL(setfsgid)
{
    struct cred *c = &process_current()->credentials;
    uint32_t old = c->fsgid, id = (uint32_t)a[0];

    if (id != KEEP && (cred_has_cap(c, CAP_SETGID) || is_one_of(id, c->gid, c->egid, c->sgid)))
        c->fsgid = id;
    return old;
}

SYSCALL(getgroups)
{
    const struct cred *c = &process_current()->credentials;
    int size = (int)a[0];

    if (size < 0 || (size && (uint32_t)size < c->nr_groups))
        return -EINVAL;
    if (size && copy_to_user(a[1], c->groups, c->nr_groups * sizeof(c->groups[0])) != 0)
        return -EFAULT;
    return c->nr_groups;
}

SYSCALL(setgroups)
{
    struct cred *c = &process_current()->credentials;
    uint32_t groups[CRED_NR_GROUPS];
    unsigned long irq;

    if (!cred_has_cap(c, CAP_SETGID))
        return -EPERM;
    if (a[0] > CRED_NR_GROUPS)
        return -EINVAL;
    if (copy_from_user(groups, a[1], a[0] * sizeof(groups[0])) != 0)
        return -EFAULT;
    irq = spin_lock_irqsave(&process_lock);
    memcpy(c->groups, groups, a[0] * sizeof(groups[0]));
    c->nr_groups = (uint32_t)a[0];
    spin_unlock_irqrestore(&process_lock, irq);
    return 0;
}

/* --- capabilities: linux/capability.h, version 3 ---------------------------------------------- */

#define CAPABILITY_VERSION_3 0x20080522u

struct cap_header {
    uint32_t version;
    int32_t pid;
};
struct cap_data {
    uint32_t effective, permitted, inheritable;
};

static int read_cap_header(uint64_t addr, struct cap_header *h)
{
    if (copy_from_user(h, addr, sizeof(*h)) != 0)
        return -EFAULT;
    if (h->version != CAPABILITY_VERSION_3) {
        if (put_user_u32(addr, CAPABILITY_VERSION_3) != 0)
            return -EFAULT;
        return -EINVAL;
    }
    return h->pid < 0 ? -EINVAL : 0;
}

SYSCALL(capget)
{
    struct cap_header h;
    struct cap_data d[2];
    struct process *p;
    unsigned long irq;
    int err = read_cap_header(a[0], &h);

    if (err)
        return err == -EINVAL && !a[1] ? 0 : err;
    irq = spin_lock_irqsave(&process_lock);
    p = h.pid ? process_find(h.pid) : process_current();
    for (unsigned i = 0; p && i < 2; i++) {
        const struct cred *c = &p->credentials;

        d[i] = (struct cap_data){(uint32_t)(c->cap_effective >> 32 * i),
                                 (uint32_t)(c->cap_permitted >> 32 * i),
                                 (uint32_t)(c->cap_inheritable >> 32 * i)};
    }
    spin_unlock_irqrestore(&process_lock, irq);
    if (!p)
        return -ESRCH;
    return a[1] ? copy_to_user(a[1], d, sizeof(d)) : 0;
}

SYSCALL(capset)
{
    struct process *p = process_current();
    struct cred *c = &p->credentials;
    struct cap_header h;
    struct cap_data d[2];
    uint64_t effective, permitted, inheritable;
    unsigned long irq;
    int err = read_cap_header(a[0], &h);

    if (err)
        return err;
    if (h.pid && h.pid != p->pid)
        return -EPERM;
    if (copy_from_user(d, a[1], sizeof(d)) != 0)
        return -EFAULT;
    effective = d[0].effective | (uint64_t)d[1].effective << 32;
    permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
    inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
    if ((permitted & ~c->cap_permitted) || (effective & ~permitted))
        return -EPERM;
    irq = spin_lock_irqsave(&process_lock);
    c->cap_effective = effective;
    c->cap_permitted = permitted;
    c->cap_inheritable = inheritable & (c->cap_inheritable | c->cap_permitted);
    spin_unlock_irqrestore(&process_lock, irq);
    return 0;
}
