/*
 * Threads on the host: they take turns, each until it sleeps, yields or ends, on one CPU and in the
 * order in which they became ready. So a test decides what happens in what order. When all sleep,
 * the nearest deadline passes at once; without one, somebody would wait for ever: a panic.
 */
#include <errno.h>
#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <irq/upcalls.h>
#include <log/log.h>
#include <percpu/percpu.h>
#include <thread/thread.h>

#define HOST_STACK_SIZE KIB(256)
#define USER_FRAME_ROOM 512

/* Saved context of a thread; arch.sp points to it. The address sanitizer is told of the stack. */
struct context {
    ucontext_t registers;
    const void *stack;
    size_t stack_size;
    void *fake_stack;
};

static struct context only_context;
static struct thread only_thread = {.state = THREAD_RUNNABLE, .on_rq = true};
static LIST_DEFINE(ready);    /* of all_node, the oldest first */
static LIST_DEFINE(sleepers); /* of all_node: those with a deadline, in scratch[0] */
static struct thread *left;   /* thread that ran before the present one */
static uint32_t next_id = 1;
static uint64_t nr_switches;

/* Before the test's main, so that thread_current() is a whole thread. */
__attribute__((constructor)) static void start(void)
{
    only_thread.arch.sp = (uintptr_t)&only_context;
    list_init(&only_thread.all_node);
    host_current = &only_thread.arch;
}

/* A test may put a thread of its own in the place of the first: it runs on the first one's
 * stack. */
static struct context *context_of(struct thread *t)
{
    return t->arch.sp ? (struct context *)t->arch.sp : &only_context;
}

static void release(struct thread *t)
{
    munmap((void *)t->arch.stack_base, HOST_STACK_SIZE + PAGE_SIZE);
    if (t->ops && t->ops->release)
        t->ops->release(t);
    else if (t->is_allocated)
        free(t);
}

/* First thing after a switch, on the new stack. */
static void arrive(void)
{
    struct thread *dead = left;
    struct context *from = context_of(left);

    __sanitizer_finish_switch_fiber(context_of(thread_current())->fake_stack, &from->stack,
                                    &from->stack_size);
    if (dead->state != THREAD_DEAD)
        return;
    dead->has_exited = true;
    if (dead->is_detached)
        release(dead);
}

static void switch_to(struct thread *next)
{
    struct thread *prev = thread_current();
    struct context *from = context_of(prev), *to = context_of(next);
    unsigned long irq = host_irq_enabled;

    if (next == prev)
        return;
    assert(prev->arch.preempt_count == 0);
    if (prev->ops && prev->ops->switch_out)
        prev->ops->switch_out(prev, next);
    if (next->ops && next->ops->switch_in)
        next->ops->switch_in(prev, next);
    left = prev;
    nr_switches++;
    host_current = &next->arch;
    __sanitizer_start_switch_fiber(prev->state == THREAD_DEAD ? NULL : &from->fake_stack, to->stack,
                                   to->stack_size);
    swapcontext(&from->registers, &to->registers);
    arrive();
    host_irq_enabled = irq;
}

/* Choose the next thread; `self` is about to sleep and may be chosen. */
static struct thread *choose(void)
{
    struct thread *t, *first = NULL;

    if (!list_is_empty(&ready)) {
        t = list_first_entry(&ready, struct thread, all_node);
        list_del_init(&t->all_node);
        return t;
    }
    list_for_each_entry(t, &sleepers, all_node)
        if (!first || t->arch.scratch[0] < first->arch.scratch[0])
            first = t;
    if (!first)
        panic("thread: would wait for ever on the host");
    list_del_init(&first->all_node);
    first->on_rq = true;
    return first;
}

static void make_ready(struct thread *t)
{
    t->on_rq = true;
    list_add_tail(&ready, &t->all_node);
}

static void run(void)
{
    struct thread *t = thread_current();

    host_irq_enabled = 1;
    arrive();
    t->fn(t->arg);
    thread_exit();
}

/* --- birth and end ---------------------------------------------------------------------------- */

int thread_init(struct thread *t, thread_fn fn, void *arg, const char *name,
                const struct thread_attr *attr)
{
    /* Not from malloc: a thread that a test leaves behind is no leak. The context is at the top. */
    char *stack = mmap(NULL, HOST_STACK_SIZE + PAGE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct context *c = (struct context *)(stack + HOST_STACK_SIZE);

    memset(t, 0, sizeof(*t));
    c->stack = stack;
    c->stack_size = HOST_STACK_SIZE - USER_FRAME_ROOM;
    getcontext(&c->registers);
    c->registers.uc_stack.ss_sp = stack;
    c->registers.uc_stack.ss_size = c->stack_size;
    makecontext(&c->registers, run, 0);
    memset(stack + c->stack_size, 0, USER_FRAME_ROOM);
    t->arch.sp = (uintptr_t)c;
    t->arch.stack_base = (uintptr_t)stack;
    t->arch.stack_size = HOST_STACK_SIZE;
    t->arch.user_frame = t->arch.stack_base + c->stack_size;
    t->fn = fn;
    t->arg = arg;
    t->ops = attr ? attr->ops : NULL;
    t->nice = (int8_t)(attr ? attr->nice : 0);
    t->affinity = attr && attr->affinity ? attr->affinity : ~(cpumask_t)0;
    t->id = next_id++;
    strncpy(t->name, name, sizeof(t->name) - 1);
    list_init(&t->all_node);
    spin_init(&t->exit_lock, "thread exit");
    return 0;
}

void thread_fini(struct thread *t)
{
    assert(t->state == THREAD_NEW);
    munmap((void *)t->arch.stack_base, HOST_STACK_SIZE + PAGE_SIZE);
}

void thread_start(struct thread *t)
{
    assert(t->state == THREAD_NEW);
    t->state = THREAD_RUNNABLE;
    make_ready(t);
}

struct thread *thread_create(thread_fn fn, void *arg, const char *name,
                             const struct thread_attr *attr)
{
    struct thread *t = calloc(1, sizeof(*t));

    if (thread_init(t, fn, arg, name, attr) != 0)
        abort();
    t->is_allocated = true;
    thread_start(t);
    return t;
}

void thread_join(struct thread *t)
{
    t->joiner = thread_current();
    while (!t->has_exited) {
        thread_block_prepare(THREAD_BLOCKED);
        if (!t->has_exited)
            thread_block();
    }
    thread_block_cancel();
    release(t);
}

void thread_detach(struct thread *t)
{
    t->is_detached = true;
    if (t->has_exited)
        release(t);
}

NORETURN void thread_exit(void)
{
    struct thread *t = thread_current();

    t->state = THREAD_DEAD;
    t->on_rq = false;
    if (t->joiner) /* it may be the only one left; whoever runs next sees first that we are gone */
        thread_wake(t->joiner);
    switch_to(choose());
    abort();
}

/* --- sleeping --------------------------------------------------------------------------------- */

void thread_block(void)
{
    (void)thread_block_until(TIME_NEVER);
}

bool thread_block_until(uint64_t deadline_ns)
{
    struct thread *t = thread_current();
    bool is_timely;

    if (t->state == THREAD_RUNNABLE)
        return true;
    t->on_rq = false;
    if (deadline_ns != TIME_NEVER) {
        t->arch.scratch[0] = deadline_ns;
        list_add_tail(&sleepers, &t->all_node);
    }
    switch_to(choose());
    is_timely = t->state == THREAD_RUNNABLE;
    thread_block_cancel();
    return is_timely;
}

bool thread_wake(struct thread *t)
{
    if (t->state != THREAD_BLOCKED && t->state != THREAD_INTERRUPTIBLE)
        return false;
    t->state = THREAD_RUNNABLE;
    if (!t->on_rq && t != thread_current()) {
        list_del_init(&t->all_node);
        make_ready(t);
    }
    return true;
}

bool thread_is_running(const struct thread *t)
{
    return t == thread_current();
}

void thread_notify(struct thread *t, uint32_t work_bits)
{
    t->arch.user_work |= work_bits;
}

void thread_interrupt(struct thread *t)
{
    thread_notify(t, THREAD_WORK_SIGNAL);
    if (t->state == THREAD_INTERRUPTIBLE)
        (void)thread_wake(t);
}

void thread_yield(void)
{
    if (list_is_empty(&ready))
        return;
    make_ready(thread_current());
    switch_to(choose());
}

void thread_sleep_until(uint64_t deadline_ns)
{
    thread_block_prepare(THREAD_BLOCKED);
    while (thread_block_until(deadline_ns))
        thread_block_prepare(THREAD_BLOCKED);
}

void thread_sleep_ns(uint64_t duration_ns)
{
    thread_sleep_until(time_deadline_ns(duration_ns));
}

/* --- not needed with one CPU ------------------------------------------------------------------ */

void thread_preempt_check(void)
{
}

void thread_irq_exit(void)
{
}

int thread_set_nice(struct thread *t, int nice)
{
    if (nice < -20 || nice > 19)
        return -EINVAL;
    t->nice = (int8_t)nice;
    return 0;
}

int thread_set_affinity(struct thread *t, cpumask_t mask)
{
    if ((mask & cpus_online) == 0)
        return -EINVAL;
    t->affinity = mask;
    return 0;
}

cpumask_t thread_affinity(const struct thread *t)
{
    return t->affinity;
}

/* A test writes run_ticks and user_clock. */
uint64_t thread_run_ns(const struct thread *t)
{
    return time_ticks_to_ns(t->run_ticks);
}

uint64_t thread_user_ns(const struct thread *t)
{
    return time_ticks_to_ns(t->user_clock >> THREAD_CLOCK_SHIFT);
}

/* The CPU is never idle: when all sleep, the time is over at once. */
void thread_cpu_stats(int cpu, struct thread_cpu_stats *stats)
{
    *stats = (struct thread_cpu_stats){.nr_switches = nr_switches, .nr_runnable = 1};
}
