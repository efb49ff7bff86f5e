/* Signals as arguments, and what handles them in a program. */
#include "arguments.h"

#include <signal.h>
#include <sys/syscall.h>

uint64_t signal_number(uint64_t raw)
{
    static const uint8_t likely[] = {SIGUSR1, SIGUSR2, SIGALRM,  SIGCHLD, 34,      35,
                                     SIGTERM, SIGCONT, SIGWINCH, SIGPIPE, SIGSEGV, SIGURG};
    static const uint8_t harsh[] = {SIGKILL, SIGSTOP, SIGTSTP, SIGCONT,
                                    SIGTTIN, SIGTTOU, SIGHUP,  SIGABRT};

    switch (raw % 16) {
    case 0:
        return harsh[(raw >> 8) % 8];
    case 1:
        return (raw >> 8) % 66;
    default:
        return likely[(raw >> 8) % 12];
    }
}

uint64_t signal_set(struct worker *w, uint64_t raw)
{
    uint64_t set = raw % 4 == 0 ? 0 : raw % 4 == 1 ? -1ul : 0;

    if (raw % 4 > 1)
        for (unsigned i = 0; i < 4; i++)
            set |= 1ul << ((signal_number(mix(raw + i)) - 1) & 63);
    return WORDS(set);
}

extern const char probe_load[], probe_store[];

/* A fault of a load or store of ours is over; any other ends the process. */
static void handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uint64_t pc;

    (void)info;
    if (signal != SIGSEGV && signal != SIGBUS) {
        sys(SYS_getpid, 0, 0, 0, 0, 0, 0);
        return;
    }
    pc = uc == NULL ? 0 : uc->uc_mcontext.__gregs[0];
    if (pc == (uint64_t)probe_load || pc == (uint64_t)probe_store)
        uc->uc_mcontext.__gregs[0] += 4;
    else if (info != NULL && info->si_code > 0)
        sys(SYS_exit_group, 11, 0, 0, 0, 0, 0);
}

static uint64_t signal_action(struct worker *w, uint64_t raw)
{
    uint64_t flags = 0;

    if (raw & 1)
        flags |= SA_SIGINFO;
    flags |= (raw & 2 ? SA_RESTART : 0) | (raw & 4 ? SA_NODEFER : 0) |
             ((raw & 24) == 24 ? SA_ONSTACK : 0) | ((raw & 96) == 96 ? SA_RESETHAND : 0) |
             ((raw & 384) == 384 ? SA_NOCLDWAIT : 0) | ((raw & 1536) == 1536 ? SA_NOCLDSTOP : 0);
    return WORDS((raw >> 12) % 8 == 0   ? 0
                 : (raw >> 12) % 8 == 1 ? 1
                                        : (uint64_t)handler,
                 flags, raw >> 16 & 1 ? -1ul : 0);
}

void handlers_install(void)
{
    uint64_t action[3] = {(uint64_t)handler, SA_SIGINFO | SA_NODEFER, 0};

    for (int s = 1; s < 36; s++)
        if (s != SIGTERM && s != SIGCHLD)
            sys(SYS_rt_sigaction, s, (long)action, 0, 8, 0, 0);
}

uint64_t signal_argument(struct worker *w, const struct call *call, unsigned kind, uint64_t raw)
{
    (void)call;
    switch ((enum kind)kind) {
    case K_SIGNAL_SET:
        return signal_set(w, raw);
    case K_SIGNAL_ACTION:
        return signal_action(w, raw);
    case K_SIGNAL_INFO:
        return WORDS(signal_number(raw), (uint32_t)-1, raw, raw, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                     0);
    case K_SIGNAL_EVENT:
        return WORDS(raw >> 8, signal_number(raw >> 16) | (raw % 4 == 3 ? 4 : raw % 4) << 32,
                     pid(raw >> 24), 0, 0, 0, 0, 0);
    case K_SIGNAL_STACK:
        return WORDS((uint64_t)w->alternate,
                     raw % 8 == 0   ? 2
                     : raw % 8 == 1 ? 1ul << 31
                                    : 0,
                     raw % 8 == 2 ? 100 : sizeof(w->alternate));
    case K_SELECT_MASK:
        return raw % 2 ? 0 : WORDS(signal_set(w, raw >> 8), 8);
    default:
        return signal_number(raw);
    }
}
