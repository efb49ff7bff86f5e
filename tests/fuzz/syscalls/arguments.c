/*
 * From an argument's kind and its number to what goes into the register. Structures are written to
 * the worker's scratch memory just before the call. What earlier calls returned is remembered for
 * the whole process and without a lock: a stale value is as good as any.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define NR_KEPT 8

static int32_t kept[R_TTY + 1][NR_KEPT];
static uint32_t nr_kept[R_TTY + 1];
static uint64_t private_futexes[8];

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

static long recall(enum result kind, uint64_t raw)
{
    unsigned nr = nr_kept[kind] < NR_KEPT ? nr_kept[kind] : NR_KEPT;

    return nr == 0 ? -1 : kept[kind][raw % nr];
}

/* --- descriptors --- */

static uint64_t any_fd(uint64_t raw)
{
    static const uint8_t makers_of_fds[] = {R_FD,       R_FD,    R_FD,     R_FD,
                                            R_FD,       R_PIPE,  R_PIPE,   R_EVENT_FD,
                                            R_TIMER_FD, R_EPOLL, R_PID_FD, R_TTY};
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

static uint64_t fd_of(enum result kind, uint64_t raw)
{
    long fd = raw % 8 == 0 ? -1 : recall(kind, raw >> 8);

    return fd < 0 ? any_fd(raw >> 16) : (uint64_t)fd;
}

/* --- names --- */

/* In the folder that is a program's own, or on the disk. */
static const char *const own_paths[] = {
    "a",     "n",       "d",       "d/n",     "b",         "d/e",
    "d/e/n", "o",       "c",       "d/o",     "f",         "d/a",
    "d/b",   "d/e/a",   "d/e/f",   "l",       "l/a",       "m",
    "m/a",   "m/b",     "d/../a",  "./d/./a", "",          ".",
    "..",    "/disk/a", "/disk/b", "/disk/d", "/disk/d/a", "/disk/A long name.text"};

/* Of the whole system: none of them is made, moved or taken away. */
static const char *const system_paths[] = {"/dev/null",
                                           "/dev/zero",
                                           "/dev/full",
                                           "/dev/urandom",
                                           "/dev/ptmx",
                                           "/dev/pts/0",
                                           "/dev/pts/1",
                                           "/dev/tty",
                                           "/dev/vda",
                                           "/dev",
                                           "/dev/shm",
                                           "/disk",
                                           "/init",
                                           "/proc",
                                           "/proc/self/maps",
                                           "/proc/self/status",
                                           "/proc/self/fd",
                                           "/proc/self/fd/3",
                                           "/proc/self/fd/4",
                                           "/proc/self/stat",
                                           "/proc/self/task",
                                           "/proc/self/exe",
                                           "/proc/self/cwd/a",
                                           "/proc/self/smaps",
                                           "/proc/self/statm",
                                           "/proc/self/comm",
                                           "/proc/self/cmdline",
                                           "/proc/self/environ",
                                           "/proc/self/mounts",
                                           "/proc/self/limits",
                                           "/proc/meminfo",
                                           "/proc/stat",
                                           "/proc/slabinfo",
                                           "/proc/1/status",
                                           "/proc/1/maps",
                                           "/proc/1/fd",
                                           "/proc/loadavg",
                                           "/proc/interrupts",
                                           "/proc/vmstat",
                                           "/proc/buddyinfo",
                                           "/proc/sys",
                                           "/sys",
                                           "/sys/block"};

#define NR_OWN    (sizeof(own_paths) / sizeof(own_paths[0]))
#define NR_SYSTEM (sizeof(system_paths) / sizeof(system_paths[0]))

static bool changes_names(const struct call *call)
{
    static const uint16_t numbers[] = {
        SYS_unlinkat, SYS_renameat2, SYS_mknodat,  SYS_mkdirat, SYS_symlinkat,
        SYS_linkat,   SYS_fchmodat,  SYS_fchownat, SYS_mount,   452 /* fchmodat2 */};

    for (unsigned i = 0; call != NULL && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (descriptions[call->description].number == numbers[i])
            return true;
    return false;
}

/* Most paths of a program are its first few, so that its calls meet in them. */
static uint64_t path(struct worker *w, const struct call *call, uint64_t raw)
{
    bool is_own = changes_names(call);
    uint64_t nr = is_own ? NR_OWN : NR_OWN + NR_SYSTEM;
    uint64_t which = raw % 8 < 5 ? (raw >> 8) % 12 : (raw >> 8) % nr;
    char *text = (char *)w->at;
    const char *name;

    if (raw % 8 < 3) /* the four that this program likes best */
        which = mix((program.seed >> 8) + (raw >> 8) % 4) % nr;
    name = which < NR_OWN ? own_paths[which] : system_paths[which - NR_OWN];
    if (has_defect && !is_own && raw % 4 == 3)
        name = "/dev/defect";
    if (raw >> 57 == 1) { /* too long */
        memset(text, 'x', 300);
        text[300] = '\0';
        w->at += 304;
        return (uint64_t)text;
    }
    w->at += (strlen(name) + 8) & ~7ul;
    return (uint64_t)strcpy(text, name);
}

static uint64_t text(uint64_t raw)
{
    static const char *const texts[] = {
        "",          "x",        "user.a", "size=1m",     "size=64k,mode=700",
        "trusted.b", "mode=777", "ro",     "nr_inodes=9", "name"};

    return (uint64_t)texts[raw % 10];
}

/* --- memory --- */

static uint64_t arena(uint64_t raw)
{
    uint64_t page = raw % 4 == 0 ? (raw >> 8) % ARENA_PAGES : (raw >> 8) % 24;

    return ARENA + page * PAGE;
}

static uint64_t bad_pointer(uint64_t raw)
{
    static const uint64_t bad[] = {0,
                                   1,
                                   0x1000,
                                   0xffffffc080200000,
                                   0xfffffffffffff000,
                                   0x4000000000,
                                   ARENA - 8,
                                   ARENA + ARENA_PAGES * PAGE - 8};

    return bad[raw % 8];
}

static uint64_t address(uint64_t raw)
{
    if (raw >> 58 == 0)
        return bad_pointer(raw);
    return arena(raw) + (raw >> 58 == 1 ? (raw >> 20) % PAGE : 0);
}

/* Bytes for a call: the worker's own, those of the arena, or none. */
static uint64_t bytes(struct worker *w, uint64_t raw)
{
    switch (raw % 16) {
    case 0:
        return bad_pointer(raw >> 8);
    case 1:
    case 2:
    case 3:
    case 4:
        return arena(raw >> 8) + ((raw >> 40) % 2 ? PAGE - 16 : 0);
    default:
        return (uint64_t)w->data;
    }
}

static uint64_t length(uint64_t raw)
{
    static const uint64_t lengths[] = {0, 1, 4, 8, 16, 100, 128, 512, 4095, 4096, 4097, 8192};

    if (raw >> 58 == 0)
        return raw >> 57 & 1 ? 1ul << 62 : 65536 + raw % 65536;
    return raw % 3 ? lengths[(raw >> 8) % 12] : (raw >> 8) % 300;
}

static uint64_t offset(uint64_t raw)
{
    static const uint64_t offsets[] = {0,    0,    0,     1,       100,  4096,
                                       4095, 8192, 65536, 1 << 20, -1ul, 1ul << 62};

    return offsets[raw % 12];
}

/* --- structures --- */

static void *room(struct worker *w, size_t size)
{
    void *at = w->at;

    w->at += (size + 7) & ~7ul;
    return at;
}

/* Some words for a structure that has words; 0 in place of a pointer now and then. */
static uint64_t words(struct worker *w, uint64_t raw, unsigned nr, const uint64_t *values)
{
    uint64_t *at = room(w, nr * sizeof(*at));

    if (raw >> 60 == 0)
        return 0;
    if (raw >> 60 == 1)
        return bytes(w, raw);
    memcpy(at, values, nr * sizeof(*at));
    return (uint64_t)at;
}
#define WORDS(...) words(w, raw, sizeof((uint64_t[]){__VA_ARGS__}) / 8, (uint64_t[]){__VA_ARGS__})

static uint64_t nanoseconds(uint64_t raw)
{
    static const uint64_t ns[] = {0, 1, 1000, 50000, 200000, 1000000, 3000000, 1000000000, -1ul};

    return ns[raw % (raw >> 56 == 0 ? 9 : 7)];
}

static uint64_t signal_number(uint64_t raw)
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

static uint64_t signal_set(struct worker *w, uint64_t raw)
{
    uint64_t set = raw % 4 == 0 ? 0 : raw % 4 == 1 ? -1ul : 0;

    if (raw % 4 > 1)
        for (unsigned i = 0; i < 4; i++)
            set |= 1ul << ((signal_number(mix(raw + i)) - 1) & 63);
    return WORDS(set);
}

static void handler(int signal, siginfo_t *info, void *context);

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

static uint64_t pid(uint64_t raw)
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

static uint64_t id(uint64_t raw)
{
    static const uint64_t ids[] = {0, 1000, 1001, 65534, -1ul, 1000, 0, 4000000000};

    return ids[raw % 8];
}

static uint64_t futex(uint64_t raw)
{
    if (raw % 8 == 0)
        return bad_pointer(raw >> 8) + (raw >> 20 & 1);
    if (raw % 8 == 1)
        return arena(raw >> 8);
    return raw % 2 ? (uint64_t)&shared->futexes[(raw >> 8) % 4]
                   : (uint64_t)&private_futexes[(raw >> 8) % 3];
}

/* What another argument, which is of a set, has become. */
static uint64_t chosen(const struct worker *w, const struct call *call, unsigned i)
{
    return set_value(descriptions[call->description].args[i], call->raw[i] ^ w->salt);
}

static uint64_t futex_last(struct worker *w, const struct call *call, uint64_t raw)
{
    unsigned op = chosen(w, call, 1) & 127;

    if (op == FUTEX_REQUEUE || op == FUTEX_CMP_REQUEUE || op == FUTEX_WAKE_OP)
        return raw % 4;
    return raw % 16 == 0 ? 0 : WORDS(0, nanoseconds(raw >> 8));
}

/* A list of two, that ends where it began or does not. */
static uint64_t robust(struct worker *w, uint64_t raw)
{
    static uint64_t head[3], entries[2];

    (void)w;
    head[0] = (uint64_t)&entries[0];
    head[1] = (uint64_t)private_futexes - (uint64_t)entries;
    head[2] = raw & 1 ? (uint64_t)&entries[1] : 0;
    entries[0] = (uint64_t)&entries[1];
    entries[1] = raw & 2 ? (uint64_t)head : raw & 4 ? (uint64_t)entries : bad_pointer(raw >> 8);
    return (uint64_t)head;
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

static uint64_t worker_stack(struct worker *w, const struct call *call)
{
    struct worker *made;

    (void)w;
    if (!(chosen(w, call, 0) & 0x100))
        return 0; /* not of the same memory: goes on with its copy of the stack */
    made = worker_new();
    return made == NULL ? 0 : (uint64_t)(made->stack + sizeof(made->stack));
}

static uint64_t argv(struct worker *w, uint64_t raw)
{
    static char *const none[] = {NULL};
    char **v = room(w, 4 * sizeof(*v));

    if (raw % 8 == 0)
        return (uint64_t)none;
    v[0] = "again"; /* main.c: the program that runs is this one */
    v[1] = (char *)bytes(w, raw >> 8 | 15);
    v[2] = raw % 8 == 1 ? (char *)bad_pointer(raw >> 8) : NULL;
    v[3] = NULL;
    return (uint64_t)v;
}

static uint64_t any(struct worker *w, uint64_t raw);

static uint64_t by_kind(struct worker *w, const struct call *call, unsigned kind, uint64_t raw)
{
    switch ((enum kind)kind) {
    case K_NONE:
        return 0;
    case K_SMALL:
        return raw >> 58 == 0 ? mix(raw) : raw % 9;
    case K_FD:
        return any_fd(raw);
    case K_DIR_FD:
        return raw % 8 ? (uint64_t)AT_FDCWD : fd_of(R_DIR, raw >> 8);
    case K_OPENED_DIR:
        return fd_of(R_DIR, raw);
    case K_CHILD:
        return raw % 4 == 0 ? -1ul : (uint64_t)recall(R_PID, raw >> 8);
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
    case K_PID_FD:
        return fd_of(R_PID_FD, raw);
    case K_TTY_FD:
        return raw % 2 ? fd_of(R_TTY, raw >> 8) : any_fd(raw >> 8);
    case K_PATH:
        if (descriptions[call == NULL ? 0 : call->description].number == SYS_execve && raw % 2)
            return (uint64_t) "/init";
        return raw >> 58 == 0 ? bytes(w, raw) : path(w, call, raw);
    case K_MOUNT_POINT:
        return (uint64_t)(raw % 4 == 0 ? "d" : raw % 4 == 1 ? "d/e" : raw % 4 == 2 ? "m" : "m/a");
    case K_IN:
    case K_OUT:
    case K_IN_OUT:
        return bytes(w, raw);
    case K_LENGTH:
        return length(raw);
    case K_OFFSET:
        return offset(raw);
    case K_OFFSET_POINTER:
        return raw % 2 ? 0 : WORDS(offset(raw >> 8));
    case K_ADDRESS:
        return address(raw);
    case K_MAP_LENGTH:
        return raw % 16 == 0 ? length(raw >> 8) : (1 + (raw >> 8) % (raw % 4 ? 8 : 64)) * PAGE;
    case K_PID:
    case K_TID:
        return pid(raw);
    case K_SIGNAL:
        return signal_number(raw);
    case K_ID:
        return id(raw);
    case K_TIME:
        return WORDS((raw >> 56) == 1 ? 1000000000 : 0, nanoseconds(raw));
    case K_TIMER_SPEC:
        return WORDS(0, nanoseconds(raw) % 2 ? 0 : nanoseconds(raw), 0, nanoseconds(raw >> 8));
    case K_TIMER_VALUE:
        return WORDS(0, nanoseconds(raw) >> 10, 0, nanoseconds(raw >> 8) >> 10);
    case K_TIMES:
        return WORDS(raw & 255, raw & 1 ? 0x3fffffff : nanoseconds(raw), raw >> 8 & 255,
                     raw & 2 ? 0x3ffffffe : nanoseconds(raw >> 8));
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
    case K_TIMER_ID:
        return raw % 8 ? (uint64_t)recall(R_TIMER, raw >> 8) : raw >> 8 & 7;
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
    case K_TEXT:
        return raw % 16 ? text(raw >> 8) : bytes(w, raw >> 8);
    case K_FUTEX:
        return futex(raw);
    case K_FUTEX_WORD:
        return raw % 4 ? raw >> 8 & 1 : raw >> 8 & 0xff;
    case K_FUTEX_LAST:
        return futex_last(w, call, raw);
    case K_ROBUST:
        return robust(w, raw);
    case K_FCNTL:
        return fcntl_last(w, call, raw);
    case K_IOCTL:
        return ioctl_last(w, raw);
    case K_WORKER_STACK:
        return worker_stack(w, call);
    case K_ARGV:
        return argv(w, raw);
    case K_FS_TYPE:
        return (uint64_t)(const char *[]){"tmpfs",    "proc", "sysfs", "devpts",
                                          "devtmpfs", "vfat", "none",  "ramfs"}[raw % 8];
    case K_CLONE_ARGS: /* run.c */
    case K_ANY:
        return any(w, raw);
    case K_SETS:
        break;
    }
    return set_value(kind, raw);
}

static uint64_t any(struct worker *w, uint64_t raw)
{
    static const uint8_t kinds[] = {K_SMALL, K_SMALL,  K_FD,      K_OUT, K_IN,
                                    K_PATH,  K_LENGTH, K_ADDRESS, K_PID, K_IN_OUT};

    return raw % 16 == 0 ? mix(raw) : by_kind(w, NULL, kinds[(raw >> 4) % sizeof(kinds)], raw >> 8);
}

uint64_t argument(struct worker *w, const struct call *call, unsigned i)
{
    return by_kind(w, call, descriptions[call->description].args[i], call->raw[i] ^ w->salt);
}

/* --- signals --- */

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

void handlers_install(void)
{
    uint64_t action[3] = {(uint64_t)handler, SA_SIGINFO | SA_NODEFER, 0};

    for (int s = 1; s < 36; s++)
        if (s != SIGTERM && s != SIGCHLD)
            sys(SYS_rt_sigaction, s, (long)action, 0, 8, 0, 0);
}
