/*
 * Run queues: the mechanism below every scheduling policy. Private to core/thread.
 *
 * Every CPU has one; its lock guards the queue, the scheduling state of every thread whose ->cpu
 * names it, and the switch itself: the lock is taken by the thread that is left and released by the
 * one that goes on. So under a run queue's lock no switch is under way there,
 * and a thread that is not current has its registers saved.
 *
 * A thread that moves to another queue belongs to none for a moment: woken (THREAD_RUNNABLE,
 * !on_rq), or leaving a CPU where it may not run (is_leaving). Nobody else moves it then, since
 * only ready and blocked threads are moved.
 *
 * Two queues are never locked in blocking fashion at once: the second is only tried.
 */
#ifndef THREAD_RUNQ_H
#define THREAD_RUNQ_H

#include <lock/spinlock.h>
#include <percpu/percpu.h>
#include <sched/sched.h>
#include <thread/thread.h>

/* Convert between a thread and its scheduling entity. */
_Static_assert(sizeof(struct sched_entity) <= 8 * THREAD_POLICY_WORDS,
               "the policy needs more THREAD_POLICY_WORDS");

static inline struct sched_entity *entity_of(struct thread *thread)
{
    return (struct sched_entity *)thread->policy;
}

static inline struct thread *thread_of(struct sched_entity *e)
{
    return container_of((uint64_t *)e, struct thread, policy[0]);
}

/* Lock legend: [r] lock  [p] this CPU, interrupts masked  [I] immutable after init */
struct run_queue {
    struct spinlock lock;
    uint32_t cpu;                             /* [I] */
    uint32_t nr_runnable GUARDED_BY(&lock);   /* [r] ready or running, without the idle thread */
    bool is_slice_armed GUARDED_BY(&lock);    /* [r] */
    struct thread *current GUARDED_BY(&lock); /* [r] */
    /* [r] previous thread, for a thread that runs for the first time */
    struct thread *left GUARDED_BY(&lock);
    uint64_t clock_ticks GUARDED_BY(&lock);     /* [r] up to when the current thread is accounted */
    struct thread *idle;                        /* [I] */
    struct sched_queue queue GUARDED_BY(&lock); /* [r] */
    struct timer slice_timer;                   /* armed while more than one thread wants the CPU */
    uint32_t nr_slices;                     /* [p] slice ends since the last look at the balance */
    uint64_t nr_switches GUARDED_BY(&lock); /* [r] */
    uint64_t nr_migrations_in GUARDED_BY(&lock); /* [r] */
};

DECLARE_PER_CPU(struct run_queue, run_queue);

/* CPUs whose idle thread has nothing to do. A waker takes the bit of the CPU it chooses. */
extern cpumask_t idle_cpus; /* [a] */

/* Reasons for a switch. */
enum leave {
    LEAVE_YIELD,
    LEAVE_PREEMPT,
    LEAVE_BLOCK, /* or ends */
};

static inline struct run_queue *this_rq(void)
{
    return &this_cpu(run_queue);
}

/* Load of a queue as seen by other CPUs, possibly stale. */
#define rq_peek(rq)                                                                                \
    UNLOCKED(READ_ONCE((rq)->nr_runnable), "a guess; moving a thread looks again, locked")

void rq_init(struct run_queue *rq, uint32_t cpu);

/* The queue of a thread, locked. Interrupts masked. */
struct run_queue *rq_lock_of(struct thread *thread);
#define RQ_LOCK_OF(rq, thread)                                                                     \
    do {                                                                                           \
        (rq) = rq_lock_of(thread);                                                                 \
        LOCK_TAKEN(&(rq)->lock, "by the call, which returns whose lock it is");                    \
    } while (0)

/* Enqueue an outside thread; asks the CPU to reschedule if necessary. */
void rq_enqueue(struct run_queue *rq, struct thread *thread, enum sched_enqueue_reason why)
    REQUIRES(&rq->lock);

/*
 * Only the bookkeeping of that, for the CPU's own choice. The current thread is accounted.
 */
void rq_attach(struct run_queue *rq, struct thread *thread, enum sched_enqueue_reason why)
    REQUIRES(&rq->lock);

/* Dequeue a ready (not the current) thread. */
void rq_dequeue(struct run_queue *rq, struct thread *thread) REQUIRES(&rq->lock);

/* Account the current thread's time since the last call. */
void rq_account(struct run_queue *rq) REQUIRES(&rq->lock);

/* Ask the CPU to reschedule. */
void rq_resched(struct run_queue *rq) REQUIRES(&rq->lock);

/*
 * Choose a queue for an outside thread and enqueue it. No run-queue lock held, interrupts masked.
 */
void rq_place(struct thread *thread, enum sched_enqueue_reason why);

/*
 * The running thread leaves; interrupts masked. The lock that is released is that of the CPU it is
 * on when it returns.
 */
void rq_leave(struct run_queue *rq, struct thread *prev, enum leave why) RELEASES(&rq->lock);

/* First action of a new thread: release the lock and handle the thread that was left. */
void rq_finish_first_switch(void);

/*
 * is_leaving: prev is off its stack, no lock held. Announces its death, or puts it where it may
 * run.
 */
void thread_left(struct thread *prev);

/* Steal a ready thread of a busier CPU. *is_unsure: a lock was busy, try again. */
bool rq_steal(struct run_queue *rq, bool *is_unsure) REQUIRES(&rq->lock);

/*
 * A queue that keeps more than one thread waiting gives one to a CPU with two less. No lock held.
 */
void rq_push(struct run_queue *rq) EXCLUDES(&rq->lock);

/* hook.c: call the hooks of prev, which is switched out, and of next, which is switched in. */
void thread_hooks_out(struct thread *prev);
void thread_hooks_in(struct thread *next);

/* The body of an idle thread. */
NORETURN void idle_loop(void);

/* Handler of IPI_RESCHED. */
void rq_resched_ipi(void);

/* The boot thread and the idle threads, which thread_init does not make; thread.c. */
void thread_init_fields(struct thread *thread, const char *name);

/* Zeroed memory for a thread and its thread-local variables, which have their first values; NULL:
 * none. */
struct thread *thread_alloc(void);
/*
 * Thread-local variables lie behind the thread (<threadlocal/threadlocal.h>). kernel.ld has the
 * first values of some; the others begin as 0.
 */
extern const char __kernel_tls_start[], __kernel_tls_data_end[], __kernel_tls_end[];
#define THREAD_LOCAL_SIZE ((size_t)(__kernel_tls_end - __kernel_tls_start))

/* Reschedule if that became due while interrupts were masked for scheduling. */
static inline void preempt_check(void)
{
    struct arch_thread *t = arch_current();

    if (unlikely(READ_ONCE(t->need_resched)) && t->preempt_count == 0)
        preempt_schedule();
}

#endif
