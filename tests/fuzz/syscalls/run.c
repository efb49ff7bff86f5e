/*
 * What a process and a thread of a program do. No C library here: threads are made by the bare
 * call, share one thread pointer, and die anywhere.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define NR_WORKERS 24

static struct worker workers[NR_WORKERS];
static uint32_t nr_workers;

long sys(long nr, long a, long b, long c, long d, long e, long f)
{
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = f;
    register long a7 __asm__("a7") = nr;

    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                     : "memory");
    return a0;
}

/*
 * clone and clone3: `worker` is who goes on in the child, on a stack of its own if has_stack.
 * The probes are one instruction of four bytes each, for the handler to step over.
 */
long clone_call(long nr, long a, long b, long c, long d, long e, struct worker *worker,
                bool has_stack);
uint8_t probe_load_call(uint64_t address);
void probe_store_call(uint64_t address);
void child_run(struct worker *worker) __attribute__((noreturn));

__asm__(".text\n"
        "clone_call:\n"
        "    mv t0, a0\n"
        "    mv a0, a1\n"
        "    mv a1, a2\n"
        "    mv a2, a3\n"
        "    mv a3, a4\n"
        "    mv a4, a5\n"
        "    mv a5, a6\n"
        "    mv a6, a7\n"
        "    mv a7, t0\n"
        "    ecall\n"
        "    bnez a0, 1f\n"
        "    beqz a6, 1f\n"
        "    mv a0, a5\n"
        "    call child_run\n"
        "1:  ret\n"
        ".option push\n"
        ".option norvc\n"
        "probe_load_call:\n"
        ".globl probe_load\n"
        "probe_load:\n"
        "    lbu a0, 0(a0)\n"
        "    ret\n"
        "probe_store_call:\n"
        ".globl probe_store\n"
        "probe_store:\n"
        "    sb a0, 0(a0)\n"
        "    ret\n"
        ".option pop\n");

struct worker *worker_new(void)
{
    uint32_t i = __atomic_fetch_add(&nr_workers, 1, __ATOMIC_RELAXED);

    return i < NR_WORKERS ? &workers[i] : NULL;
}

static bool may_bear(void)
{
    return __atomic_fetch_sub(&shared->births_left, 1, __ATOMIC_RELAXED) > 0;
}

/* Who goes on in the child: the next few calls of the same thread, with other numbers. */
static void inherit(struct worker *child, const struct worker *parent, unsigned call, uint64_t raw)
{
    child->process = parent->process;
    child->thread = parent->thread;
    child->first = (int)call + 1;
    child->left = (int)(raw % 6);
    child->salt = raw & 64 ? raw >> 7 << 7 : 0;
}

static long call_clone(struct worker *w, const struct call *call, unsigned number, bool is_clone3)
{
    uint64_t raw[NR_ARGS], flags, exit_signal;
    struct worker *made = NULL;
    long result;

    for (unsigned i = 0; i < NR_ARGS; i++)
        raw[i] = call->raw[i] ^ w->salt;
    flags = set_value(descriptions[call->description].args[is_clone3 ? 1 : 0], raw[0]);
    if (is_clone3) { /* by the flags of clone, which clone3 has no set of */
        for (unsigned i = 0; i < nr_descriptions; i++)
            if (descriptions[i].number == SYS_clone)
                flags = set_value(descriptions[i].args[0], raw[0]);
    }
    flags &= ~0xfful;
    exit_signal = raw[1] % 4 ? 17 : raw[1] >> 8 & 63;
    if (!may_bear())
        return -11;
    if (flags & CLONE_VM) {
        made = worker_new();
        if (made == NULL)
            return -11;
        inherit(made, w, number, raw[3]);
    }
    if (is_clone3) {
        uint64_t *args = (uint64_t *)w->at;

        w->at += 96;
        memset(args, 0, 96);
        args[0] = flags;
        args[1] = (uint64_t)&w->data[raw[2] & 0xff8];
        args[2] = args[3] = (uint64_t)&shared->futexes[raw[2] % 4];
        args[4] = flags & CLONE_THREAD ? 0 : exit_signal;
        args[5] = made == NULL ? 0 : (uint64_t)made->stack;
        args[6] = made == NULL ? 0 : sizeof(made->stack);
        result = clone_call(SYS_clone3, (long)args,
                            (long)set_value(descriptions[call->description].args[1], raw[4]), 0, 0,
                            0, made, made != NULL);
    } else {
        result = clone_call(SYS_clone, (long)(flags | exit_signal),
                            made == NULL ? 0 : (long)(made->stack + sizeof(made->stack)),
                            (long)&shared->futexes[raw[2] % 4], 0,
                            (long)&shared->futexes[raw[4] % 4], made, made != NULL);
    }
    if (result > 0 && flags & CLONE_PIDFD)
        keep(R_PID_FD, *(int32_t *)(is_clone3 ? &w->data[raw[2] & 0xff8]
                                              : (uint8_t *)&shared->futexes[raw[2] % 4]));
    if (result == 0) { /* a child with memory of its own */
        inherit(w, w, number, raw[3]);
        child_run(w);
    }
    return result;
}

/* An exec of this file goes on as a program of its own (main.c), if it may. */
static long call_once(struct worker *w, const struct call *call, unsigned number)
{
    const struct description *d = &descriptions[call->description];
    long a[NR_ARGS];

    w->at = w->scratch;
    if (d->number == SYS_clone || d->number == SYS_clone3)
        return call_clone(w, call, number, d->number == SYS_clone3);
    for (unsigned i = 0; i < NR_ARGS; i++)
        a[i] = (long)argument(w, call, i);
    switch (d->number) {
    case NUMBER_LOAD:
        probe_load_call((uint64_t)a[0]);
        return 0;
    case NUMBER_STORE:
        probe_store_call((uint64_t)a[0]);
        return 0;
    case SYS_pipe2:
    case SYS_timer_create:
        a[d->number == SYS_pipe2 ? 0 : 2] = (long)w->data;
        break;
    case SYS_brk:
        a[0] = a[0] == 0 ? 0 : sys(SYS_brk, 0, 0, 0, 0, 0, 0) + (a[0] - 2) * 4096;
        break;
    case SYS_reboot: /* never the two that are asked for */
        a[0] &= 0xff;
        break;
    case SYS_kill:
        if (a[0] == 1)
            return -1;
    }
    return sys(d->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void fail_set(unsigned nth)
{
    static int file = -1;
    char text[4] = {(char)('0' + nth), '\n', 0, 0};

    if (!may_fail)
        return;
    if (file < 0 || sys(SYS_write, file, (long)text, 2, 0, 0, 0) == -9) {
        long fd = sys(SYS_openat, AT_FDCWD, (long)"/proc/fail-nth", O_WRONLY, 0, 0, 0);

        file = (int)sys(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 200, 0, 0, 0);
        sys(SYS_close, fd, 0, 0, 0, 0, 0);
        if (file >= 0)
            sys(SYS_write, file, (long)text, 2, 0, 0, 0);
    }
}

static void call_run(struct worker *w, unsigned number)
{
    const struct call *call = &program.calls[number];

    for (volatile unsigned i = 0; i < call->pause; i++)
        ;
    for (unsigned n = 0; n < call->times; n++) {
        uint64_t salt = w->salt;
        long result;

        if (call->raw[0] & 1 << 12) /* not the same each time */
            w->salt ^= mix(n) << 6 & -(uint64_t)(n != 0);
        if (call->fail_nth != 0)
            fail_set(call->fail_nth);
        __atomic_fetch_add(&shared->tried[call->description], 1, __ATOMIC_RELAXED);
        result = call_once(w, call, number);
        if (call->fail_nth != 0)
            fail_set(0);
        w->salt = salt;
        remember(call, w, result);
        __atomic_fetch_add(&shared->nr_calls, 1, __ATOMIC_RELAXED);
        if (result >= 0)
            __atomic_fetch_add(&shared->succeeded[call->description], 1, __ATOMIC_RELAXED);
    }
}

static void worker_run(struct worker *w)
{
    int first = w->first, left = w->left;

    for (unsigned i = (unsigned)first; i < program.nr_calls && left != 0; i++) {
        const struct call *call = &program.calls[i];

        if (call->process != w->process || call->thread != w->thread || is_skipped(i))
            continue;
        call_run(w, i);
        left--;
    }
}

void child_run(struct worker *w)
{
    worker_run(w);
    for (;;)
        sys(SYS_exit, 0, 0, 0, 0, 0, 0);
}

void handlers_install(void);

/* Limits, so that a program does not take the machine's memory or time; then 0, 1 and 2 lead
 * nowhere. */
static void sandbox(unsigned process)
{
    static const struct {
        int limit;
        uint64_t value;
    } limits[] = {{RLIMIT_FSIZE, 8 << 20}, {RLIMIT_AS, 256 << 20}, {RLIMIT_NOFILE, 256},
                  {RLIMIT_CORE, 0},        {RLIMIT_CPU, 20},       {RLIMIT_NPROC, 400}};
    long null = sys(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDWR, 0, 0, 0);

    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        uint64_t value[2] = {limits[i].value, limits[i].value};

        sys(SYS_prlimit64, 0, limits[i].limit, (long)value, 0, 0, 0);
    }
    for (int fd = 0; fd < 3; fd++)
        sys(SYS_dup3, null, fd, 0, 0, 0, 0);
    if (null > 2)
        sys(SYS_close, null, 0, 0, 0, 0, 0);
    sys(SYS_setsid, 0, 0, 0, 0, 0, 0);
    sys(SYS_chdir, (long)"/tmp/r", 0, 0, 0, 0, 0);
    if (mix(program.seed ^ process) % 8 == 0)
        sys(SYS_chdir, (long)"/disk", 0, 0, 0, 0, 0);
    sys(SYS_mmap, ARENA, ARENA_PAGES / 2 * PAGE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (!program.is_root[process]) {
        sys(SYS_setgid, 1000, 0, 0, 0, 0, 0);
        sys(SYS_setuid, 1000, 0, 0, 0, 0, 0);
    }
}

/* What most programs would not get to by themselves: folders, a terminal, signals that wait. */
static void prepare(unsigned process)
{
    uint64_t chance = mix(program.seed + process);
    int32_t unlocked = 0;
    uint64_t waiting =
        1ul << (SIGUSR1 - 1) | 1ul << (SIGCHLD - 1) | 1ul << (SIGALRM - 1) | 1ul << (34 - 1);
    long fd;

    if ((chance >> 24) % 4 == 0)
        sys(SYS_rt_sigprocmask, SIG_BLOCK, (long)&waiting, 0, 8, 0, 0);

    keep(R_DIR, sys(SYS_openat, AT_FDCWD, (long)".", O_RDONLY | O_DIRECTORY, 0, 0, 0));
    keep(R_DIR, sys(SYS_openat, AT_FDCWD, (long)(chance % 4 ? "d" : "/proc/self/fd"),
                    O_RDONLY | O_DIRECTORY, 0, 0, 0));
    if ((chance >> 8) % 3 != 0)
        return;
    fd = sys(SYS_openat, AT_FDCWD, (long)"/dev/ptmx", O_RDWR | O_NONBLOCK | O_NOCTTY, 0, 0, 0);
    keep(R_TTY, fd);
    sys(SYS_ioctl, fd, 0x40045431 /* TIOCSPTLCK */, (long)&unlocked, 0, 0, 0);
    keep(R_TTY, sys(SYS_ioctl, fd, 0x5441 /* TIOCGPTPEER */,
                    O_RDWR | (chance >> 16 & 1 ? O_NONBLOCK : 0), 0, 0, 0));
}

void process_run(unsigned process)
{
    struct worker *threads[NR_THREADS_MAX];

    sandbox(process);
    handlers_install();
    prepare(process);
    for (unsigned t = 0; t < program.nr_threads; t++) {
        threads[t] = worker_new();
        *threads[t] = (struct worker){.process = process, .thread = t, .first = 0, .left = -1};
    }
    while (__atomic_load_n(&shared->go, __ATOMIC_ACQUIRE) == 0)
        sys(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    for (unsigned t = 1; t < program.nr_threads; t++)
        clone_call(SYS_clone,
                   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
                   (long)(threads[t]->stack + sizeof(threads[t]->stack)), 0, 0, 0, threads[t],
                   true);
    worker_run(threads[0]);
    for (;;)
        sys(SYS_exit, 0, 0, 0, 0, 0, 0);
}
