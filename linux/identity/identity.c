/*
 * The calls on process, user and group ids: getpid(2), setuid(2), setgroups(2) and relatives.
 */
#include "internal.h"

#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <cred/cred.h>

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

/* Change the caller's credentials: apply the rule to a copy and commit it. */
static int64_t commit(int err, const struct cred *changed)
{
    return err ? err : cred_commit(changed);
}

int64_t sys_setresuid(uint32_t uid, uint32_t euid, uint32_t suid)
{
    struct cred c = *cred_current();

    return commit(cred_setresuid(&c, uid, euid, suid), &c);
}

int64_t sys_setresgid(uint32_t gid, uint32_t egid, uint32_t sgid)
{
    struct cred c = *cred_current();

    return commit(cred_setresgid(&c, gid, egid, sgid), &c);
}

int64_t sys_setuid(uint32_t uid)
{
    struct cred c = *cred_current();

    return commit(cred_setuid(&c, uid), &c);
}

int64_t sys_setgid(uint32_t gid)
{
    struct cred c = *cred_current();

    return commit(cred_setgid(&c, gid), &c);
}

int64_t sys_setreuid(uint32_t uid, uint32_t euid)
{
    struct cred c = *cred_current();

    return commit(cred_setreuid(&c, uid, euid), &c);
}

int64_t sys_setregid(uint32_t gid, uint32_t egid)
{
    struct cred c = *cred_current();

    return commit(cred_setregid(&c, gid, egid), &c);
}

/* Both return the previous id, never an error. */
int64_t sys_setfsuid(uint32_t uid)
{
    struct cred c = *cred_current();
    uint32_t old = c.fsuid;

    (void)commit(cred_setfsuid(&c, uid), &c);
    return old;
}

int64_t sys_setfsgid(uint32_t gid)
{
    struct cred c = *cred_current();
    uint32_t old = c.fsgid;

    (void)commit(cred_setfsgid(&c, gid), &c);
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
    struct cred c = *cred_current();

    if (!cred_has_cap(&c, CAP_SETGID))
        return -EPERM;
    if (size > CRED_NR_GROUPS)
        return -EINVAL;
    if (copy_from_user(c.groups, list, size * sizeof(c.groups[0])) != 0)
        return -EFAULT;
    c.nr_groups = size;
    return cred_commit(&c);
}
