/*
 * Life cycle of a vCPU: start, run loop, interrupts, waiting. See vcpu.h.
 */
#include "internal.h"

#include <log/log.h>
#include <string/string.h>

/* --- the thread ------------------------------------------------------------------------------- */

/* Interrupts masked. */
static void unload(struct vcpu *v)
{
    if (!v->guest.is_loaded)
        return;
    guest_put(&v->guest);
    vcpu_stage_leave(v->set->gstage);
}

/* Save the vCPU when its thread is switched out; vcpu_bring_in() reloads it before the guest
 * runs. */
static void switch_out(struct thread_hook *hook)
{
    unload(container_of(hook, struct vcpu, hook));
}

void vcpu_bring_in(struct vcpu *v)
{
    if (v->guest.is_loaded)
        return;
    vcpu_stage_enter(v->set->gstage);
    guest_load(&v->guest);
}

static void thread_set(struct vcpu *v, struct thread *thread)
{
    const unsigned long flags = spin_lock_irqsave(&v->thread_lock);

    assert(!thread || !v->thread);
    WRITE_ONCE(v->thread, thread);
    spin_unlock_irqrestore(&v->thread_lock, flags);
}

void vcpu_load(struct vcpu *v)
{
    v->hook = (struct thread_hook){.switch_out = switch_out};
    thread_hook_add(&v->hook);
    thread_set(v, thread_current());
    /* An earlier vcpu_interrupt() found no thread to kick. */
    if (__atomic_load_n(&v->is_interrupted, __ATOMIC_SEQ_CST))
        thread_kick(thread_current());
}

void vcpu_put(struct vcpu *v)
{
    thread_set(v, NULL);
    arch_irq_disable();
    unload(v);
    arch_irq_enable();
    thread_hook_remove(&v->hook);
}

/* True if the running thread has v loaded: it need not be notified of its own actions. */
static bool is_mine(struct vcpu *v)
{
    return UNLOCKED(READ_ONCE(v->thread), "nobody else makes it this thread") == thread_current();
}

void vcpu_kick(struct vcpu *v)
{
    const unsigned long flags = spin_lock_irqsave(&v->thread_lock);

    if (v->thread)
        thread_kick(v->thread);
    spin_unlock_irqrestore(&v->thread_lock, flags);
}

/* --- interrupts ------------------------------------------------------------------------------- */

/* Notify v of a change that it may sleep for, or that the guest must see. */
static void notify(struct vcpu *v)
{
    if (is_mine(v)) {
        if (READ_ONCE(thread_current()->state) != THREAD_RUNNABLE)
            thread_wake(thread_current()); /* interrupted while going to sleep */
        return;
    }
    const unsigned long flags = spin_lock_irqsave(&v->thread_lock);

    if (v->thread && READ_ONCE(v->thread->state) != THREAD_RUNNABLE)
        thread_wake(v->thread);
    else if (v->thread)
        thread_kick(v->thread);
    spin_unlock_irqrestore(&v->thread_lock, flags);
}

void vcpu_irq_set(struct vcpu *v, uint64_t irqs)
{
    __atomic_fetch_or(&v->irqs, irqs, __ATOMIC_RELAXED);
    __atomic_fetch_or(&v->irqs_changed, irqs, __ATOMIC_SEQ_CST);
    arch_mb();
    notify(v);
}

void vcpu_irq_clear(struct vcpu *v, uint64_t irqs)
{
    __atomic_fetch_and(&v->irqs, ~irqs, __ATOMIC_RELAXED);
    __atomic_fetch_or(&v->irqs_changed, irqs, __ATOMIC_SEQ_CST);
    arch_mb();
    notify(v);
}

/* Masked. */
static void irqs_flush(struct vcpu *v)
{
    const uint64_t changed = __atomic_exchange_n(&v->irqs_changed, 0, __ATOMIC_ACQUIRE);

    guest_irq_assign(&v->guest, changed, __atomic_load_n(&v->irqs, __ATOMIC_RELAXED));
}

void vcpu_interrupt(struct vcpu *v)
{
    __atomic_store_n(&v->is_interrupted, 1, __ATOMIC_SEQ_CST);
    const unsigned long flags = spin_lock_irqsave(&v->thread_lock);

    /* Set the flags that a sleeper tests before waking it. */
    if (v->thread) {
        thread_kick(v->thread);
        thread_wake(v->thread);
    }
    spin_unlock_irqrestore(&v->thread_lock, flags);
}

static bool is_interrupted(const struct vcpu *v)
{
    return __atomic_load_n(&v->is_interrupted, __ATOMIC_ACQUIRE) || thread_is_interrupted();
}

/* --- leaving vcpu_run() ----------------------------------------------------------------------- */

bool vcpu_fail(struct vcpu *v, const char *what)
{
    v->exit.reason = VCPU_EXIT_FAILED;
    v->exit.failure.what = what;
    v->exit.failure.cause = v->guest.frame.cause;
    v->exit.failure.pc = v->guest.frame.pc;
    v->exit.failure.value = v->guest.frame.value;
    return false;
}

/* Handle requests to the thread: reschedule. False: leave vcpu_run(). Interrupts enabled. */
static NOINLINE bool work(struct vcpu *v)
{
    thread_work_clear(THREAD_WORK_KICK);
    thread_preempt_check();
    /* Other work belongs to the thread's owner, which does it on the way to user mode. */
    if (!is_interrupted(v) && !(thread_work() & ~THREAD_WORK_KICK))
        return true;
    v->exit.reason = VCPU_EXIT_INTERRUPTED;
    return false;
}

/* --- timer ------------------------------------------------------------------------------------ */

static void timer_expired(struct timer *timer)
{
    struct vcpu *v = container_of(timer, struct vcpu, timer);

    /* The guest may have set a later deadline since the timer fired. */
    if (time_now_ticks() >= __atomic_load_n(&v->timer_deadline, __ATOMIC_ACQUIRE))
        vcpu_irq_set(v, GUEST_IRQ_TIMER);
}

void vcpu_timer_set(struct vcpu *v, uint64_t deadline)
{
    if (v->timer_kind == VCPU_TIMER_SSTC) {
        guest_timer_set(&v->guest, deadline);
        return;
    }
    guest_timer_off(&v->guest);

    const bool is_due = deadline <= time_now_ticks();

    __atomic_store_n(&v->timer_deadline, deadline, __ATOMIC_RELEASE);
    /* Clear it in irqs as well as in the hart: a change that is still to be flushed must not undo
     * it. */
    if (is_due)
        __atomic_fetch_or(&v->irqs, GUEST_IRQ_TIMER, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&v->irqs, ~GUEST_IRQ_TIMER, __ATOMIC_RELAXED);
    guest_irq_assign(&v->guest, GUEST_IRQ_TIMER, is_due ? GUEST_IRQ_TIMER : 0);
    if (is_due || deadline == UINT64_MAX)
        timer_cancel(&v->timer);
    else
        timer_arm_ticks(&v->timer, deadline);
}

/* Sleep until the deadline, a change of interrupts, or a request to the thread. */
static void sleep_until(struct vcpu *v, uint64_t deadline)
{
    const uint64_t deadline_ns = deadline == UINT64_MAX ? TIME_NEVER : time_ticks_to_ns(deadline);

    for (;;) {
        thread_block_prepare(THREAD_INTERRUPTIBLE);
        if (__atomic_load_n(&v->irqs_changed, __ATOMIC_ACQUIRE) || thread_work())
            break;
        if (!thread_block_until(deadline_ns))
            break;
    }
    thread_block_cancel();
}

bool vcpu_wait(struct vcpu *v)
{
    for (;;) {
        vcpu_bring_in(v);
        if (v->irqs_changed)
            irqs_flush(v);
        if (guest_irq_wanted(&v->guest))
            return true;

        const uint64_t deadline = guest_irq_deadline(&v->guest);

        arch_irq_enable();
        if (v->set->idle)
            v->set->idle(v->set);
        sleep_until(v, deadline);
        const bool goes_on = !thread_work() || work(v);

        arch_irq_disable();
        if (!goes_on)
            return false;
    }
}

/* --- running ---------------------------------------------------------------------------------- */

bool vcpu_prepare(struct vcpu *v)
{
    const struct arch_thread *t = arch_current();

    while (unlikely(READ_ONCE(t->user_work) | READ_ONCE(t->need_resched))) {
        arch_irq_enable();
        const bool goes_on = work(v);

        arch_irq_disable();
        if (!goes_on)
            return false;
    }
    if (unlikely(!v->guest.is_loaded))
        vcpu_bring_in(v);
    if (unlikely(READ_ONCE(v->irqs_changed)))
        irqs_flush(v);
    vcpu_guest_enter(v);
    return true;
}

/* Put the result of the last exit into the guest's registers. */
static void complete(struct vcpu *v)
{
    struct vcpu_exit *e = &v->exit;
    struct trap_frame *frame = &v->guest.frame;

    switch (e->reason) {
    case VCPU_EXIT_MMIO:
        if (!e->mmio.is_write && v->mmio_access.reg != 0)
            frame->x[v->mmio_access.reg] = insn_load_value(&v->mmio_access, e->mmio.data);
        frame->pc += v->mmio_access.length;
        break;
    case VCPU_EXIT_SBI:
        frame->a0 = (uint64_t)e->sbi.error;
        if (e->sbi.extension > SBI_EXT_LEGACY_SHUTDOWN)
            frame->a1 = e->sbi.value;
        frame->pc += 4;
        break;
    default:
        break;
    }
    e->reason = VCPU_EXIT_NONE;
}

void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t opaque, bool keeps_interrupts)
{
    unload(v);
    const uint64_t hvip = v->guest.csrs.hvip, vstimecmp = v->guest.csrs.vstimecmp;

    guest_state_init(&v->guest, GPA(pc), v->id, opaque, v->timer_kind == VCPU_TIMER_SSTC);
    if (keeps_interrupts) {
        v->guest.csrs.hvip = hvip;
        v->guest.csrs.vstimecmp = vstimecmp;
    }
}

/* Sleep while the hart is stopped; false if interrupted. */
static bool wait_for_start(struct vcpu *v)
{
    for (;;) {
        thread_block_prepare(THREAD_INTERRUPTIBLE);
        if (__atomic_load_n(&v->hart_state, __ATOMIC_ACQUIRE) == SBI_HART_START_PENDING ||
            is_interrupted(v))
            break;
        thread_block();
    }
    thread_block_cancel();
    if (is_interrupted(v))
        return false;

    arch_irq_disable();
    vcpu_reset(v, v->start_pc, v->start_opaque, false);
    arch_irq_enable();
    v->irqs = v->irqs_changed = 0;
    __atomic_store_n(&v->hart_state, SBI_HART_STARTED, __ATOMIC_RELEASE);
    return true;
}

struct vcpu_exit *vcpu_run(struct vcpu *v)
{
    complete(v);
    while (v->exit.reason == VCPU_EXIT_NONE) {
        if (v->hart_state != SBI_HART_STARTED && !wait_for_start(v)) {
            v->exit.reason = VCPU_EXIT_INTERRUPTED;
            break;
        }
        arch_irq_disable();
        if (vcpu_prepare(v))
            guest_enter(&v->guest);
        if (v->is_mmio_unconfirmed)
            vcpu_mmio_confirm(v);
        arch_irq_enable();
    }
    if (v->exit.reason == VCPU_EXIT_MMIO && v->exit.mmio.is_write)
        v->exit.mmio.data = vcpu_reg(v, v->mmio_access.reg);
    if (v->exit.reason == VCPU_EXIT_INTERRUPTED)
        __atomic_store_n(&v->is_interrupted, 0, __ATOMIC_RELEASE);
    return &v->exit;
}

/* --- life ------------------------------------------------------------------------------------- */

int vcpu_init(struct vcpu *v, struct vcpu_set *set, enum vcpu_timer timer)
{
    if (set->nr_vcpus == VCPUS_MAX)
        return -EINVAL;
    spin_init(&v->thread_lock, "vcpu thread");
    v->set = set;
    v->id = set->nr_vcpus;
    v->timer_kind = timer;
    v->hart_state = SBI_HART_STOPPED;
    v->timer_deadline = UINT64_MAX;
    timer_init(&v->timer, timer_expired);
    v->guest.cpu = NULL;
    v->guest.sbi_base[SBI_BASE_SPEC_VERSION] = SBI_SPEC_VERSION;
    v->guest.sbi_base[SBI_BASE_IMPL_ID] = SBI_IMPL_TRINE;
    v->guest.sbi_base[SBI_BASE_IMPL_VERSION] = SBI_IMPL_VERSION;
    set->vcpus[set->nr_vcpus++] = v;
    return 0;
}

void vcpu_fini(struct vcpu *v)
{
    timer_cancel_sync(&v->timer);
}

int vcpu_hart_start(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
    uint32_t state = SBI_HART_STOPPED;

    if (!__atomic_compare_exchange_n(&v->hart_state, &state, HART_STARTING, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return SBI_ERR_ALREADY_AVAILABLE;
    v->start_pc = pc;
    v->start_opaque = opaque;
    __atomic_store_n(&v->hart_state, SBI_HART_START_PENDING, __ATOMIC_SEQ_CST);
    arch_mb();
    notify(v);
    return SBI_SUCCESS;
}
