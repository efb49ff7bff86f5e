/*
 * Life of a vCPU: start, run loop, interrupts, waiting. See vcpu.h.
 */
#include "internal.h"

#include <string/string.h>

/* --- context switches of the thread ----------------------------------------------------------- */

/* Interrupts masked. */
static void unload(struct vcpu *v)
{
    if (!v->hext.is_loaded)
        return;
    hext_put(&v->hext);
    vcpu_stage_leave(v->set->gstage);
}

static void switch_out(struct thread *prev, struct thread *next)
{
    (void)next;
    unload(container_of(prev, struct vcpu, thread));
}

static const struct thread_ops vcpu_thread_ops = {.switch_out = switch_out};

void vcpu_load(struct vcpu *v)
{
    if (v->hext.is_loaded)
        return;
    vcpu_stage_enter(v->set->gstage);
    hext_load(&v->hext);
}

/* --- interrupts ------------------------------------------------------------------------------- */

static void notify(struct vcpu *v)
{
    if (READ_ONCE(v->thread.state) != THREAD_RUNNABLE)
        thread_wake(&v->thread);
    else if (thread_current() != &v->thread)
        thread_kick(&v->thread);
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

    hext_irq_assign(&v->hext, changed, __atomic_load_n(&v->irqs, __ATOMIC_RELAXED));
}

void vcpu_interrupt(struct vcpu *v)
{
    __atomic_store_n(&v->is_interrupted, 1, __ATOMIC_SEQ_CST);
    /* What a sleeper tests comes before what ends its sleep. */
    thread_kick(&v->thread);
    thread_wake(&v->thread);
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
    v->exit.failure.cause = v->hext.frame.cause;
    v->exit.failure.pc = v->hext.frame.pc;
    v->exit.failure.value = v->hext.frame.value;
    return false;
}

/* Somebody wants the thread: gives way. False: leave vcpu_run(). Interrupts enabled. */
static NOINLINE bool work(struct vcpu *v)
{
    thread_work_clear(THREAD_WORK_KICK);
    thread_preempt_check();
    if (!is_interrupted(v))
        return true;
    v->exit.reason = VCPU_EXIT_INTERRUPTED;
    return false;
}

/* --- timer ------------------------------------------------------------------------------------ */

static void timer_expired(struct timer *timer)
{
    struct vcpu *v = container_of(timer, struct vcpu, timer);

    /* The guest may have set a later deadline while this was on its way. */
    if (time_now_ticks() >= __atomic_load_n(&v->timer_deadline, __ATOMIC_ACQUIRE))
        vcpu_irq_set(v, HEXT_IRQ_TIMER);
}

void vcpu_timer_set(struct vcpu *v, uint64_t deadline)
{
    if (v->timer_kind == VCPU_TIMER_SSTC) {
        hext_timer_set(&v->hext, deadline);
        return;
    }
    hext_timer_off(&v->hext);

    const bool is_due = deadline <= time_now_ticks();

    __atomic_store_n(&v->timer_deadline, deadline, __ATOMIC_RELEASE);
    /* In irqs as well as in the hart: a change that is still to be flushed must not undo it. */
    if (is_due)
        __atomic_fetch_or(&v->irqs, HEXT_IRQ_TIMER, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&v->irqs, ~HEXT_IRQ_TIMER, __ATOMIC_RELAXED);
    hext_irq_assign(&v->hext, HEXT_IRQ_TIMER, is_due ? HEXT_IRQ_TIMER : 0);
    if (is_due || deadline == UINT64_MAX)
        timer_cancel(&v->timer);
    else
        timer_arm_ticks(&v->timer, deadline);
}

/* Sleeps until the deadline, an interrupt changes, or somebody wants the thread. */
static void sleep_until(struct vcpu *v, uint64_t deadline)
{
    const uint64_t deadline_ns = deadline == UINT64_MAX ? TIME_NEVER : time_ticks_to_ns(deadline);

    for (;;) {
        thread_block_prepare(THREAD_BLOCKED);
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
        vcpu_load(v);
        if (v->irqs_changed)
            irqs_flush(v);
        if (hext_irq_wanted(&v->hext))
            return true;

        const uint64_t deadline = hext_irq_deadline(&v->hext);

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
    struct arch_thread *t = &v->thread.arch;

    while (unlikely(READ_ONCE(t->user_work) | READ_ONCE(t->need_resched))) {
        arch_irq_enable();
        const bool goes_on = work(v);

        arch_irq_disable();
        if (!goes_on)
            return false;
    }
    if (unlikely(!v->hext.is_loaded))
        vcpu_load(v);
    if (unlikely(READ_ONCE(v->irqs_changed)))
        irqs_flush(v);
    vcpu_guest_enter(v);
    return true;
}

/* The result of the last exit goes into the guest's registers. */
static void complete(struct vcpu *v)
{
    struct vcpu_exit *e = &v->exit;
    struct trap_frame *frame = &v->hext.frame;

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
    const uint64_t hvip = v->hext.csrs.hvip, vstimecmp = v->hext.csrs.vstimecmp;

    hext_vcpu_init(&v->hext, GPA(pc), v->id, opaque, v->timer_kind == VCPU_TIMER_SSTC);
    if (keeps_interrupts) {
        v->hext.csrs.hvip = hvip;
        v->hext.csrs.vstimecmp = vstimecmp;
    }
}

/* Sleeps while the hart is stopped; false if interrupted. */
static bool wait_for_start(struct vcpu *v)
{
    for (;;) {
        thread_block_prepare(THREAD_BLOCKED);
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
            hext_enter(&v->hext);
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

int vcpu_init(struct vcpu *v, struct vcpu_set *set, enum vcpu_timer timer, const char *name,
              thread_fn fn, void *arg)
{
    const struct thread_attr attr = {.ops = &vcpu_thread_ops};

    if (set->nr_vcpus == VCPUS_MAX)
        return -EINVAL;

    int err = thread_init(&v->thread, fn, arg, name, &attr);
    if (err)
        return err;
    v->set = set;
    v->id = set->nr_vcpus;
    v->timer_kind = timer;
    v->hart_state = SBI_HART_STOPPED;
    v->timer_deadline = UINT64_MAX;
    timer_init(&v->timer, timer_expired);
    v->hext.cpu = NULL;
    v->hext.sbi_base[SBI_BASE_SPEC_VERSION] = SBI_SPEC_VERSION;
    v->hext.sbi_base[SBI_BASE_IMPL_ID] = SBI_IMPL_TRINE;
    v->hext.sbi_base[SBI_BASE_IMPL_VERSION] = SBI_IMPL_VERSION;
    set->vcpus[set->nr_vcpus++] = v;
    return 0;
}

void vcpu_fini(struct vcpu *v)
{
    timer_cancel_sync(&v->timer);
    if (v->thread.state == THREAD_NEW)
        thread_fini(&v->thread);
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
    thread_wake(&v->thread);
    return SBI_SUCCESS;
}
