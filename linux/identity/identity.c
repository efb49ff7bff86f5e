/*
 * Who a process is: numbers, user and group identities.
 */
#include "internal.h"

#include <arch/uaccess.h>
#include <cred/cred.h>
#include <identity/syscalls.h>
#include <task/user_account.h>

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
    return cred_current()->uid;
}

SYSCALL(geteuid)
{
    (void)a;
    return cred_current()->euid;
}

SYSCALL(getgid)
{
    (void)a;
    return cred_current()->gid;
}

SYSCALL(getegid)
{
    (void)a;
    return cred_current()->egid;
}

static int put_three(const uint64_t *a, uint32_t x, uint32_t y, uint32_t z)
{
    if (put_user_u32(a[0], x) != 0 || put_user_u32(a[1], y) != 0 || put_user_u32(a[2], z) != 0)
        return -EFAULT;
    return 0;
}

SYSCALL(getresuid)
{
    const struct cred *c = cred_current();

    return put_three(a, c->uid, c->euid, c->suid);
}

SYSCALL(getresgid)
{
    const struct cred *c = cred_current();

    return put_three(a, c->gid, c->egid, c->sgid);
}

static bool is_one_of(uint32_t id, uint32_t x, uint32_t y, uint32_t z)
{
    return id == KEEP || id == x || id == y || id == z;
}

/*
 * The calls below check and change under one hold of process_lock, since another thread may be at
 * it too. p: the caller's process.
 */
static bool may_set_uids(const struct process *p)
{
    return cred_has_cap(&p->credentials, CAP_SETUID);
}

static bool may_set_gids(const struct process *p)
{
    return cred_has_cap(&p->credentials, CAP_SETGID);
}

/* The ids that are not KEEP; who may is decided. -EAGAIN: no memory for a new user. */
static int set_uids_locked(struct process *p, uint32_t uid, uint32_t euid, uint32_t suid)
{
    struct cred *c = &p->credentials;
    struct cred old = *c;
    struct user_account *account = user_account_get(uid != KEEP ? uid : c->uid);

    if (!account)
        return -EAGAIN;
    user_account_put(p->account);
    p->account = account;
    c->uid = uid != KEEP ? uid : c->uid;
    c->euid = euid != KEEP ? euid : c->euid;
    c->suid = suid != KEEP ? suid : c->suid;
    c->fsuid = c->euid;
    cred_uids_changed(c, &old);
    cred_changed(p);
    return 0;
}

static int set_gids_locked(struct process *p, uint32_t gid, uint32_t egid, uint32_t sgid)
{
    struct cred *c = &p->credentials;

    c->gid = gid != KEEP ? gid : c->gid;
    c->egid = egid != KEEP ? egid : c->egid;
    c->sgid = sgid != KEEP ? sgid : c->sgid;
    c->fsgid = c->egid;
    cred_changed(p);
    return 0;
}

SYSCALL(setresuid)
{
    uint32_t uid = (uint32_t)a[0], euid = (uint32_t)a[1], suid = (uint32_t)a[2];
    struct process *p = process_current();
    const struct cred *c = &p->credentials;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    int ret = -EPERM;

    if (may_set_uids(p) ||
        (is_one_of(uid, c->uid, c->euid, c->suid) && is_one_of(euid, c->uid, c->euid, c->suid) &&
         is_one_of(suid, c->uid, c->euid, c->suid)))
        ret = set_uids_locked(p, uid, euid, suid);
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

SYSCALL(setresgid)
{
    uint32_t gid = (uint32_t)a[0], egid = (uint32_t)a[1], sgid = (uint32_t)a[2];
    struct process *p = process_current();
    const struct cred *c = &p->credentials;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    int ret = -EPERM;

    if (may_set_gids(p) ||
        (is_one_of(gid, c->gid, c->egid, c->sgid) && is_one_of(egid, c->gid, c->egid, c->sgid) &&
         is_one_of(sgid, c->gid, c->egid, c->sgid)))
        ret = set_gids_locked(p, gid, egid, sgid);
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

SYSCALL(setuid)
{
    struct process *p = process_current();
    uint32_t uid = (uint32_t)a[0];
    unsigned long irq;
    int ret = -EPERM;

    if (uid == KEEP)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    if (may_set_uids(p))
        ret = set_uids_locked(p, uid, uid, uid);
    else if (uid == p->credentials.uid || uid == p->credentials.suid)
        ret = set_uids_locked(p, KEEP, uid, KEEP);
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

SYSCALL(setgid)
{
    struct process *p = process_current();
    uint32_t gid = (uint32_t)a[0];
    unsigned long irq;
    int ret = -EPERM;

    if (gid == KEEP)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    if (may_set_gids(p))
        ret = set_gids_locked(p, gid, gid, gid);
    else if (gid == p->credentials.gid || gid == p->credentials.sgid)
        ret = set_gids_locked(p, KEEP, gid, KEEP);
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

/*
 * setreuid: the saved id follows the effective one when the real one is set or the effective moves.
 */
static uint32_t saved_id(uint32_t id, uint32_t eid, uint32_t now, uint32_t enow)
{
    bool follows = id != KEEP || (eid != KEEP && eid != now);

    return !follows ? KEEP : eid != KEEP ? eid : enow;
}

SYSCALL(setreuid)
{
    uint32_t uid = (uint32_t)a[0], euid = (uint32_t)a[1];
    struct process *p = process_current();
    const struct cred *c = &p->credentials;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    int ret = -EPERM;

    if (may_set_uids(p) ||
        (is_one_of(uid, c->uid, c->euid, c->euid) && is_one_of(euid, c->uid, c->euid, c->suid)))
        ret = set_uids_locked(p, uid, euid, saved_id(uid, euid, c->uid, c->euid));
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

SYSCALL(setregid)
{
    uint32_t gid = (uint32_t)a[0], egid = (uint32_t)a[1];
    struct process *p = process_current();
    const struct cred *c = &p->credentials;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    int ret = -EPERM;

    if (may_set_gids(p) ||
        (is_one_of(gid, c->gid, c->egid, c->egid) && is_one_of(egid, c->gid, c->egid, c->sgid)))
        ret = set_gids_locked(p, gid, egid, saved_id(gid, egid, c->gid, c->egid));
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

SYSCALL(setfsuid)
{
    uint32_t id = (uint32_t)a[0], old;
    struct process *p = process_current();
    struct cred *c = &p->credentials;
    unsigned long irq = spin_lock_irqsave(&process_lock);

    old = c->fsuid;
    if (id != KEEP && (may_set_uids(p) || id == old || is_one_of(id, c->uid, c->euid, c->suid))) {
        c->fsuid = id;
        cred_fsuid_changed(c, old);
        cred_changed(p);
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return old;
}

SYSCALL(setfsgid)
{
    uint32_t id = (uint32_t)a[0], old;
    struct process *p = process_current();
    struct cred *c = &p->credentials;
    unsigned long irq = spin_lock_irqsave(&process_lock);

    old = c->fsgid;
    if (id != KEEP && (may_set_gids(p) || id == old || is_one_of(id, c->gid, c->egid, c->sgid))) {
        c->fsgid = id;
        cred_changed(p);
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return old;
}

SYSCALL(getgroups)
{
    const struct cred *c = cred_current();
    int size = (int)a[0];

    if (size < 0 || (size && (uint32_t)size < c->nr_groups))
        return -EINVAL;
    if (size && copy_to_user(a[1], c->groups, c->nr_groups * sizeof(c->groups[0])) != 0)
        return -EFAULT;
    return c->nr_groups;
}

SYSCALL(setgroups)
{
    struct process *p = process_current();
    struct cred *c = &p->credentials;
    uint32_t groups[CRED_NR_GROUPS];
    unsigned long irq;

    if (!cred_has_cap(cred_current(), CAP_SETGID))
        return -EPERM;
    if (a[0] > CRED_NR_GROUPS)
        return -EINVAL;
    if (copy_from_user(groups, a[1], a[0] * sizeof(groups[0])) != 0)
        return -EFAULT;
    irq = spin_lock_irqsave(&process_lock);
    memcpy(c->groups, groups, a[0] * sizeof(groups[0]));
    c->nr_groups = (uint32_t)a[0];
    cred_changed(p);
    spin_unlock_irqrestore(&process_lock, irq);
    return 0;
}
