/*
 * Exceptions of user code: page faults are resolved or become SIGSEGV or SIGBUS, other exceptions
 * become the signals that Linux sends. Out of memory: kills the largest process.
 */
#include "internal.h"

void signal_force(int signal, int code, uint64_t addr)
{
    struct user_thread *ut = user_current();
    struct process *p = ut->process;
    struct signal_action *action = &p->actions[signal - 1];
    struct linux_siginfo info = {.signo = signal, .code = code};
    const struct trap_frame *regs = user_frame(&ut->thread.arch);
    unsigned long irq = spin_lock_irqsave(&process_lock);
    bool is_deadly;

    info.fault.addr = addr;
    is_deadly = action->handler <= SIG_IGN || (ut->blocked & SIGSET(signal));
    if ((ut->blocked & SIGSET(signal)) || action->handler == SIG_IGN) {
        action->handler = SIG_DFL;
        ut->blocked &= ~SIGSET(signal);
    }
    if (p->pid == 1 && action->handler == SIG_DFL) {
        /* init is immune to signals, but cannot continue after a fault. */
        spin_unlock_irqrestore(&process_lock, irq);
        process_exit(EXIT_STATUS_SIGNAL(signal));
    }
    (void)signal_send_thread_locked(ut, signal, &info);
    spin_unlock_irqrestore(&process_lock, irq);
    if (is_deadly)
        log_info("%s[%d]: signal %d code %d at %#lx, pc %#lx, ra %#lx, sp %#lx", ut->name, ut->tid,
                 signal, code, (unsigned long)addr, (unsigned long)arch_frame_pc(regs),
                 (unsigned long)arch_frame_return_address(regs),
                 (unsigned long)arch_frame_sp(regs));
}

/* --- out of memory ---------------------------------------------------------------------------- */

/* Rate a process: its resident pages, plus oom_score_adj thousandths of all memory. */
static int64_t badness(const struct process *p, uint64_t nr_pages_in_all) REQUIRES(&process_lock)
{
    return (int64_t)p->vspace->nr_resident + (int64_t)nr_pages_in_all * p->oom_score_adj / 1000;
}

/* REQUIRES(process_lock). NULL: none may be killed. */
static struct process *largest_process(void) REQUIRES(&process_lock)
{
    struct process *p, *best = NULL;
    struct frame_stats stats;
    int64_t worst = INT64_MIN;

    frame_stats(&stats);
    list_for_each_entry(p, &process_all, all_node) {
        if (p->pid == 1 || !p->vspace || p->oom_score_adj == OOM_SCORE_ADJ_NEVER)
            continue;
        if (badness(p, stats.total) >= worst) {
            best = p;
            worst = badness(p, stats.total);
        }
    }
    return best;
}

/* Kill the largest process. The caller retries, unless it is the victim. */
static void sacrifice(void)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct process *p = largest_process();
    bool is_news = p && !p->is_exiting;
    uint64_t nr_kib = p && p->vspace ? p->vspace->nr_resident * (PAGE_SIZE / 1024) : 0;
    pid_t pid = p ? p->pid : 0;
    char name[16] = "";

    if (is_news) {
        memcpy(name, p->name, sizeof(name));
        (void)signal_send_process_locked(p, SIGKILL, NULL);
    }
    spin_unlock_irqrestore(&process_lock, irq);
    if (is_news)
        log_err("out of memory: killed process %d (%s), %lu KiB resident", pid, name,
                (unsigned long)nr_kib);
    if (!p)
        process_exit(EXIT_STATUS_SIGNAL(SIGKILL));
    process_checkpoint();
    if (p != process_current())
        thread_sleep_ns(NS_PER_MSEC); /* let it go */
}

/* --- faults ----------------------------------------------------------------------------------- */

static uint32_t access_of(const struct trap_frame *regs)
{
    if (arch_frame_is_fetch(regs))
        return VMA_EXEC;
    return arch_frame_is_store(regs) ? VMA_WRITE : VMA_READ;
}

static void page_fault(const struct trap_frame *regs)
{
    struct user_thread *ut = user_current();
    uint64_t addr = arch_frame_address(regs);
    bool has_waited = false;

    ut->nr_minor_faults++;
    for (;;) {
        switch (vspace_fault(ut->vspace, addr, access_of(regs))) {
        case 0:
            return;
        case -ENOMEM:
            /* Retry before killing: memory may be about to be freed. */
            if (has_waited)
                sacrifice();
            else
                thread_sleep_ns(NS_PER_MSEC);
            has_waited = true;
            continue;
        case -EACCES:
            signal_force(SIGSEGV, SEGV_ACCERR, addr);
            return;
        case -EFAULT:
            signal_force(SIGSEGV, SEGV_MAPERR, addr);
            return;
        default:
            /* Beyond the end of the file, or an error of the file system: EIO, ENOSPC, EUCLEAN. */
            signal_force(SIGBUS, BUS_ADRERR, addr);
            return;
        }
    }
}

/* Only code with a fix-up accesses user memory; the fault may sleep only if preemption is
 * enabled. */
bool signal_kernel_fault(struct trap_frame *frame)
{
    struct thread *thread = thread_current();
    struct user_thread *ut;
    int err;

    if (!is_user_address(arch_frame_address(frame)) || !arch_frame_is_page_fault(frame) ||
        arch_frame_is_fetch(frame) || thread->arch.preempt_count != 0 || !user_thread_is(thread) ||
        !arch_has_fixup(frame))
        return false;
    ut = user_current();
    if (!ut->vspace || mutex_is_held(&ut->vspace->lock))
        return false;
    arch_irq_enable();
    ut->nr_minor_faults++;
    err = vspace_fault(ut->vspace, arch_frame_address(frame), access_of(frame));
    arch_irq_disable();
    return err == 0;
}

static void resolve(struct user_thread *ut, struct trap_frame *regs)
{
    if (arch_frame_is_page_fault(regs)) {
        page_fault(regs);
    } else if (arch_frame_is_illegal(regs)) {
        if (!arch_fpu_trap(&ut->thread.arch, regs))
            signal_force(SIGILL, ILL_ILLOPC, arch_frame_pc(regs));
    } else if (arch_frame_is_breakpoint(regs)) {
        signal_force(SIGTRAP, TRAP_BRKPT, arch_frame_pc(regs));
    } else if (arch_frame_is_misaligned(regs)) {
        signal_force(SIGBUS, BUS_ADRALN, arch_frame_address(regs));
    } else { /* access faults: no memory or device at that address */
        signal_force(SIGSEGV, SEGV_ACCERR, arch_frame_address(regs));
    }
}

void user_fault(struct trap_frame *regs)
{
    struct user_thread *ut = user_current();

    user_time_stops(ut);
    resolve(ut, regs);
    user_time_starts(ut);
}
