/*
 * Pending sets: a bit for each signal that waits to be taken, and a queue of what is told with it.
 * Standard signals queue once, real-time ones and those of POSIX timers each time (signal(7)).
 *
 * Locking: the owner's. A set belongs to a process or a thread, and process_lock guards it; its
 * word may be read without. Any context.
 */
#ifndef SIGQUEUE_SIGQUEUE_H
#define SIGQUEUE_SIGQUEUE_H

#include <abi/abi.h>
#include <cred/user_account.h>
#include <list/list.h>

/* Signals whose default action is to ignore, to stop. */
#define SIGNALS_IGNORED (SIGSET(SIGCHLD) | SIGSET(SIGCONT) | SIGSET(SIGURG) | SIGSET(SIGWINCH))
#define SIGNALS_STOP    (SIGSET(SIGSTOP) | SIGSET(SIGTSTP) | SIGSET(SIGTTIN) | SIGSET(SIGTTOU))

#define SIGNALS_UNBLOCKABLE (SIGSET(SIGKILL) | SIGSET(SIGSTOP))

struct pending_signal {
    struct list node;
    struct user_account
        *account; /* [I] with a reference: account of the recipient at the time of sending */
    struct linux_siginfo info;
};

struct pending_set {
    sigset64_t set;
    struct list
        queue; /* of pending_signal; a signal may be in the set without an entry (out of memory) */
};

static inline void pending_init(struct pending_set *pending)
{
    pending->set = 0;
    list_init(&pending->queue);
}

/*
 * Is the signal of this POSIX timer among them? A timer's is told of once, whatever else of that
 * number is pending.
 */
bool pending_has_timer(const struct pending_set *pending, int signal, int timer_id);

/*
 * Add a signal, which counts against the account's limit nr_max (RLIMIT_SIGPENDING). Over the limit
 * or without memory the signal is pending without its info, except for sigqueue, which fails with
 * -EAGAIN: as in Linux, kill never refuses a real-time signal. info NULL: from the kernel.
 */
int pending_add(struct pending_set *pending, struct user_account *account, uint64_t nr_max,
                int signal, const struct linux_siginfo *info) MUST_CHECK;

/* Remove the lowest signal of `set`, faults first; false: none. */
bool pending_take(struct pending_set *pending, sigset64_t set, struct linux_siginfo *info);

/* Discard the signals in `set`. */
void pending_flush(struct pending_set *pending, sigset64_t set);

#endif
