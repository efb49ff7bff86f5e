/*
 * Who a process is: numbers, user and group identities.
 */
#include "internal.h"

#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <cred/cred.h>
#include <task/user_account.h>

#define KEEP ((uint32_t)-1)

int64_t sys_getpid(void)
{
    return process_current()->pid;
}

int64_t sys_gettid(void)
{
    return user_current()->tid;
}

int64_t sys_getppid(void)
{
    return READ_ONCE(process_current()->parent_pid);
}

int64_t sys_getuid(void)
{
    return cred_current()->uid;
}

int64_t sys_geteuid(void)
{
    return cred_current()->euid;
}

int64_t sys_getgid(void)
{
    return cred_current()->gid;
}

int64_t sys_getegid(void)
{
    return cred_current()->egid;
}

int64_t sys_getresuid(vaddr_t ruid, vaddr_t euid, vaddr_t suid)
{
    const struct cred *c = cred_current();

    if (put_user_u32(ruid, c->uid) != 0 || put_user_u32(euid, c->euid) != 0 ||
        put_user_u32(suid, c->suid) != 0)
        return -EFAULT;
    return 0;
}

int64_t sys_getresgid(vaddr_t rgid, vaddr_t egid, vaddr_t sgid)
{
    const struct cred *c = cred_current();

    if (put_user_u32(rgid, c->gid) != 0 || put_user_u32(egid, c->egid) != 0 ||
        put_user_u32(sgid, c->sgid) != 0)
        return -EFAULT;
    return 0;
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

int64_t sys_setresuid(uint32_t uid, uint32_t euid, uint32_t suid)
{
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

int64_t sys_setresgid(uint32_t gid, uint32_t egid, uint32_t sgid)
{
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

int64_t sys_setuid(uint32_t uid)
{
    struct process *p = process_current();
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

int64_t sys_setgid(uint32_t gid)
{
    struct process *p = process_current();
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

int64_t sys_setreuid(uint32_t uid, uint32_t euid)
{
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

int64_t sys_setregid(uint32_t gid, uint32_t egid)
{
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

int64_t sys_setfsuid(uint32_t uid)
{
    uint32_t id = uid, old;
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

int64_t sys_setfsgid(uint32_t gid)
{
    uint32_t id = gid, old;
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

int64_t sys_getgroups(int size, vaddr_t list)
{
    const struct cred *c = cred_current();

    if (size < 0 || (size && (uint32_t)size < c->nr_groups))
        return -EINVAL;
    if (size && copy_to_user(list, c->groups, c->nr_groups * sizeof(c->groups[0])) != 0)
        return -EFAULT;
    return c->nr_groups;
}

int64_t sys_setgroups(unsigned size, vaddr_t list)
{
    struct process *p = process_current();
    struct cred *c = &p->credentials;
    uint32_t groups[CRED_NR_GROUPS];
    unsigned long irq;

    if (!cred_has_cap(cred_current(), CAP_SETGID))
        return -EPERM;
    if (size > CRED_NR_GROUPS)
        return -EINVAL;
    if (copy_from_user(groups, list, size * sizeof(groups[0])) != 0)
        return -EFAULT;
    irq = spin_lock_irqsave(&process_lock);
    memcpy(c->groups, groups, size * sizeof(groups[0]));
    c->nr_groups = size;
    cred_changed(p);
    spin_unlock_irqrestore(&process_lock, irq);
    return 0;
}
