/*
 * Who a process is: numbers, user and group identities.
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

static bool is_one_of(uint32_t id, uint32_t x, uint32_t y, uint32_t z)
{
    return id == KEEP || id == x || id == y || id == z;
}

static bool may_set_uids(void)
{
    return cred_has_cap(&process_current()->credentials, CAP_SETUID);
}

static bool may_set_gids(void)
{
    return cred_has_cap(&process_current()->credentials, CAP_SETGID);
}

/* The ids that are not KEEP; who may is decided. -EAGAIN: no memory for a new user. */
static int set_uids(uint32_t uid, uint32_t euid, uint32_t suid)
{
    struct process *p = process_current();
    struct cred *c = &p->credentials;
    struct user_account *account;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct cred old = *c;
    int err = 0;

    account = user_account_get(uid != KEEP ? uid : c->uid);
    if (account) {
        user_account_put(p->account);
        p->account = account;
        c->uid = uid != KEEP ? uid : c->uid;
        c->euid = euid != KEEP ? euid : c->euid;
        c->suid = suid != KEEP ? suid : c->suid;
        c->fsuid = c->euid;
        cred_uids_changed(c, &old);
    } else {
        err = -EAGAIN;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return err;
}

static int set_gids(uint32_t gid, uint32_t egid, uint32_t sgid)
{
    struct cred *c = &process_current()->credentials;
    unsigned long irq = spin_lock_irqsave(&process_lock);

    c->gid = gid != KEEP ? gid : c->gid;
    c->egid = egid != KEEP ? egid : c->egid;
    c->sgid = sgid != KEEP ? sgid : c->sgid;
    c->fsgid = c->egid;
    spin_unlock_irqrestore(&process_lock, irq);
    return 0;
}

SYSCALL(setresuid)
{
    const struct cred *c = &process_current()->credentials;

    for (unsigned i = 0; i < 3 && !may_set_uids(); i++) {
        if (!is_one_of((uint32_t)a[i], c->uid, c->euid, c->suid))
            return -EPERM;
    }
    return set_uids((uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2]);
}

SYSCALL(setresgid)
{
    const struct cred *c = &process_current()->credentials;

    for (unsigned i = 0; i < 3 && !may_set_gids(); i++) {
        if (!is_one_of((uint32_t)a[i], c->gid, c->egid, c->sgid))
            return -EPERM;
    }
    return set_gids((uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2]);
}

SYSCALL(setuid)
{
    const struct cred *c = &process_current()->credentials;
    uint32_t uid = (uint32_t)a[0];

    if (uid == KEEP)
        return -EINVAL;
    if (may_set_uids())
        return set_uids(uid, uid, uid);
    return uid == c->uid || uid == c->suid ? set_uids(KEEP, uid, KEEP) : -EPERM;
}

SYSCALL(setgid)
{
    const struct cred *c = &process_current()->credentials;
    uint32_t gid = (uint32_t)a[0];

    if (gid == KEEP)
        return -EINVAL;
    if (may_set_gids())
        return set_gids(gid, gid, gid);
    return gid == c->gid || gid == c->sgid ? set_gids(KEEP, gid, KEEP) : -EPERM;
}

/* setreuid: the saved id follows the effective one when the real one is set or the effective moves.
 */
SYSCALL(setreuid)
{
    uint32_t uid = (uint32_t)a[0], euid = (uint32_t)a[1];
    const struct cred *c = &process_current()->credentials;
    bool follows = uid != KEEP || (euid != KEEP && euid != c->uid);

    if (!may_set_uids() &&
        (!is_one_of(uid, c->uid, c->euid, c->euid) || !is_one_of(euid, c->uid, c->euid, c->suid)))
        return -EPERM;
    return set_uids(uid, euid, follows ? (euid != KEEP ? euid : c->euid) : KEEP);
}

SYSCALL(setregid)
{
    uint32_t gid = (uint32_t)a[0], egid = (uint32_t)a[1];
    const struct cred *c = &process_current()->credentials;
    bool follows = gid != KEEP || (egid != KEEP && egid != c->gid);

    if (!may_set_gids() &&
        (!is_one_of(gid, c->gid, c->egid, c->egid) || !is_one_of(egid, c->gid, c->egid, c->sgid)))
        return -EPERM;
    return set_gids(gid, egid, follows ? (egid != KEEP ? egid : c->egid) : KEEP);
}

SYSCALL(setfsuid)
{
    struct cred *c = &process_current()->credentials;
    uint32_t id = (uint32_t)a[0];
    unsigned long irq = spin_lock_irqsave(&process_lock);
    uint32_t old = c->fsuid;

    if (id != KEEP && (may_set_uids() || id == old || is_one_of(id, c->uid, c->euid, c->suid))) {
        c->fsuid = id;
        cred_fsuid_changed(c, old);
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return old;
}

SYSCALL(setfsgid)
{
    struct cred *c = &process_current()->credentials;
    uint32_t id = (uint32_t)a[0];
    unsigned long irq = spin_lock_irqsave(&process_lock);
    uint32_t old = c->fsgid;

    if (id != KEEP && (may_set_gids() || id == old || is_one_of(id, c->gid, c->egid, c->sgid)))
        c->fsgid = id;
    spin_unlock_irqrestore(&process_lock, irq);
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
