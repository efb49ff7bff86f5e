/* The other structures and lists that calls take. */
#include "arguments.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/uio.h>

uint64_t nanoseconds(uint64_t raw)
{
    static const uint64_t ns[] = {0, 1, 1000, 50000, 200000, 1000000, 3000000, 1000000000, -1ul};

    return ns[raw % (raw >> 56 == 0 ? 9 : 7)];
}

static uint64_t iovec(struct worker *w, uint64_t raw)
{
    struct iovec *v = room(w, 8 * sizeof(*v));

    for (unsigned i = 0; i < 8; i++)
        v[i] = (struct iovec){(void *)bytes(w, mix(raw + i)), length(mix(raw + 16 + i))};
    return (uint64_t)v;
}

static uint64_t polls(struct worker *w, uint64_t raw)
{
    struct pollfd *v = room(w, 8 * sizeof(*v));

    for (unsigned i = 0; i < 8; i++)
        v[i] = (struct pollfd){(int)any_fd(mix(raw + i)),
                               (short)(mix(raw + 16 + i) % 3 ? POLLIN : POLLIN | POLLOUT | POLLPRI),
                               0};
    return (uint64_t)v;
}

static uint64_t id(uint64_t raw)
{
    static const uint64_t ids[] = {0, 1000, 1001, 65534, -1ul, 1000, 0, 4000000000};

    return ids[raw % 8];
}

static uint64_t fcntl_last(struct worker *w, const struct call *call, uint64_t raw)
{
    uint64_t command = chosen(w, call, 1);

    switch (command) {
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case 36: /* those of open files */
    case 37:
    case 38: {
        uint64_t type = raw >> 8 & 3;

        return WORDS((type == 3 ? 0 : type) | (raw >> 12 & 3) % 3 << 16, offset(raw >> 16),
                     (raw >> 24) % 200, 0);
    }
    case F_SETFL:
        return (raw & 1 ? O_NONBLOCK : 0) | (raw & 2 ? O_APPEND : 0) | (raw & 4 ? 020000 : 0);
    case F_SETPIPE_SZ:
        return 1ul << (raw % 18);
    case F_SETOWN:
        return pid(raw);
    case 15: /* F_SETOWN_EX */
    case 16:
        return WORDS(raw % 3 | pid(raw >> 8) << 32);
    case F_SETSIG:
        return signal_number(raw);
    default:
        return raw % 4 ? raw >> 8 & 31 : raw;
    }
}

static uint64_t ioctl_last(struct worker *w, uint64_t raw)
{
    switch (raw % 4) {
    case 0:
        return raw >> 8 & 3;
    case 1:
        return WORDS(raw >> 40 & 1, pid(raw >> 8));
    default:
        return bytes(w, raw >> 8);
    }
}

static uint64_t prctl_second(struct worker *w, const struct call *call, uint64_t raw)
{
    switch (chosen(w, call, 0)) {
    case PR_SET_PDEATHSIG:
        return signal_number(raw);
    case PR_SET_NAME:
        return text(raw);
    case PR_GET_PDEATHSIG:
    case PR_GET_NAME:
    case PR_GET_CHILD_SUBREAPER:
        return bytes(w, raw);
    default:
        return raw % 8 ? raw >> 8 & 31 : raw;
    }
}

/* Values of timers and times. */
static uint64_t time_argument(struct worker *w, unsigned kind, uint64_t raw)
{
    switch ((enum kind)kind) {
    case K_TIMER_SPEC:
        return WORDS(0, nanoseconds(raw) % 2 ? 0 : nanoseconds(raw), 0, nanoseconds(raw >> 8));
    case K_TIMER_VALUE:
        return WORDS(0, nanoseconds(raw) >> 10, 0, nanoseconds(raw >> 8) >> 10);
    case K_TIMES:
        return WORDS(raw & 255, raw & 1 ? 0x3fffffff : nanoseconds(raw), raw >> 8 & 255,
                     raw & 2 ? 0x3ffffffe : nanoseconds(raw >> 8));
    default:
        return WORDS((raw >> 56) == 1 ? 1000000000 : 0, nanoseconds(raw));
    }
}

uint64_t structure_argument(struct worker *w, const struct call *call, unsigned kind, uint64_t raw)
{
    switch ((enum kind)kind) {
    case K_TIME:
    case K_TIMER_SPEC:
    case K_TIMER_VALUE:
    case K_TIMES:
        return time_argument(w, kind, raw);
    case K_ID:
        return id(raw);
    case K_IOVEC:
        return iovec(w, raw);
    case K_POLL:
        return polls(w, raw);
    case K_FD_SET:
        return WORDS(mix(raw) & mix(raw + 1), raw, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    case K_EPOLL_EVENT:
        return WORDS((raw & 1 ? POLLIN : POLLIN | POLLOUT) | (raw & 6 ? 0 : 1u << 31) |
                         (raw & 24 ? 0 : 1u << 30) | (raw & 96 ? 0 : 1u << 28),
                     raw);
    case K_LIMIT:
        return raw % 4 ? WORDS(1ul << (raw >> 8) % 30, 1ul << 30) : WORDS(-1ul, -1ul);
    case K_CPU_MASK:
        return WORDS(raw & 15);
    case K_SCHED_PARAM:
        return WORDS(raw % 16 ? 0 : raw >> 8 & 127);
    case K_SCHED_ATTR:
        return WORDS(48 | (raw >> 8 & 3) << 32, raw >> 16 & 1, (raw >> 20) % 20, 0, 0, 0, 0);
    case K_CAP_HEADER:
        return WORDS((raw % 8 ? 0x20080522 : 0x19980330) | pid(raw >> 8) << 32);
    case K_CAP_DATA:
        return WORDS(raw % 2 ? raw : 0, raw % 4 == 0 ? mix(raw) : 0, 0);
    case K_GROUPS:
        return WORDS(raw & 0xff, raw >> 8 & 0xff, 1000, 0);
    case K_FCNTL:
        return fcntl_last(w, call, raw);
    case K_IOCTL:
        return ioctl_last(w, raw);
    case K_PRCTL:
        return prctl_second(w, call, raw);
    default:
        return raw >> 58 == 0 ? mix(raw) : raw % 9;
    }
}
