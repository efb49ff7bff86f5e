/*
 * Shared by the files of linux/signal only.
 */
#ifndef SIGNAL_INTERNAL_H
#define SIGNAL_INTERNAL_H

#include <abi/syscalls.h>
#include <arch/fpu.h>
#include <arch/trap.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <frame/frame.h>
#include <log/log.h>
#include <lifecycle/lifecycle.h>
#include <pending/pending.h>
#include <signal/signal.h>
#include <string/string.h>
#include <task/group.h>
#include <task/task.h>
#include <user/upcalls.h>
#include <user/user.h>
#include <vspace/vspace.h>

#define SA_KNOWN                                                                                   \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND)

#define SS_ONSTACK    1u
#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ   2048

/* Send a synchronous signal (a fault of the calling thread): it cannot be blocked or ignored. */
void signal_force(int signal, int code, uint64_t addr);

bool signal_on_altstack(const struct user_thread *ut, uint64_t sp);

#endif
