/*
 * What earlier calls returned, as arguments of later ones: descriptors, processes, timers. Kept for
 * the whole process and without a lock: a stale value is as good as any.
 */
#include "arguments.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define NR_KEPT 8

static int32_t kept[R_TTY + 1][NR_KEPT];
static uint32_t nr_kept[R_TTY + 1];

void keep(enum result kind, long value)
{
    kept[kind][nr_kept[kind]++ % NR_KEPT] = (int32_t)value;
}

void remember(const struct call *call, struct worker *w, long result)
{
    const struct description *d = &descriptions[call->description];

    if (result < 0)
        return;
    switch (d->result) {
    case R_PIPE:
        keep(R_PIPE, ((int32_t *)w->data)[0]);
        keep(R_PIPE, ((int32_t *)w->data)[1]);
        break;
    case R_TIMER:
        keep(R_TIMER, *(int32_t *)w->data);
        break;
    case R_NONE:
        break;
    default:
        keep(d->result, result);
    }
}

long recall(enum result kind, uint64_t raw)
{
    unsigned nr = nr_kept[kind] < NR_KEPT ? nr_kept[kind] : NR_KEPT;

    return nr == 0 ? -1 : kept[kind][raw % nr];
}

uint64_t any_fd(uint64_t raw)
{
    static const uint8_t makers_of_fds[] = {R_FD,     R_FD,   R_FD,        R_FD,       R_FD,
                                            R_PIPE,   R_PIPE, R_EVENT_FD,  R_TIMER_FD, R_EPOLL,
                                            R_PID_FD, R_TTY,  R_SIGNAL_FD, R_DIR};
    static const int32_t odd[] = {-1, AT_FDCWD, 1000, 0x7fffffff, -100000};

    if (raw >> 59 == 0)
        return (uint64_t)(int64_t)odd[raw % 5];
    if (raw % 4 != 0) {
        long fd = recall(makers_of_fds[(raw >> 8) % sizeof(makers_of_fds)], raw >> 16);

        if (fd >= 0)
            return (uint64_t)fd;
    }
    return raw % 8 == 0 ? raw >> 8 & 3 : 3 + (raw >> 8) % 8; /* the lowest free one is given out */
}

uint64_t fd_of(enum result kind, uint64_t raw)
{
    long fd = raw % 8 == 0 ? -1 : recall(kind, raw >> 8);

    return fd < 0 ? any_fd(raw >> 16) : (uint64_t)fd;
}

uint64_t pid(uint64_t raw)
{
    long pid;

    switch (raw % 12) {
    case 0:
        return 0;
    case 1:
        return (uint64_t)sys(SYS_getpid, 0, 0, 0, 0, 0, 0);
    case 2:
    case 3:
    case 4:
        pid = shared->pids[(raw >> 8) % program.nr_processes];
        break;
    case 5:
        pid = -(long)shared->pids[(raw >> 8) % program.nr_processes];
        break;
    case 6:
        return raw >> 60 == 0 ? -1ul : 99999;
    default:
        pid = recall(R_PID, raw >> 8);
    }
    return pid == -1 || pid == 1 || pid == -0 ? 0 : (uint64_t)pid;
}

/* waitid's second argument is a process, a group or a descriptor. */
static uint64_t waited(struct worker *w, const struct call *call, uint64_t raw)
{
    switch (chosen(w, call, 0)) {
    case P_PIDFD:
        return fd_of(R_PID_FD, raw);
    case P_PGID:
        return raw % 2 ? 0 : (uint64_t)recall(R_PID, raw >> 8);
    default:
        return (uint64_t)recall(R_PID, raw >> 8);
    }
}

uint64_t resource_argument(struct worker *w, const struct call *call, unsigned kind, uint64_t raw)
{
    switch ((enum kind)kind) {
    case K_DIR_FD:
        return raw % 8 ? (uint64_t)AT_FDCWD : fd_of(R_DIR, raw >> 8);
    case K_OPENED_DIR:
        return fd_of(R_DIR, raw);
    case K_FILE_FD:
        return raw % 4 == 0 ? any_fd(raw >> 8) : fd_of(R_FD, raw >> 8);
    case K_PIPE_FD:
        return fd_of(R_PIPE, raw);
    case K_EPOLL_FD:
        return fd_of(R_EPOLL, raw);
    case K_TIMER_FD:
        return fd_of(R_TIMER_FD, raw);
    case K_EVENT_FD:
        return fd_of(R_EVENT_FD, raw);
    case K_SIGNAL_FD:
        return raw % 4 ? -1ul : fd_of(R_SIGNAL_FD, raw >> 8);
    case K_PID_FD:
        return fd_of(R_PID_FD, raw);
    case K_TTY_FD:
        return raw % 2 ? fd_of(R_TTY, raw >> 8) : any_fd(raw >> 8);
    case K_PID:
    case K_TID:
        return pid(raw);
    case K_CHILD:
        return raw % 4 == 0 ? -1ul : (uint64_t)recall(R_PID, raw >> 8);
    case K_WAITED:
        return waited(w, call, raw);
    case K_TIMER_ID:
        return raw % 8 ? (uint64_t)recall(R_TIMER, raw >> 8) : raw >> 8 & 7;
    default:
        return any_fd(raw);
    }
}
