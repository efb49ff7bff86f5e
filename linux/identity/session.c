/*
 * The calls on process groups and sessions: setpgid(2), setsid(2) and relatives.
 */
#include <abi/syscalls.h>
#include <base/errno.h>
#include <heap/heap.h>
#include <task/group.h>

static int set_group(struct process *me, pid_t pid, pid_t pgid) REQUIRES(&process_lock)
{
    struct process *p = pid ? process_find(pid) : me;
    struct process_group *g;

    if (!p || p->state == PROCESS_ZOMBIE || (p != me && p->parent != me))
        return -ESRCH;
    if (!pgid)
        pgid = p->pid;
    if (p->group->session != me->group->session || p->group->session->sid == p->pid)
        return -EPERM;
    if (p != me && p->has_execed)
        return -EACCES;
    if (p->group->pgid == pgid)
        return 0;
    g = process_group_find(pgid);
    if (g && g->session != me->group->session)
        return -EPERM;
    if (!g && pgid != p->pid)
        return -EPERM;
    if (!g)
        g = group_create(pgid, me->group->session);
    if (!g)
        return -ENOMEM;
    group_join(p, g);
    return 0;
}

int64_t sys_setpgid(pid_t pid, pid_t pgid)
{
    unsigned long irq;
    int err;

    if (pgid < 0)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    err = set_group(process_current(), pid, pgid);
    spin_unlock_irqrestore(&process_lock, irq);
    return err;
}

int64_t sys_getpgid(pid_t pid)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct process *p = pid ? process_find(pid) : process_current();
    pid_t ret = p && p->group ? p->group->pgid : -ESRCH;

    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

int64_t sys_getsid(pid_t pid)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct process *p = pid ? process_find(pid) : process_current();
    pid_t ret = p && p->group ? p->group->session->sid : -ESRCH;

    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

int64_t sys_setsid(void)
{
    struct process *p = process_current();
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct session *s = NULL;
    struct process_group *g = NULL;
    int64_t ret = p->pid;

    if (process_group_find(p->pid)) {
        ret = -EPERM;
    } else {
        s = session_create(p->pid);
        g = s ? group_create(p->pid, s) : NULL;
        if (g) {
            s->leader = p;
            group_join(p, g);
        } else {
            heap_free(s);
            ret = -ENOMEM;
        }
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}
