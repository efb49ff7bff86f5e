/*
 * Process groups and sessions.
 */
#ifndef TASK_GROUP_H
#define TASK_GROUP_H

#include <task/task.h>

struct session {
    pid_t sid;                                        /* [I] */
    uint32_t refcount GUARDED_BY(&process_lock);      /* [process_lock] one per group */
    struct process *leader GUARDED_BY(&process_lock); /* [process_lock] NULL: it has exited */
    struct tty *
        terminal GUARDED_BY(&process_lock); /* [process_lock] the controlling terminal, or NULL */
};

struct process_group {
    pid_t pgid;                                       /* [I] */
    uint32_t refcount GUARDED_BY(&process_lock);      /* [process_lock] one per member, and one per
                                                         terminal whose foreground it is */
    struct session *session;                          /* [I] counted */
    struct list members GUARDED_BY(&process_lock);    /* [process_lock] of process.group_node */
    struct pid_entry entry GUARDED_BY(&process_lock); /* [process_lock] in the table of groups */
};

struct process_group *process_group_find(pid_t pgid) REQUIRES(&process_lock); /* NULL: none */
void process_group_get(struct process_group *g) REQUIRES(&process_lock);
void process_group_put(struct process_group *g) REQUIRES(&process_lock);

/* NULL: no memory. The count starts at zero: group_join() counts members. */
struct session *session_create(pid_t sid);
struct process_group *group_create(pid_t pgid, struct session *session) REQUIRES(&process_lock);
void group_join(struct process *p, struct process_group *g) REQUIRES(&process_lock);
void group_leave(struct process *p) REQUIRES(&process_lock);

/* True if this child ties its group to the rest of the session. */
bool process_group_is_tied_by(const struct process *child, const struct process *parent)
    REQUIRES(&process_lock);
/* True if no member has a parent in another group of the same session. */
bool process_group_is_orphaned(const struct process_group *g) REQUIRES(&process_lock);
/* True if a member is stopped. */
bool process_group_has_stopped(const struct process_group *g) REQUIRES(&process_lock);

#endif
