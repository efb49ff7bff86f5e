/*
 * Signals: pending sets, masks, sending; job control's stopping and continuing.
 */
#ifndef PENDING_PENDING_H
#define PENDING_PENDING_H

#include <task/task.h>

struct process_group;

/*
 * A fork from its beginning to the child's birth. Signals that were there before come first; one to
 * a group (or to all) that comes meanwhile is for the child too, which is not in the group yet.
 */
struct fork_in_flight {
    struct list node GUARDED_BY(&process_lock);   /* [process_lock] in the parent's forks */
    sigset64_t signals GUARDED_BY(&process_lock); /* [process_lock] what the child is born with */
};

/*
 * Signals: make one pending and wake who takes it (any context that may take process_lock).
 * info NULL: from the kernel (SI_KERNEL). SIGKILL and SIGCONT have their effects at once.
 * 0; -EAGAIN: a real-time signal found no memory. signal_send_group_locked: -ESRCH without members.
 */
int signal_send_thread(struct user_thread *ut, int signal, const struct linux_siginfo *info);
/* For callers that hold process_lock. */
int signal_send_process_locked(struct process *p, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock);
int signal_send_thread_locked(struct user_thread *ut, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock);
int signal_send_group_locked(struct process_group *g, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock);
/* To p as one of several that are meant: a child that p is making gets the signal as well. */
int signal_send_member_locked(struct process *p, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock);

/* What SIGCHLD says of a child: CLD_*, and the exit code or the signal. */
struct linux_siginfo signal_child_info(struct process *child, int code, int status)
    REQUIRES(&process_lock);

/* Woken when a signal becomes pending, of any process: for signalfd, by which one process may poll
 * another's. */
extern struct poll_head signal_poll;

/* Has the calling thread a signal to take (or is it to die)? Blocking calls then give -ERESTARTSYS.
 */
bool signal_is_pending(void);

/* Would this signal of a terminal reach the caller (neither blocked nor ignored)? For SIGTTIN/TTOU.
 */
bool signal_is_ignored_or_blocked(int signal) REQUIRES(&process_lock);

/* Sets the caller's mask and wakes what becomes deliverable. */
void signal_set_mask(sigset64_t mask);
/*
 * A mask for the time of one call (ppoll, pselect, epoll_pwait, sigsuspend), which ends with
 * signal_mask_call_over(its result): that puts the old mask back at once, unless a signal ended the
 * call (-EINTR, -ERESTARTNOHAND). Then its handler is entered with the call's mask, and the way out
 * puts the old one back (signal_mask_restore), or rt_sigreturn does.
 */
void signal_mask_for_call(sigset64_t mask);
void signal_mask_restore(void);
void signal_mask_settle(int64_t ret); /* of signal_mask_call_over: there is a call's mask */
static inline int64_t signal_mask_call_over(int64_t ret)
{
    if (unlikely(user_current()->has_saved_blocked))
        signal_mask_settle(ret);
    return ret;
}

/* The calling process stops by this signal: all its threads park. */
void process_stop_locked(struct process *p, int signal) REQUIRES(&process_lock);

/* Takes one of `set` that is pending for the calling thread or its process, blocked or not; false:
 * none. Timers that wait for it go on. signal_recalculate_locked is to follow. */
bool signal_take_locked(sigset64_t set, struct linux_siginfo *info) REQUIRES(&process_lock);
bool signal_take(sigset64_t set, struct linux_siginfo *info);
/* All that is pending for the thread or its process. Without the lock for the caller's own: each
 * set is one word, and a signal that comes now wakes who polls and waits. */
sigset64_t signal_pending_set(const struct user_thread *ut);
/* Makes thread_is_interrupted true or false to match what is pending and not blocked. */
void signal_recalculate_locked(struct user_thread *ut) REQUIRES(&process_lock);
/*
 * Signals of `lost` that are pending for the process are no longer ut's to take (it blocks them
 * from now on, or leaves), though it may be the one that was woken for them: another thread that
 * does not block them is woken.
 */
void signal_retarget_locked(const struct user_thread *ut, sigset64_t lost) REQUIRES(&process_lock);

#endif
