/*
 * Tasks: processes, their threads, groups and sessions.
 *
 *   struct session        1 --- n  struct process_group  1 --- n  struct process  1 --- n
 * user_thread
 *
 * A user thread is a kernel thread (struct thread) that also crosses to U mode. What the threads of
 * a process share hangs off struct process: address space, descriptors, directories, signal
 * actions. Linux can share these piecemeal; here CLONE_THREAD implies that all are shared, which is
 * what pthreads ask for, and a vfork child shares the space only.
 *
 * Life cycle of a process: process_create (init) or clone -> running -> the last thread leaves:
 * zombie (space, descriptors and directories given up, status kept) -> the parent waits, or ignores
 * SIGCHLD: taken out of the tables -> freed by the last process_put. Orphans go to the nearest
 * living init.
 *
 * Locking: process_lock, one spinlock, guards the tree, the tables of numbers, groups, sessions and
 * all signal state. It is a leaf but for the scheduler's locks (waking a thread is done under it).
 * Nothing sleeps under it. Fields marked [o] belong to the thread itself, [I] are immutable, [w]
 * are one word each, changed with process_lock held and read without it, too (unchecked: one lock
 * to write, none to read).
 */
#ifndef TASK_TASK_H
#define TASK_TASK_H

#include <abi/abi.h>
#include <arch/fpu.h>
#include <base/types.h>
#include <cred/cred.h>
#include <list/list.h>
#include <lock/spinlock.h>
#include <pid/pid.h>
#include <sigqueue/sigqueue.h>
#include <sync/waitqueue.h>
#include <thread/thread.h>
#include <time/time.h>
#include <vfs/vfs.h>

typedef uint32_t uid_t;
typedef uint32_t gid_t;

struct vspace;
struct fd_table;   /* descriptors: <fdtable/fdtable.h> */
struct fs_context; /* root, current directory, umask: <fs_context/fs_context.h> */
struct process_group;
struct trap_frame;
struct file;

extern struct spinlock process_lock;

#define OOM_SCORE_ADJ_NEVER (-1000)
#define OOM_SCORE_ADJ_MAX   1000

/* Set by rt_sigaction; the layout of riscv64's struct sigaction. */
struct signal_action {
    uint64_t handler; /* SIG_DFL, SIG_IGN or an address */
    uint64_t flags;
    sigset64_t mask;
};

/* Flag in user_thread.sched_policy. */
#define SCHED_RESET_ON_FORK 0x40000000

struct user_thread {
    struct thread thread;    /* first: thread_current() points to it */
    struct process *process; /* [I] counted */
    pid_t tid;               /* [I]; exec in a non-leader takes the leader's */
    struct list thread_node GUARDED_BY(&process_lock); /* [process_lock] in process->threads */
    struct pid_entry
        tid_entry GUARDED_BY(&process_lock); /* [process_lock] in the table of threads */

    /* Signals. */
    sigset64_t blocked;       /* [w] */
    sigset64_t saved_blocked; /* [o] mask that sigsuspend and ppoll restore after the handler */
    bool has_saved_blocked;   /* [o] */
    struct pending_set
        pending GUARDED_BY(&process_lock); /* [process_lock] signals for this thread alone */
    uint64_t altstack_base, altstack_size; /* [o] */
    uint32_t altstack_flags;               /* [o] */

    struct vspace *vspace;     /* [o] the process's, NULL once the thread is exiting */
    struct arch_fpu_state fpu; /* thread.arch.fpu.state points here */

    /* Thread library. */
    uint64_t set_child_tid;   /* [o] where the new thread stores its tid at first; 0: nowhere */
    uint64_t clear_child_tid; /* [o] */
    uint64_t robust_list;     /* [o] */

    uint32_t refcount; /* [a] the thread's own, and those of observers */
    int sched_policy;  /* [a] SCHED_OTHER, BATCH or IDLE; with SCHED_RESET_ON_FORK */
    bool has_left GUARDED_BY(&process_lock);   /* [process_lock] */
    bool is_stopped GUARDED_BY(&process_lock); /* [process_lock] parked in process_park */
    char name[16];                             /* [o writes] /proc/PID/task/TID/comm */
    struct { /* rest of an interrupted sleep, for restart_syscall */
        int64_t (*resume)(struct user_thread *ut);
        uint64_t word[4];
    } restart;
    uint64_t nr_minor_faults, nr_major_faults; /* [o] */

    /* [w] with a reference; changed by the thread itself, which reads it without the lock */
    struct credentials *credentials;
};

enum process_state {
    PROCESS_ALIVE,
    PROCESS_STOPPED, /* by a signal; SIGCONT continues */
    PROCESS_ZOMBIE,
    PROCESS_DEAD, /* reaped; only references keep the memory */
};

/* A timer on the CPU time of a process; [process_lock]. */
struct cpu_alarm {
    uint64_t deadline_ns; /* in CPU time; 0: off */
    uint64_t interval_ns; /* 0: once */
};

/* linux/clock/cpu_timer.c */
struct cpu_timer {
    struct timer timer;
    struct cpu_alarm virtual GUARDED_BY(&process_lock); /* [process_lock] ITIMER_VIRTUAL */
    struct cpu_alarm profile GUARDED_BY(&process_lock); /* [process_lock] ITIMER_PROF */
    uint64_t
        next_xcpu_ns GUARDED_BY(&process_lock); /* [process_lock] RLIMIT_CPU: no SIGXCPU before */
    uint64_t delay_ns;                          /* the deadline when a thread runs again */
    uint32_t is_parked;                         /* [a] no thread runs: the next that does arms it */
};

struct process {
    pid_t pid;                                          /* [I] */
    uint32_t refcount;                                  /* [a] */
    enum process_state state GUARDED_BY(&process_lock); /* [process_lock] */
    struct process *parent GUARDED_BY(&process_lock);   /* [process_lock] NULL: init */
    pid_t parent_pid;                                 /* [w] its pid or 0; read without the lock */
    struct list children GUARDED_BY(&process_lock);   /* [process_lock] of child_node */
    struct list child_node GUARDED_BY(&process_lock); /* [process_lock] */
    struct list all_node GUARDED_BY(&process_lock);   /* [process_lock] in process_all */
    struct pid_entry
        pid_entry GUARDED_BY(&process_lock); /* [process_lock] in the table of processes */
    struct process_group *group GUARDED_BY(&process_lock); /* [process_lock] counted */
    struct list group_node GUARDED_BY(&process_lock);      /* [process_lock] */
    struct list threads GUARDED_BY(&process_lock); /* [process_lock] of user_thread.thread_node */
    uint32_t nr_threads; /* [w] threads that have not exited; read without the lock: acquire */
    struct user_thread *leader GUARDED_BY(
        &process_lock); /* [process_lock] the thread with tid == pid; NULL: it has exited */

    /* [w] with a reference, NULL: zombie. The process's own threads read them without the lock:
     * they change only in exec and exit, when one thread is left. */
    struct vspace *vspace;
    struct fs_context *fs;
    struct fd_table *files; /* [w] likewise, with files_lock */
    struct spinlock files_lock;
    struct file *executable
        GUARDED_BY(&process_lock); /* [process_lock] counted: /proc/PID/exe; may be NULL */
    struct credentials *
        credentials GUARDED_BY(&process_lock); /* [process_lock] with a reference: the leader's,
                                                  also after it has exited */
    char name[16] GUARDED_BY(&process_lock);   /* [process_lock] comm of the leader */
    bool has_execed GUARDED_BY(
        &process_lock); /* [process_lock] since the fork: setpgid() on a child refuses then */
    bool no_new_privs, is_dumpable, is_child_subreaper;
    int oom_score_adj GUARDED_BY(&process_lock);     /* [process_lock] -1000 (never kill) to 1000 */
    int oom_score_adj_min GUARDED_BY(&process_lock); /* [process_lock] */
    int exit_signal GUARDED_BY(&process_lock); /* [process_lock] to the parent: SIGCHLD; 0: none */
    int parent_death_signal;                   /* [a] */

    /* Signals. */
    struct signal_action
        actions[NR_SIGNALS] GUARDED_BY(&process_lock);    /* [process_lock] of signal n at n - 1 */
    struct pending_set pending GUARDED_BY(&process_lock); /* [process_lock] for any thread */
    bool is_exiting;  /* [w] exit_group or a fatal signal: exit_status is valid */
    bool is_stopping; /* [w] threads park on their way to user mode */
    int exit_status;  /* [w] as wait4 reports it */
    bool has_stop_report
        GUARDED_BY(&process_lock); /* [process_lock] stop not reported to the parent yet */
    bool has_continue_report GUARDED_BY(&process_lock); /* [process_lock] */
    int stop_signal GUARDED_BY(&process_lock);          /* [process_lock] */
    uint32_t nr_stopped GUARDED_BY(&process_lock); /* [process_lock] threads that have stopped */
    struct wait_queue stop_queue;                  /* stopped threads sleep here */
    struct wait_queue wait_queue;                  /* wait4: woken when a child changes */
    struct wait_queue signal_queue;                /* sigtimedwait, signalfd */
    struct poll_head exit_poll;      /* pidfd: readable once the process is a zombie */
    struct wait_queue thread_queue;  /* exec waits here for the other threads to leave */
    struct user_thread *exec_thread; /* [w] thread in exec; the others exit */
    struct process *vfork_waiter;    /* [w] vfork parent that waits for our exec or exit */
    struct list
        forks GUARDED_BY(&process_lock); /* [process_lock] of fork_in_flight: threads in clone */

    /* Timers and accounting. */
    struct timer alarm;                                   /* ITIMER_REAL */
    uint64_t alarm_deadline_ns GUARDED_BY(&process_lock); /* [process_lock] */
    uint64_t alarm_interval_ns GUARDED_BY(&process_lock); /* [process_lock] */
    struct list posix_timers;                             /* linux/clock */
    int next_timer_id GUARDED_BY(&process_lock);          /* [process_lock] of posix_timers */
    struct cpu_timer cpu_timer;
    uint64_t start_ns; /* [I] since boot */
    uint64_t
        dead_utime_ns GUARDED_BY(&process_lock); /* [process_lock] of threads that have exited */
    uint64_t dead_stime_ns GUARDED_BY(&process_lock);  /* [process_lock] */
    uint64_t child_utime_ns GUARDED_BY(&process_lock); /* [process_lock] of waited-for children */
    uint64_t child_stime_ns GUARDED_BY(&process_lock); /* [process_lock] */
    uint64_t nr_minor_faults, nr_major_faults, nr_child_minor_faults;
    int nice;
    unsigned io_priority
        GUARDED_BY(&process_lock); /* [process_lock] ioprio_set(2): stored, without effect */
    struct linux_rlimit limits[NR_RLIMITS]; /* [w] own soft limit: limit_current() */
    uint32_t personality;
    uint64_t membarrier_state;
};

extern struct list process_all
    GUARDED_BY(&process_lock); /* [process_lock] of all_node, by age; zombies included */

/* Return the calling user thread, its process. Only in a user thread (system calls, their
 * faults). */
static inline struct user_thread *user_current(void)
{
    return container_of(thread_current(), struct user_thread, thread);
}

/* True for a user thread. (The calling thread may be a kernel thread.) */
extern const struct thread_ops user_thread_ops;
static inline bool user_thread_is(const struct thread *thread)
{
    return thread->ops == &user_thread_ops;
}

/*
 * User time is measured, not sampled. (An interrupt that does not switch threads counts as the time
 * it interrupted.)
 */
static inline void user_time_stops(struct user_thread *ut)
{
    thread_clock_stop(&ut->thread);
}

static inline void user_time_starts(struct user_thread *ut)
{
    thread_clock_start(&ut->thread);
}

static inline struct process *process_current(void)
{
    return user_current()->process;
}

/* Return the calling thread's credentials, valid until it changes them itself. */
static inline const struct cred *cred_current(void)
{
    return &user_current()->credentials->cred;
}

/* Set the calling thread's credentials. -ENOMEM. The second takes over the reference and cannot
 * fail. */
int cred_commit(const struct cred *cred) MUST_CHECK;
void cred_replace(struct credentials *credentials);

/* Read a soft limit of the calling process. One word: no lock needed. */
static inline uint64_t limit_current(unsigned resource)
{
    return READ_ONCE(process_current()->limits[resource].cur);
}

/* Look up by id. NULL: none (process_find() finds zombies, too). */
struct process *process_find(pid_t pid) REQUIRES(&process_lock);
struct user_thread *user_thread_find(pid_t tid) REQUIRES(&process_lock);

/* References: keep the memory of the structure, not the process alive. Any context. */
void process_get(struct process *p);
void process_put(struct process *p);

/* The same for a thread (found under process_lock). */
void user_thread_get(struct user_thread *ut);
void user_thread_put(struct user_thread *ut);

/*
 * Take a reference to the address space or file-system context of another process; NULL if it has
 * dropped it. For procfs: release with vspace_put(), fs_context_put(). (Descriptor tables are read
 * under process_lock instead: a reference would look like a process that shares the table.)
 */
struct vspace *process_vspace_get(struct process *p);
struct fs_context *process_fs_get(struct process *p);

/* Set the name of the calling thread, and of its process if it is the leader: PR_SET_NAME, exec. */
void user_thread_set_name(struct user_thread *ut, const char *name);

/* Sum the times of all threads so far. */
void process_times(struct process *p, uint64_t *utime_ns, uint64_t *stime_ns);
void process_times_locked(struct process *p, uint64_t *utime_ns, uint64_t *stime_ns)
    REQUIRES(&process_lock);

/* 'R' 'S' 'D' 'T' 'Z' as /proc shows. */
char process_state_letter(const struct process *p) REQUIRES(&process_lock);
char user_thread_state_letter(const struct user_thread *ut) REQUIRES(&process_lock);

/* Count processes and threads now, the last id allocated, forks since boot. */
struct process_statistics {
    uint32_t nr_processes, nr_threads, nr_running;
    pid_t last_pid;
    uint64_t nr_forks;
};
void process_statistics(struct process_statistics *out);

/* vm.mmap_min_addr: addresses below it need CAP_SYS_RAWIO, page 0 cannot be mapped. */
#define MMAP_MIN_ADDR 0x10000ul
/* True if the caller may map at this address. */
bool process_may_map_at(uint64_t addr);

/*
 * True if the caller may inspect p, as ptrace(2) says ("Ptrace access mode checking"): all ids of p
 * are its own (as_fs: its file-system ids, else the real ones) and p has no capability that it
 * lacks, or it has CAP_SYS_PTRACE. Always true for its own process.
 */
bool process_may_inspect(const struct process *p, bool as_fs) REQUIRES(&process_lock);

/* Status of wait4(2): made, and taken apart. */
#define EXIT_STATUS_CODE(code)      (((code)&0xff) << 8)
#define EXIT_STATUS_SIGNAL(signal)  ((signal)&0x7f)
#define STOP_STATUS_SIGNAL(signal)  ((signal) << 8 | 0x7f)
#define CONTINUE_STATUS             0xffff
#define EXIT_CODE_OF(exit_status)   ((exit_status) >> 8)
#define EXIT_SIGNAL_OF(exit_status) ((exit_status)&0x7f) /* 0: not killed */

/*
 * True if the thread must exit on its way to user mode: its process is exiting, or another thread
 * is in exec.
 */
static inline bool user_thread_must_leave(const struct user_thread *ut)
{
    const struct process *p = ut->process;
    const struct user_thread *stays = READ_ONCE(p->exec_thread);

    return READ_ONCE(p->is_exiting) || (stays && stays != ut);
}

/* Arm the process's parked timer (struct cpu_timer). Any context. */
void cpu_timer_resume(struct process *p);

/* Initialise the tables. Once. */
void process_boot(void);

#endif
