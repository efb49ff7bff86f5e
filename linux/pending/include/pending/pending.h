/*
 * Signals: sending, pending sets, masks; stopping and continuing for job control.
 */
#ifndef PENDING_PENDING_H
#define PENDING_PENDING_H

#include <task/task.h>

struct process_group;

/*
 * A fork from its beginning until the child is published. Signals pending before it are taken
 * first; one sent meanwhile to the group (or to all processes) is also for the child, which is not
 * in the group yet.
 */
struct fork_in_flight {
    struct list node GUARDED_BY(&process_lock);   /* [process_lock] in the parent's forks */
    sigset64_t signals GUARDED_BY(&process_lock); /* [process_lock] pending for the child */
};

/*
 * Make a signal pending and wake a thread that takes it (any context that may take process_lock).
 * info NULL: from the kernel (SI_KERNEL). SIGKILL and SIGCONT act at once. 0; -EAGAIN: no memory
 * for a real-time signal. signal_send_group_locked(): -ESRCH without members.
 */
int signal_send_thread(struct user_thread *ut, int signal, const struct linux_siginfo *info);
/* For callers that hold process_lock. */
int signal_send_process_locked(struct process *p, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock);
int signal_send_thread_locked(struct user_thread *ut, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock);
int signal_send_group_locked(struct process_group *g, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock);
/* Send to p as one of several recipients: a child that p is forking gets the signal as well. */
int signal_send_member_locked(struct process *p, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock);

/* Build the siginfo of SIGCHLD: code is CLD_*, status the exit code or the signal. */
struct linux_siginfo signal_child_info(struct process *child, int code, int status)
    REQUIRES(&process_lock);

/* Notified when a signal of any process becomes pending: for signalfds, which may be polled by
 * another process. */
extern struct poll_head signal_poll;

/* True if the calling thread has a signal to take, or must exit; blocking calls then return
 * -ERESTARTSYS. */
bool signal_is_pending(void);

/* True if the caller blocks or ignores the signal. For SIGTTIN and SIGTTOU. */
bool signal_is_ignored_or_blocked(int signal) REQUIRES(&process_lock);

/* Set the caller's mask; signals that it unblocks become deliverable. */
void signal_set_mask(sigset64_t mask);
/*
 * Set a mask for one call (ppoll, pselect, epoll_pwait, sigsuspend), which ends with
 * signal_mask_call_over(its result): that restores the old mask at once, unless a signal ended the
 * call (-EINTR, -ERESTARTNOHAND). Then the handler is entered with the call's mask, and the old one
 * is restored by rt_sigreturn, or on the way to user mode if no handler runs (signal_mask_restore).
 */
void signal_mask_for_call(sigset64_t mask);
void signal_mask_restore(void);
void signal_mask_settle(int64_t ret); /* the slow part of signal_mask_call_over() */
static inline int64_t signal_mask_call_over(int64_t ret)
{
    if (unlikely(user_current()->has_saved_blocked))
        signal_mask_settle(ret);
    return ret;
}

/* Stop the calling process by this signal: all its threads park. */
void process_stop_locked(struct process *p, int signal) REQUIRES(&process_lock);

/* Take one signal of `set` that is pending for the calling thread or its process, blocked or not;
 * false: none. Rearms timers that wait for the signal. signal_recalculate_locked() must follow. */
bool signal_take_locked(sigset64_t set, struct linux_siginfo *info) REQUIRES(&process_lock);
bool signal_take(sigset64_t set, struct linux_siginfo *info);
/* Return the signals pending for the thread or its process. The caller may read its own without the
 * lock: each set is one word, and a new signal wakes its pollers and waiters. */
sigset64_t signal_pending_set(const struct user_thread *ut);
/* Set or clear thread_is_interrupted() to match the signals that are pending and not blocked. */
void signal_recalculate_locked(struct user_thread *ut) REQUIRES(&process_lock);
/*
 * ut no longer takes the signals in `lost` (it blocks them from now on, or exits) and may be the
 * thread that was woken for them: wake another that does not block them for those pending for the
 * process.
 */
void signal_retarget_locked(const struct user_thread *ut, sigset64_t lost) REQUIRES(&process_lock);

#endif
