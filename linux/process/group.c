/*
 * Process groups and sessions.
 */
#include "internal.h"

#include <process/syscalls.h>

static LIST_DEFINE(groups); /* [process_lock] */

struct process_group *process_group_find(pid_t pgid)
{
    struct process_group *g;

    list_for_each_entry(g, &groups, node) {
        if (g->pgid == pgid)
            return g;
    }
    return NULL;
}

struct session *session_create(pid_t sid)
{
    struct session *s = heap_zalloc(sizeof(*s));

    if (s)
        s->sid = sid;
    return s;
}

/* Counts nothing yet: group_join does. */
struct process_group *group_create(pid_t pgid, struct session *session)
{
    struct process_group *g = heap_zalloc(sizeof(*g));

    if (!g)
        return NULL;
    g->pgid = pgid;
    g->session = session;
    session->refcount++;
    list_init(&g->members);
    list_add(&groups, &g->node);
    return g;
}

void process_group_get(struct process_group *g)
{
    g->refcount++;
}

void process_group_put(struct process_group *g)
{
    if (--g->refcount > 0)
        return;
    list_del(&g->node);
    if (--g->session->refcount == 0)
        heap_free(g->session);
    heap_free(g);
}

void group_join(struct process *p, struct process_group *g)
{
    process_group_get(g); /* first: it may be the one that p leaves */
    if (p->group)
        group_leave(p);
    p->group = g;
    list_add_tail(&g->members, &p->group_node);
}

void group_leave(struct process *p)
{
    struct process_group *g = p->group;

    list_del_init(&p->group_node);
    p->group = NULL;
    process_group_put(g);
}

/*
 * Does this child tie its group to the rest of the session? init cares for no jobs, so being its
 * child does not count.
 */
static bool ties(const struct process *child, const struct process *parent)
{
    return parent && parent->pid != 1 && parent->group != child->group &&
           parent->group->session == child->group->session;
}

bool process_group_is_orphaned(const struct process_group *g)
{
    struct process *p;

    list_for_each_entry(p, &g->members, group_node) {
        if (p->state != PROCESS_ZOMBIE && ties(p, p->parent))
            return false;
    }
    return true;
}

static bool has_stopped(const struct process_group *g)
{
    struct process *p;

    list_for_each_entry(p, &g->members, group_node) {
        if (p->state == PROCESS_STOPPED)
            return true;
    }
    return false;
}

void group_check_orphaned(const struct process *child, const struct process *parent)
{
    struct process_group *g = child->group;

    if (!ties(child, parent) || !process_group_is_orphaned(g) || !has_stopped(g))
        return;
    (void)signal_send_group_locked(g, SIGHUP, NULL);
    (void)signal_send_group_locked(g, SIGCONT, NULL);
}

/* --- calls ------------------------------------------------------------------------------------ */

static int set_group(struct process *me, pid_t pid, pid_t pgid)
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

SYSCALL(setpgid)
{
    unsigned long irq;
    int err;

    if ((pid_t)a[1] < 0)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    err = set_group(process_current(), (pid_t)a[0], (pid_t)a[1]);
    spin_unlock_irqrestore(&process_lock, irq);
    return err;
}

SYSCALL(getpgid)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct process *p = a[0] ? process_find((pid_t)a[0]) : process_current();
    pid_t ret = p && p->group ? p->group->pgid : -ESRCH;

    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

SYSCALL(getsid)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct process *p = a[0] ? process_find((pid_t)a[0]) : process_current();
    pid_t ret = p && p->group ? p->group->session->sid : -ESRCH;

    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

SYSCALL(setsid)
{
    struct process *p = process_current();
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct session *s = NULL;
    struct process_group *g = NULL;
    int64_t ret = p->pid;

    (void)a;
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
