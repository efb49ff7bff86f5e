/*
 * /proc/stat, /proc/uptime, /proc/loadavg, /proc/cpuinfo and /proc/interrupts: CPUs and how they
 * spend their time.
 */
#include <arch/smp.h>
#include <bits/bits.h>
#include <irq/irq.h>
#include <machine/machine.h>
#include <percpu/percpu.h>
#include <string/string.h>
#include <thread/thread.h>
#include <time/time.h>
#include <work/work.h>

#include "internal.h"

int show_cpuinfo(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    machine_show_cpuinfo(seq);
    return 0;
}

uint64_t idle_ns_total(void)
{
    uint64_t idle = 0;

    for_each_online_cpu(cpu) {
        struct thread_cpu_stats stats;

        thread_cpu_stats((int)cpu, &stats);
        idle += stats.idle_ns;
    }
    return idle;
}

/* Sum the user time of all live processes and of those that were waited for. */
static uint64_t user_ns_total(void)
{
    uint64_t sum = 0;
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct process *process;

    list_for_each_entry(process, &process_all, all_node) {
        struct user_thread *ut;

        sum += process->dead_utime_ns + process->child_utime_ns;
        list_for_each_entry(ut, &process->threads, thread_node)
            sum += thread_user_ns(&ut->thread);
    }
    spin_unlock_irqrestore(&process_lock, flags);
    return sum;
}

static void print_cpu_times(struct seq *seq, uint64_t user, uint64_t system, uint64_t idle)
{
    seq_printf(seq, " %lu 0 %lu %lu 0 0 0 0 0 0\n", (unsigned long)(user / NS_PER_TICK),
               (unsigned long)(system / NS_PER_TICK), (unsigned long)(idle / NS_PER_TICK));
}

/*
 * Busy time is known per CPU, user time per thread: divide the user time among the CPUs in
 * proportion to their busy time.
 */
static void print_cpus(struct seq *seq)
{
    uint64_t now = time_now_ns();
    uint64_t idle = idle_ns_total();
    unsigned nr_cpus = (unsigned)bit_popcount64(cpus_online);
    uint64_t busy = now * nr_cpus > idle ? now * nr_cpus - idle : 0;
    uint64_t user = MIN(user_ns_total(), busy);

    seq_puts(seq, "cpu ");
    print_cpu_times(seq, user, busy - user, idle);
    for_each_online_cpu(cpu) {
        struct thread_cpu_stats stats;

        thread_cpu_stats((int)cpu, &stats);
        uint64_t cpu_busy = now > stats.idle_ns ? now - stats.idle_ns : 0;
        /* In milliseconds, so that the product fits. */
        uint64_t cpu_user = busy == 0 ? 0
                                      : cpu_busy / NS_PER_MSEC * (user / NS_PER_MSEC) /
                                            MAX(busy / NS_PER_MSEC, 1ull) * NS_PER_MSEC;

        cpu_user = MIN(cpu_user, cpu_busy);
        seq_printf(seq, "cpu%u", cpu);
        print_cpu_times(seq, cpu_user, cpu_busy - cpu_user, stats.idle_ns);
    }
}

int show_stat(struct seq *seq, const struct pseudo_object *object)
{
    struct process_statistics statistics;
    uint64_t nr_switches = 0;
    uint64_t nr_interrupts = 0;

    (void)object;
    print_cpus(seq);
    for_each_online_cpu(cpu) {
        struct thread_cpu_stats stats;

        thread_cpu_stats((int)cpu, &stats);
        nr_switches += stats.nr_switches;
        nr_interrupts += time_nr_interrupts(cpu);
    }
    for (unsigned irq = 0; irq < IRQ_MAX; irq++)
        nr_interrupts += irq_count(irq);
    process_statistics(&statistics);
    seq_printf(seq,
               "intr %lu\nctxt %lu\nbtime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked 0\n",
               nr_interrupts, nr_switches,
               (unsigned long)((time_realtime_ns() - time_now_ns()) / NS_PER_SEC),
               statistics.nr_forks, statistics.nr_running);
    return 0;
}

int show_interrupts(struct seq *seq, const struct pseudo_object *object)
{
    uint64_t nr_timer = 0;

    (void)object;
    seq_puts(seq, "           CPU0       \n");
    for (unsigned irq = 0; irq < IRQ_MAX; irq++) {
        uint64_t nr = irq_count(irq);

        /* Interrupt lines are counted for the whole machine, not per CPU. */
        if (nr != 0)
            seq_printf(seq, "%3u: %10lu  irq %u\n", irq, nr, irq);
    }
    for_each_online_cpu(cpu)
        nr_timer += time_nr_interrupts(cpu);
    seq_printf(seq, "LOC: %10lu  timer\n", nr_timer);
    return 0;
}

/* ---- load averages: Linux's fixed point (11 bits), one sample each five seconds ---- */

#define LOAD_SHIFT  11
#define LOAD_ONE    (1u << LOAD_SHIFT)
#define LOAD_PERIOD (5 * NS_PER_SEC)

static struct delayed_work load_work;
static uint32_t loads[3]; /* [a] over 1, 5 and 15 minutes */

static void load_sample(struct work *work)
{
    /* 2^11 / e^(5 s / n min) */
    static const uint32_t decays[3] = {1884, 2014, 2037};
    struct process_statistics statistics;

    (void)work;
    process_statistics(&statistics);
    for (int i = 0; i < 3; i++) {
        uint32_t active = statistics.nr_running * LOAD_ONE;
        uint64_t load = (uint64_t)loads[i] * decays[i] + (uint64_t)active * (LOAD_ONE - decays[i]);

        if (active >= loads[i])
            load += LOAD_ONE - 1;
        __atomic_store_n(&loads[i], (uint32_t)(load / LOAD_ONE), __ATOMIC_RELAXED);
    }
    delayed_work_submit(&load_work, LOAD_PERIOD);
}

void loadavg_start(void)
{
    delayed_work_init(&load_work, load_sample);
    delayed_work_submit(&load_work, LOAD_PERIOD);
}

int show_loadavg(struct seq *seq, const struct pseudo_object *object)
{
    struct process_statistics statistics;

    (void)object;
    process_statistics(&statistics);
    for (int i = 0; i < 3; i++) {
        uint32_t load = loads[i] + LOAD_ONE / 200;

        seq_printf(seq, "%u.%02u ", load >> LOAD_SHIFT,
                   (load & (LOAD_ONE - 1)) * 100 >> LOAD_SHIFT);
    }
    seq_printf(seq, "%u/%u %d\n", statistics.nr_running, statistics.nr_threads,
               statistics.last_pid);
    return 0;
}
