/*
 * Shared by the files of linux/process only.
 */
#ifndef PROCESS_INTERNAL_H
#define PROCESS_INTERNAL_H

#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <process/fs_context.h>
#include <process/process.h>
#include <process/upcalls.h>
#include <string/string.h>
#include <vspace/vspace.h>

/* table.c; REQUIRES(process_lock) */
/* A free number for a thread that p makes; -EAGAIN when there are too many, of all or of p's user
 * (RLIMIT_NPROC). */
pid_t pid_choose(const struct process *p);
void process_publish(struct process *p);
void process_unpublish(struct process *p);
void user_thread_publish(struct user_thread *ut);
void user_thread_unpublish(struct user_thread *ut);
void user_thread_renumber(struct user_thread *ut, pid_t tid);
extern uint32_t nr_user_threads, nr_user_threads_max, nr_processes;
extern uint64_t nr_forks;

/*
 * A fork from its beginning to the child's birth. Signals that were there before come first; one to
 * a group (or to all) that comes meanwhile is for the child too, which is not in the group yet.
 */
struct fork_in_flight {
    struct list node;   /* [process_lock] in the parent's forks */
    sigset64_t signals; /* [process_lock] what the child is born with */
};

/* Must the thread leave at its next way out: is its process exiting, or another thread in exec? */
static inline bool user_thread_must_leave(const struct user_thread *ut)
{
    const struct process *p = ut->process;
    const struct user_thread *stays = READ_ONCE(p->exec_thread);

    return READ_ONCE(p->is_exiting) || (stays && stays != ut);
}

/* process.c */
struct process *process_alloc(void);
struct user_thread *user_thread_alloc(struct process *p, const char *name);
void user_thread_free_unstarted(struct user_thread *ut);

/* group.c; REQUIRES(process_lock) */
struct process_group *group_create(pid_t pgid, struct session *session); /* NULL: no memory */
struct session *session_create(pid_t sid);
void group_join(struct process *p, struct process_group *g);
void group_leave(struct process *p);
/*
 * child and parent are no longer that to each other: one of them has just become a zombie (and the
 * child, if it lives, has a new parent). A group that is orphaned by this alone and has a stopped
 * member gets SIGHUP and SIGCONT (POSIX, _exit).
 */
void group_check_orphaned(const struct process *child, const struct process *parent);

/* wait.c */
void process_notify_parent_locked(struct process *child, int code, int status);
/* The same for a zombie. Reaps it if nobody will ask for it: it may be gone afterwards. */
void process_notify_exit_locked(struct process *child);

/* sched.c: a part of user_thread.sched_policy */
#define SCHED_RESET_ON_FORK 0x40000000

/* user_account.c; REQUIRES(process_lock) */
struct user_account *user_account_get(uid_t uid); /* counted; NULL: no memory */
void user_account_hold(struct user_account *account);
void user_account_put(struct user_account *account); /* NULL is allowed */

/*
 * capability.c; REQUIRES(process_lock). The sets follow the ids that c has now: after a change of
 * uids, or of the file-system uid.
 */
void cred_uids_changed(struct cred *c, const struct cred *old);
void cred_fsuid_changed(struct cred *c, uint32_t old_fsuid);
/* The part of prctl(2) that is about capabilities: these. */
#define PR_GET_KEEPCAPS   7
#define PR_SET_KEEPCAPS   8
#define PR_CAPBSET_READ   23
#define PR_CAPBSET_DROP   24
#define PR_GET_SECUREBITS 27
#define PR_SET_SECUREBITS 28
#define PR_CAP_AMBIENT    47
#define SECBIT_KEEP_CAPS  (1 << 4)
int64_t capability_prctl(const uint64_t *a);

/* limits.c */
void limits_init(struct process *p);

#endif
