/*
 * System start: turns the boot context into a thread, gives every CPU an idle thread and a run
 * queue, and starts the other CPUs. Also the idle loop.
 */
#include "runq.h"

#include <arch/smp.h>
#include <arch/upcalls.h>
#include <base/errno.h>
#include <heap/heap.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <printf/printf.h>
#include <string/string.h>

#define CPU_START_TIMEOUT_NS NS_PER_SEC

struct thread boot_thread SECTION(".bss.boot_thread");

static void (*cpu_init_hook)(unsigned cpu);

/*
 * Publish that this CPU is idle, then look for a CPU with too many threads. True: there is, or may
 * be, work for this CPU.
 */
static COLD bool find_work(struct run_queue *rq)
{
    bool has_work;
    bool is_unsure = false;

    __atomic_fetch_or(&idle_cpus, BIT(rq->cpu), __ATOMIC_SEQ_CST);
    spin_lock_no_preempt(&rq->lock);
    has_work = rq->nr_runnable > 0 || rq_steal(rq, &is_unsure);
    spin_unlock_no_preempt(&rq->lock);
    if (has_work) {
        __atomic_fetch_and(&idle_cpus, ~BIT(rq->cpu), __ATOMIC_SEQ_CST);
        thread_current()->arch.need_resched = 1;
    }
    return has_work || is_unsure;
}

COLD void idle_loop(void)
{
    for (;;) {
        arch_irq_disable();
        if (!READ_ONCE(arch_current()->need_resched) && !find_work(this_rq())) {
            /* Interrupts are masked, so none is lost before wfi, which a pending one ends. */
            arch_wfi();
        }
        arch_irq_enable();
        preempt_check();
    }
}

static void idle_run(void *arg)
{
    (void)arg;
    rq_finish_first_switch();
    idle_loop();
}

/* An idle thread is outside the policy and never blocks. NULL: no memory. */
static COLD struct thread *idle_create(unsigned cpu)
{
    struct thread *t = thread_alloc();
    void *stack = t ? kmap_alloc_stack(THREAD_STACK_SIZE) : NULL;
    char name[THREAD_NAME_MAX];

    if (!stack) {
        heap_free(t);
        return NULL;
    }
    snprintf(name, sizeof(name), "idle/%u", cpu);
    arch_thread_init(&t->arch, stack, THREAD_STACK_SIZE, idle_run, NULL);
    thread_init_fields(t, name);
    t->arch.cpu = cpu;
    t->arch.percpu_offset = percpu_offsets[cpu];
    t->is_idle = true;
    t->care = THREAD_CARE_IDLE;
    t->rq = &per_cpu(run_queue, cpu);
    t->state = THREAD_RUNNABLE;
    t->cpu = (int32_t)cpu;
    t->affinity = BIT(cpu);
    t->rq->idle = t;
    return t;
}

COLD int thread_system_init(void)
{
    struct run_queue *rq = &per_cpu(run_queue, 0);

    sched_policy_init(time_frequency_hz());
    for_each_cpu(cpu)
        rq_init(&per_cpu(run_queue, cpu), cpu);
    ASSUME_UNSHARED(&rq->lock, "there is one CPU, and no interrupt yet that switches");
    thread_init_fields(&boot_thread, "boot");
    boot_thread.state = THREAD_RUNNABLE;
    rq->clock_ticks = time_now_ticks();
    rq->current = &boot_thread;
    if (!idle_create(0))
        return -ENOMEM;
    rq_attach(rq, &boot_thread, SCHED_NEW);
    sched_next(&rq->queue, NULL, SCHED_PREEMPT);
    ipi_set_handler(IPI_RESCHED, rq_resched_ipi);
    return 0;
}

/* First code of a further CPU, as its idle thread, interrupts masked. */
static COLD void cpu_main(unsigned cpu)
{
    struct run_queue *rq = this_rq();

    cpu_init_hook(cpu);
    time_cpu_init();
    ASSUME_UNSHARED(&rq->lock, "the CPU is not online, so others leave its queue alone");
    rq->clock_ticks = time_now_ticks();
    cpu_set_online(cpu, true);
    idle_loop();
}

static COLD bool cpu_start(unsigned cpu)
{
    struct run_queue *rq = &per_cpu(run_queue, cpu);
    struct thread *idle = idle_create(cpu);
    uint64_t deadline = time_deadline_ns(CPU_START_TIMEOUT_NS);
    int err;

    if (!idle) {
        log_warn("CPU %u does not start: no memory for its idle thread", cpu);
        return false;
    }
    ASSUME_UNSHARED(&rq->lock, "the CPU is not online, so others leave its queue alone");
    rq->current = idle;
    err = arch_smp_start(cpu, &idle->arch, cpu_main);
    if (err) {
        log_warn("CPU %u does not start: error %d", cpu, -err);
        return false;
    }
    while (!cpu_is_online(cpu)) {
        if (time_now_ns() > deadline) {
            log_warn("CPU %u does not come up", cpu);
            return false;
        }
        arch_cpu_relax();
    }
    return true;
}

COLD void thread_start_cpus(void (*cpu_init)(unsigned cpu))
{
    unsigned nr_online = 1;

    if (cpu_count() == 1)
        return;
    cpu_init_hook = cpu_init;
    for (unsigned cpu = 1; cpu < cpu_count(); cpu++)
        nr_online += cpu_start(cpu);
    log_info("%u of %u CPUs run, policy %s", nr_online, cpu_count(), SCHED_POLICY_NAME);
}
