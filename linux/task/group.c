/*
 * Process groups and sessions: references and membership.
 */
#include <heap/heap.h>
#include <task/group.h>
#include <task/table.h>

struct session *session_create(pid_t sid)
{
    struct session *s = heap_zalloc(sizeof(*s));

    if (s)
        s->sid = sid;
    return s;
}

/* Its count starts at zero: group_join() counts members. */
struct process_group *group_create(pid_t pgid, struct session *session)
{
    struct process_group *g = heap_zalloc(sizeof(*g));

    if (!g)
        return NULL;
    g->pgid = pgid;
    g->session = session;
    session->refcount++;
    list_init(&g->members);
    process_group_publish(g);
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
    pid_remove(&g->entry);
    if (--g->session->refcount == 0)
        heap_free(g->session);
    heap_free(g);
}

void group_join(struct process *p, struct process_group *g)
{
    process_group_get(g); /* join before leaving: it may be the same group */
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
 * True if this child ties its group to the rest of the session. init does no job control, so
 * children of init do not count.
 */
bool process_group_is_tied_by(const struct process *child, const struct process *parent)
{
    return parent && parent->pid != 1 && parent->group != child->group &&
           parent->group->session == child->group->session;
}

bool process_group_is_orphaned(const struct process_group *g)
{
    struct process *p;

    list_for_each_entry(p, &g->members, group_node)
        if (p->state != PROCESS_ZOMBIE && process_group_is_tied_by(p, p->parent))
            return false;
    return true;
}

bool process_group_has_stopped(const struct process_group *g)
{
    struct process *p;

    list_for_each_entry(p, &g->members, group_node)
        if (p->state == PROCESS_STOPPED)
            return true;
    return false;
}
