/*
 * The riscv64 Linux system interface: structures and constants that several components of linux/
 * share, with the values of Linux's asm-generic and arch/riscv uapi headers. What one component
 * alone needs is defined there. The calls themselves: <abi/syscalls.h>.
 */
#ifndef ABI_ABI_H
#define ABI_ABI_H

#include <base/types.h>

typedef int32_t pid_t;

struct linux_timespec {
    int64_t tv_sec, tv_nsec;
};
struct linux_timeval {
    int64_t tv_sec, tv_usec;
};
struct linux_itimerspec {
    struct linux_timespec it_interval, it_value;
};
struct linux_itimerval {
    struct linux_timeval it_interval, it_value;
};
struct linux_rlimit {
    uint64_t cur, max;
};
struct linux_iovec {
    uint64_t base, size;
};
struct linux_rusage {
    struct linux_timeval utime, stime;
    int64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv,
        nsignals, nvcsw, nivcsw;
};

#define LINUX_IOV_MAX  1024
#define LINUX_PATH_MAX 4096
#define LINUX_TICK_HZ  100 /* USER_HZ: times(), /proc */

/* Signals: a set is one word, signal n is bit n - 1. */
#define NR_SIGNALS 64
#define SIGHUP     1
#define SIGINT     2
#define SIGQUIT    3
#define SIGILL     4
#define SIGTRAP    5
#define SIGABRT    6
#define SIGBUS     7
#define SIGFPE     8
#define SIGKILL    9
#define SIGUSR1    10
#define SIGSEGV    11
#define SIGUSR2    12
#define SIGPIPE    13
#define SIGALRM    14
#define SIGTERM    15
#define SIGSTKFLT  16
#define SIGCHLD    17
#define SIGCONT    18
#define SIGSTOP    19
#define SIGTSTP    20
#define SIGTTIN    21
#define SIGTTOU    22
#define SIGURG     23
#define SIGXCPU    24
#define SIGXFSZ    25
#define SIGVTALRM  26
#define SIGPROF    27
#define SIGWINCH   28
#define SIGIO      29
#define SIGPWR     30
#define SIGSYS     31
#define SIGRTMIN   32

typedef uint64_t sigset64_t;
#define SIGSET(n) (1ull << ((n)-1))

/* Actions: special handlers and flags (uapi/asm-generic/signal-defs.h). */
#define SIG_DFL 0
#define SIG_IGN 1

#define SA_NOCLDSTOP 1u
#define SA_NOCLDWAIT 2u
#define SA_SIGINFO   4u
#define SA_ONSTACK   0x08000000u
#define SA_RESTART   0x10000000u
#define SA_NODEFER   0x40000000u
#define SA_RESETHAND 0x80000000u

#define SI_USER       0
#define SI_KERNEL     0x80
#define SI_QUEUE      (-1)
#define SI_TIMER      (-2)
#define SI_TKILL      (-6)
#define SEGV_MAPERR   1
#define SEGV_ACCERR   2
#define BUS_ADRALN    1
#define BUS_ADRERR    2
#define ILL_ILLOPC    1
#define TRAP_BRKPT    1
#define CLD_EXITED    1
#define CLD_KILLED    2
#define CLD_DUMPED    3
#define CLD_TRAPPED   4
#define CLD_STOPPED   5
#define CLD_CONTINUED 6

struct linux_siginfo {
    int32_t signo, error, code, pad;
    union {
        struct {
            int32_t pid;
            uint32_t uid;
            int32_t status, pad2;
            int64_t utime, stime;
        } child;
        struct {
            int32_t pid;
            uint32_t uid;
            uint64_t value;
        } queue;
        struct {
            int32_t timer_id, overrun;
            uint64_t value;
        } timer;
        struct {
            uint64_t addr;
        } fault;
        uint8_t bytes[112];
    };
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "siginfo_t is 128 bytes");

/* Calls with (dirfd, name): uapi/linux/fcntl.h. */
#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS          0x200u
#define AT_REMOVEDIR        0x200u
#define AT_SYMLINK_FOLLOW   0x400u
#define AT_NO_AUTOMOUNT     0x800u
#define AT_EMPTY_PATH       0x1000
#define AT_STATX_SYNC_TYPE  0x6000u

#define PROT_READ      1
#define PROT_WRITE     2
#define PROT_EXEC      4
#define PROT_GROWSDOWN 0x01000000
#define PROT_GROWSUP   0x02000000

#define RLIMIT_CPU        0
#define RLIMIT_FSIZE      1
#define RLIMIT_DATA       2
#define RLIMIT_STACK      3
#define RLIMIT_CORE       4
#define RLIMIT_RSS        5
#define RLIMIT_NPROC      6
#define RLIMIT_NOFILE     7
#define RLIMIT_MEMLOCK    8
#define RLIMIT_AS         9
#define RLIMIT_LOCKS      10
#define RLIMIT_SIGPENDING 11
#define RLIMIT_MSGQUEUE   12
#define RLIMIT_NICE       13
#define RLIMIT_RTPRIO     14
#define RLIMIT_RTTIME     15
#define NR_RLIMITS        16
#define RLIM_INFINITY     (~0ull)

#endif
