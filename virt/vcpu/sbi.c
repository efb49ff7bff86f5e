/*
 * SBI calls of a guest that its vCPU handles. BASE (except probe) and, with Sstc, set_timer are
 * handled by the entry path (arch/guest).
 */
#include "internal.h"

#include <bits/bits.h>

static bool answer(struct vcpu *v, int64_t error, uint64_t value)
{
    struct trap_frame *frame = &v->guest.frame;

    frame->a0 = (uint64_t)error;
    frame->a1 = value;
    frame->pc += 4;
    return true;
}

/* Legacy calls return in a0 only. */
static bool answer_legacy(struct vcpu *v, int64_t value)
{
    v->guest.frame.a0 = (uint64_t)value;
    v->guest.frame.pc += 4;
    return true;
}

/* Not handled here: return from vcpu_run(). */
static bool hand_out(struct vcpu *v)
{
    const struct trap_frame *frame = &v->guest.frame;

    v->exit.reason = VCPU_EXIT_SBI;
    v->exit.sbi.extension = frame->a7;
    v->exit.sbi.function = frame->a6;
    for (unsigned i = 0; i < ARRAY_SIZE(v->exit.sbi.args); i++)
        v->exit.sbi.args[i] = frame->x[10 + i];
    v->exit.sbi.error = SBI_ERR_NOT_SUPPORTED;
    v->exit.sbi.value = 0;
    return false;
}

static void ipi_send(struct vcpu *v, uint64_t harts)
{
    const uint64_t self = 1ul << v->id;

    if (harts & self)
        guest_irq_assign(&v->guest, GUEST_IRQ_SOFTWARE, GUEST_IRQ_SOFTWARE);
    for (harts &= ~self; harts; harts &= harts - 1)
        vcpu_irq_set(v->set->vcpus[bit_lowest64(harts)], GUEST_IRQ_SOFTWARE);
}

static bool call_ipi(struct vcpu *v)
{
    const struct trap_frame *frame = &v->guest.frame;
    uint64_t harts;

    if (frame->a6 != SBI_IPI_SEND)
        return answer(v, SBI_ERR_NOT_SUPPORTED, 0);
    int err = vsbi_harts(frame->a0, frame->a1, v->set->nr_vcpus, &harts);
    if (!err)
        ipi_send(v, harts);
    return answer(v, err, 0);
}

static bool call_rfence(struct vcpu *v)
{
    const struct trap_frame *frame = &v->guest.frame;
    struct vsbi_range range = {0};
    uint64_t harts;

    if (frame->a6 > SBI_RFENCE_SFENCE_VMA_ASID)
        return answer(v, SBI_ERR_NOT_SUPPORTED, 0);
    int err = vsbi_harts(frame->a0, frame->a1, v->set->nr_vcpus, &harts);
    if (!err && frame->a6 != SBI_RFENCE_FENCE_I)
        err = vsbi_range(frame->a2, frame->a3, &range);
    if (!err)
        vcpu_fences_send(v, harts, frame->a6 == SBI_RFENCE_FENCE_I ? FENCE_CODE : FENCE_TABLE,
                         &range, frame->a6 == SBI_RFENCE_SFENCE_VMA_ASID ? frame->a4 : GUEST_ALL);
    return answer(v, err, 0);
}

static bool hart_stop(struct vcpu *v)
{
    v->exit.reason = VCPU_EXIT_STOPPED;
    __atomic_store_n(&v->hart_state, SBI_HART_STOPPED, __ATOMIC_RELEASE);
    return false;
}

/*
 * If the wait is interrupted the guest repeats the call. Non-retentive: the hart loses all state
 * but its timer and pending interrupts, like the firmware's default suspend.
 */
static bool hart_suspend(struct vcpu *v)
{
    const struct trap_frame *frame = &v->guest.frame;
    const uint32_t type = (uint32_t)frame->a0;
    const uint64_t pc = frame->a1, opaque = frame->a2;

    if (type != SBI_SUSPEND_RETENTIVE && type != SBI_SUSPEND_NON_RETENTIVE)
        return answer(v, SBI_ERR_INVALID_PARAM, 0);
    if (type == SBI_SUSPEND_NON_RETENTIVE && !vcpu_can_start_at(pc))
        return answer(v, SBI_ERR_INVALID_ADDRESS, 0);

    __atomic_store_n(&v->hart_state, SBI_HART_SUSPENDED, __ATOMIC_RELEASE);
    const bool is_over = vcpu_wait(v);

    __atomic_store_n(&v->hart_state, SBI_HART_STARTED, __ATOMIC_RELEASE);
    if (!is_over)
        return false;
    if (type == SBI_SUSPEND_RETENTIVE)
        return answer(v, SBI_SUCCESS, 0);
    vcpu_reset(v, pc, opaque, true);
    return true;
}

static bool call_hsm(struct vcpu *v)
{
    const struct trap_frame *frame = &v->guest.frame;

    switch (frame->a6) {
    case SBI_HSM_START:
        if (frame->a0 >= v->set->nr_vcpus)
            return answer(v, SBI_ERR_INVALID_PARAM, 0);
        if (!vcpu_can_start_at(frame->a1))
            return answer(v, SBI_ERR_INVALID_ADDRESS, 0);
        return answer(v, vcpu_hart_start(v->set->vcpus[frame->a0], frame->a1, frame->a2), 0);
    case SBI_HSM_STOP:
        return hart_stop(v);
    case SBI_HSM_STATUS: {
        if (frame->a0 >= v->set->nr_vcpus)
            return answer(v, SBI_ERR_INVALID_PARAM, 0);
        const uint32_t state = READ_ONCE(v->set->vcpus[frame->a0]->hart_state);

        return answer(v, SBI_SUCCESS, state == HART_STARTING ? SBI_HART_START_PENDING : state);
    }
    case SBI_HSM_SUSPEND:
        return hart_suspend(v);
    default:
        return answer(v, SBI_ERR_NOT_SUPPORTED, 0);
    }
}

/* Read the hart mask of a legacy call at a guest virtual address; NULL means all. False: the guest
 * faulted. */
static bool legacy_harts(struct vcpu *v, uint64_t *harts, bool *resumes)
{
    const uint64_t addr = v->guest.frame.a0;
    const uint64_t all = (1ul << v->set->nr_vcpus) - 1;

    *harts = all;
    if (addr == 0)
        return true;

    if (!vcpu_read_u64(v, addr, harts, resumes))
        return false;
    *harts &= all;
    return true;
}

static bool call_legacy(struct vcpu *v)
{
    const struct trap_frame *frame = &v->guest.frame;
    const uint64_t extension = frame->a7;
    struct vsbi_range range = {0};
    uint64_t harts;
    bool resumes;

    switch (extension) {
    case SBI_EXT_LEGACY_SET_TIMER:
        vcpu_timer_set(v, frame->a0);
        return answer_legacy(v, 0);
    case SBI_EXT_LEGACY_CLEAR_IPI:
        guest_irq_assign(&v->guest, GUEST_IRQ_SOFTWARE, 0);
        return answer_legacy(v, 0);
    case SBI_EXT_LEGACY_SEND_IPI:
        if (!legacy_harts(v, &harts, &resumes))
            return resumes;
        ipi_send(v, harts);
        return answer_legacy(v, 0);
    case SBI_EXT_LEGACY_FENCE_I:
    case SBI_EXT_LEGACY_SFENCE:
    case SBI_EXT_LEGACY_SFENCE_ASID: {
        if (!legacy_harts(v, &harts, &resumes))
            return resumes;
        int err = vsbi_range(frame->a1, frame->a2, &range);

        if (!err)
            vcpu_fences_send(v, harts,
                             extension == SBI_EXT_LEGACY_FENCE_I ? FENCE_CODE : FENCE_TABLE, &range,
                             extension == SBI_EXT_LEGACY_SFENCE_ASID ? frame->a3 : GUEST_ALL);
        return answer_legacy(v, err);
    }
    default: /* console and shutdown */
        return hand_out(v);
    }
}

bool vcpu_sbi(struct vcpu *v)
{
    const struct trap_frame *frame = &v->guest.frame;

    switch (frame->a7) {
    case SBI_EXT_BASE:
        if (frame->a6 == SBI_BASE_PROBE)
            return answer(v, SBI_SUCCESS, vsbi_probe(frame->a0));
        return answer(v, SBI_ERR_NOT_SUPPORTED, 0);
    case SBI_EXT_TIME:
        if (frame->a6 != SBI_TIME_SET_TIMER)
            return answer(v, SBI_ERR_NOT_SUPPORTED, 0);
        vcpu_timer_set(v, frame->a0);
        return answer(v, SBI_SUCCESS, 0);
    case SBI_EXT_IPI:
        return call_ipi(v);
    case SBI_EXT_RFENCE:
        return call_rfence(v);
    case SBI_EXT_HSM:
        return call_hsm(v);
    case SBI_EXT_SRST:
    case SBI_EXT_DBCN:
        return hand_out(v);
    default:
        if (frame->a7 <= SBI_EXT_LEGACY_SHUTDOWN)
            return call_legacy(v);
        return answer(v, SBI_ERR_NOT_SUPPORTED, 0);
    }
}
