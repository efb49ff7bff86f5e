/*
 * Threads: what the scheduler runs.
 *
 * A struct thread is allocated by thread_create or embedded by its owner (a user thread) and
 * started by thread_init + thread_start. A plain thread runs its function in the kernel's address
 * space. What makes a thread cross into U mode belongs to the owner, which is told about context
 * switches by thread_ops; what uses a thread for a while (a vCPU that it runs) by a thread_hook.
 *
 *           thread_init       thread_start               chosen
 *   (memory) ---------> NEW ----------------> READY <-----------------> RUNNING
 *                                               ^   preempted, yields    |  |
 *                                               | thread_wake            |  | returns or
 *                                               |           thread_block |  | thread_exit
 *                                            BLOCKED <-------------------+  v
 *                                                                          DEAD
 *
 * DEAD: joined or detached, then released.
 *
 * READY and RUNNING are one state value (THREAD_RUNNABLE); the difference is whether a CPU's run
 * queue says so.
 *
 * Sleeping without lost wake-ups. A waiter announces the sleep before it tests its condition, a
 * waker changes the condition before it wakes:
 *
 *     for (;;) {                                          condition = true;
 *         thread_block_prepare(THREAD_BLOCKED);           thread_wake(waiter);
 *         if (condition) break;
 *         thread_block();
 *     }
 *     thread_block_cancel();
 *
 * A wake-up between prepare and block makes thread_block return at once. Wake-ups may be spurious:
 * always loop. Most code uses <sync/waitqueue.h>, which is this loop with a list.
 *
 * Preemption. Kernel code is preempted on return from an interrupt and when its preempt count falls
 * to zero. Spinlocks hold the count up; so does preempt_disable.
 */
#ifndef THREAD_THREAD_H
#define THREAD_THREAD_H

#include <base/types.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <list/list.h>
#include <lock/order.h>
#include <lock/spinlock.h>
#include <time/time.h>

#define THREAD_NAME_MAX 16

/*
 * Room for the scheduling policy's part of a thread: the largest of the policies', so that what
 * embeds a thread does not depend on which one is linked.
 */
#define THREAD_POLICY_WORDS 8

/* The size of a kernel stack when the creator has no opinion, without its guard page. */
#define THREAD_STACK_SIZE KIB(16)

enum thread_state {
    THREAD_NEW,           /* initialised, never started */
    THREAD_RUNNABLE,      /* ready or running */
    THREAD_BLOCKED,       /* sleeps until thread_wake */
    THREAD_INTERRUPTIBLE, /* sleeps until thread_wake or thread_interrupt */
    THREAD_DEAD, /* never runs again; its stack may still be in use until the switch is over */
};

/*
 * Bits of thread->arch.user_work, the word that is tested (with arch.need_resched) on the way out
 * to U or VS mode. Two have a meaning here, all others are the owner's (the Linux personality:
 * USER_WORK_* of <user/user.h>).
 */
#define THREAD_WORK_SIGNAL BIT(0)  /* = USER_WORK_SIGNAL: interruptible sleeps end with -EINTR */
#define THREAD_WORK_KICK   BIT(31) /* set by thread_kick: look around before entering U or VS */

/* Reasons why switching to or from a thread needs the slow path. */
#define THREAD_CARE_OPS       1  /* has thread_ops */
#define THREAD_CARE_NEW       2  /* has never run */
#define THREAD_CARE_MISPLACED 4  /* is on a CPU where it may not be */
#define THREAD_CARE_IDLE      8  /* is an idle thread */
#define THREAD_CARE_HOOKS     16 /* has hooks */

struct thread;
struct run_queue;

/*
 * Callbacks for the owner of an embedded thread. Any may be NULL. The switch callbacks run in the
 * scheduler: interrupts off, a run-queue lock held; they must not take locks that are held around a
 * wake-up.
 */
struct thread_ops {
    /*
     * prev stops running on this CPU; next is what follows. Runs on prev's stack, before the
     * switch.
     */
    void (*switch_out)(struct thread *prev, struct thread *next);
    /* next is about to run on this CPU. Runs before the switch, on prev's stack. */
    void (*switch_in)(struct thread *prev, struct thread *next);
    /*
     * The thread is dead, off its stack and joined or detached: free its memory. Thread context,
     * may sleep. NULL: the memory of an embedded thread returns to its owner.
     */
    void (*release)(struct thread *thread);
};

/*
 * Switch callbacks for state that a thread keeps in the hart (a vCPU), independent of the thread's
 * owner. Called like those of thread_ops, but nested inside: switch_out before the owner's,
 * switch_in after it. NULL: not wanted.
 */
struct thread_hook {
    void (*switch_out)(struct thread_hook *hook);
    void (*switch_in)(struct thread_hook *hook);
    struct thread_hook *next; /* [o] */
};

typedef void (*thread_fn)(void *arg);

/*
 * Lock legend: [r] lock of the run queue of ->cpu (unchecked: which one that is changes with ->cpu)
 *              [I] immutable after init   [a] atomic   [o] the thread itself   [j] exit_lock
 */
struct thread {
    /* First: tp points here. preempt_count [o], user_work [a], saved context [r]. */
    struct arch_thread arch;

    const struct thread_ops *ops;         /* [I] NULL for a plain kernel thread */
    struct thread_hook *hooks;            /* [o] the one added last first */
    uint64_t policy[THREAD_POLICY_WORDS]; /* [r] a struct sched_entity: entity_of() of runq.h */
    uint32_t state;    /* [r] enum thread_state; the sleeping ones are set by the thread itself */
    int32_t cpu;       /* [r] CPU whose run queue the thread is on, or was on last */
    bool on_rq;        /* [r] counted by that run queue: ready, running or about to block */
    bool is_idle;      /* [I] */
    bool is_leaving;   /* [r] call thread_left() after the switch away from it */
    uint8_t care;      /* [r] THREAD_CARE_*: nonzero disables the fast path of thread_yield() */
    bool is_allocated; /* [I] by thread_create */
    bool is_detached GUARDED_BY(&exit_lock); /* [j] */
    bool has_exited GUARDED_BY(&exit_lock);  /* [j] off its stack, for good */
    int8_t nice;                             /* [r] -20 .. 19 */
    cpumask_t affinity;                      /* [r] CPUs it may run on */
    struct run_queue *rq;                    /* [r] of ->cpu, while it is on it */
    uint64_t run_ticks;    /* [r] processor time, without that since the queue's last accounting */
    uint64_t user_clock;   /* [o] part of it that was spent in U or VS: THREAD_CLOCK_* */
    uint64_t user_told;    /* [a] ticks reported last: must not decrease */
    uint64_t nr_slept;     /* [r] voluntary switches, by sleeping */
    uint64_t nr_preempted; /* [r] involuntary switches */

    thread_fn fn;        /* [I] */
    void *arg;           /* [I] */
    bool is_stack_owned; /* [I] the stack came from core/kmap and goes back there */
    struct spinlock exit_lock;
    struct thread *joiner GUARDED_BY(&exit_lock); /* [j] */
    struct list all_node; /* the list of all threads: for debuggers and backtraces */
    uint32_t id;          /* [I] */
    char name[THREAD_NAME_MAX];
    uint32_t nr_locks;     /* [o] number of mutexes and rwlocks held: 0 at its end */
    struct lock_held held; /* [o] the locks held; empty without DEBUG */
};

/* Attributes of a new thread. Zero values are the defaults. */
struct thread_attr {
    cpumask_t affinity; /* 0: inherits the creator's */
    size_t stack_size;  /* 0: THREAD_STACK_SIZE */
    void *stack; /* NULL: guard-paged, from core/kmap; otherwise the caller's memory of stack_size
                    bytes */
    int nice;
    const struct thread_ops *ops;
};

/* The running thread. Any context; in an interrupt, the interrupted thread. */
static inline struct thread *thread_current(void)
{
    return (struct thread *)arch_current();
}

/*
 * Initialise a caller-provided thread; it does not run before thread_start(). attr may be NULL.
 * -ENOMEM when there is no stack; -EOPNOTSUPP in an application with thread-local variables, for
 * which only thread_create makes room. May sleep.
 */
MUST_CHECK int thread_init(struct thread *thread, thread_fn fn, void *arg, const char *name,
                           const struct thread_attr *attr);

/* Undo thread_init() of a thread that was never started. May sleep. */
void thread_fini(struct thread *thread);

/* Make a NEW thread ready, on a CPU chosen independently of the policy. Any context. */
void thread_start(struct thread *thread);

/*
 * thread_init on allocated memory and thread_start. NULL: out of memory. The result is to be joined
 * or detached.
 */
MUST_CHECK struct thread *thread_create(thread_fn fn, void *arg, const char *name,
                                        const struct thread_attr *attr);

/* Wait until the thread is dead and off its stack, then release it. One joiner. May sleep. */
void thread_join(struct thread *thread);

/* Let the thread be released at its end without a join. Thread context. */
void thread_detach(struct thread *thread);

/* End the running thread. Panics if it still holds a mutex or rwlock, which nobody could
 * release. */
NORETURN void thread_exit(void);

/* Add a hook, which is in no list, to the running thread's switches. Thread context. */
void thread_hook_add(struct thread_hook *hook);

/* Remove a hook; by the thread itself, before it ends. */
void thread_hook_remove(struct thread_hook *hook);

/* Let other ready threads of this CPU run first. */
void thread_yield(void);

/*
 * Sleep at least that long. Thread context. thread_sleep_until: a deadline of the monotonic clock.
 */
void thread_sleep_ns(uint64_t duration_ns);
void thread_sleep_until(uint64_t deadline_ns);

/*
 * --- blocking: see the loop at the top
 * -------------------------------------------------------------
 */

/* Announce a sleep; state is THREAD_BLOCKED or THREAD_INTERRUPTIBLE. A full barrier. */
static inline void thread_block_prepare(enum thread_state state)
{
    __atomic_store_n(&thread_current()->state, state, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Cancel an announced sleep. */
static inline void thread_block_cancel(void)
{
    __atomic_store_n(&thread_current()->state, THREAD_RUNNABLE, __ATOMIC_RELAXED);
}

/*
 * Sleep, unless a wake-up came since thread_block_prepare(). The state is THREAD_RUNNABLE on
 * return.
 */
void thread_block(void);

/*
 * As thread_block, at most until deadline_ns (TIME_NEVER: no limit). False when the deadline has
 * passed.
 */
bool thread_block_until(uint64_t deadline_ns);

/*
 * Wake a thread from a sleep, announced or begun. True if it was blocked. The caller's earlier
 * writes are visible to the thread afterwards. Any context, also with spinlocks held (run-queue
 * locks come last).
 */
bool thread_wake(struct thread *thread);

/* Is the thread on a CPU at this moment? It is only compared, and may have ended. Any context. */
bool thread_is_running(const struct thread *thread);

/*
 * Set THREAD_WORK_SIGNAL, end an interruptible sleep and kick the thread out of U or VS mode. For
 * the signals of the Linux personality and for stopping vCPUs. Any context.
 */
void thread_interrupt(struct thread *thread);

/* True when interruptible sleeps of the running thread must end with -EINTR. */
static inline bool thread_is_interrupted(void)
{
    return (__atomic_load_n(&thread_current()->arch.user_work, __ATOMIC_RELAXED) &
            THREAD_WORK_SIGNAL) != 0;
}

/*
 * --- the way out to U and VS
 * -----------------------------------------------------------------------
 */

/*
 * Set bits of thread->arch.user_work. A thread in U or VS mode on another CPU enters the kernel
 * soon (by an IPI) and sees them. thread_kick sets THREAD_WORK_KICK. Any context.
 *
 * The way out: with interrupts off, test arch.user_work and arch.need_resched; if either is set,
 * enable interrupts, do the owner's work (clearing its bits first) and thread_preempt_check(), and
 * test again.
 */
void thread_notify(struct thread *thread, uint32_t work_bits);
static inline void thread_kick(struct thread *thread)
{
    thread_notify(thread, THREAD_WORK_KICK);
}

static inline uint32_t thread_work(void)
{
    return __atomic_load_n(&thread_current()->arch.user_work, __ATOMIC_ACQUIRE);
}

static inline void thread_work_clear(uint32_t bits)
{
    __atomic_fetch_and(&thread_current()->arch.user_work, ~bits, __ATOMIC_SEQ_CST);
}

/*
 * The time outside the kernel is one word, written by the thread alone and read by anybody: ticks
 * in bits 63..2, minus the time of leaving the kernel while the thread is outside. So leaving and
 * entering are one subtraction and one addition, which also change the low bits.
 */
#define THREAD_CLOCK_RUNS   1ul /* it is outside */
#define THREAD_CLOCK_PAUSED 2ul /* preempted there */
#define THREAD_CLOCK_SHIFT  2

static inline void thread_clock_add(struct thread *thread, uint64_t change)
{
    WRITE_ONCE(thread->user_clock,
               thread->user_clock + (time_now_ticks() << THREAD_CLOCK_SHIFT) + change);
}

static inline void thread_clock_subtract(struct thread *thread, uint64_t change)
{
    WRITE_ONCE(thread->user_clock,
               thread->user_clock - (time_now_ticks() << THREAD_CLOCK_SHIFT) - change);
}

/* Record that the thread leaves for U or VS mode; that it has returned. */
static inline void thread_clock_start(struct thread *thread)
{
    thread_clock_subtract(thread, -THREAD_CLOCK_RUNS);
}

static inline void thread_clock_stop(struct thread *thread)
{
    thread_clock_add(thread, -THREAD_CLOCK_RUNS);
}

/* For the operations switch_out and switch_in. */
static inline void thread_clock_pause(struct thread *thread)
{
    if (thread->user_clock & THREAD_CLOCK_RUNS)
        thread_clock_add(thread, THREAD_CLOCK_PAUSED - THREAD_CLOCK_RUNS);
}

static inline void thread_clock_resume(struct thread *thread)
{
    if (thread->user_clock & THREAD_CLOCK_PAUSED)
        thread_clock_subtract(thread, THREAD_CLOCK_PAUSED - THREAD_CLOCK_RUNS);
}

/* Total processor time so far, and the part outside the kernel. Any context. */
uint64_t thread_run_ns(const struct thread *thread);
uint64_t thread_user_ns(const struct thread *thread);

/*
 * --- preemption, placement
 * -------------------------------------------------------------------------
 */

/* Reschedule if that is due and this thread may be preempted. */
void thread_preempt_check(void);

/* Weight for policies that have one: -20 (most) .. 19. -EINVAL outside. */
MUST_CHECK int thread_set_nice(struct thread *thread, int nice);

/*
 * Set the CPUs that the thread may run on. A thread on another CPU leaves it at its next
 * preemption; the caller itself before this returns. -EINVAL if no online CPU is in the mask.
 */
MUST_CHECK int thread_set_affinity(struct thread *thread, cpumask_t mask);
cpumask_t thread_affinity(const struct thread *thread);

/*
 * --- start of the system
 * ---------------------------------------------------------------------------
 */

/*
 * Turn the boot context into a thread ("boot") and give the boot CPU an idle thread. After frame,
 * heap, kmap and time; before the first thread_create, mutex or wait queue that can block. -ENOMEM:
 * nothing can run.
 */
MUST_CHECK int thread_system_init(void);

/*
 * Start all other CPUs, each with its idle thread, and wait until they run threads. cpu_init is the
 * kernel's part of a CPU's start (traps, interrupts); it runs there, interrupts masked, before the
 * timers and the run queue. A CPU that does not start is reported and left out. Boot thread,
 * interrupts enabled.
 */
void thread_start_cpus(void (*cpu_init)(unsigned cpu));

/*
 * Call fn for every thread that has not been released. Interrupts are off during fn: no sleeping.
 */
void thread_for_each(void (*fn)(struct thread *thread, void *ctx), void *ctx);

struct thread_cpu_stats {
    uint64_t nr_switches;
    uint64_t nr_migrations_in; /* threads that this CPU took from others */
    uint64_t idle_ns;
    uint32_t nr_runnable; /* including the one running */
};
void thread_cpu_stats(int cpu, struct thread_cpu_stats *stats);

#endif
