/*
 * vCPUs on the host: see <vcpu/host.h>. The guest of each is a thread of its own; it and the thread
 * in vcpu_run() run in turns.
 */
#include <stdlib.h>

#include <base/errno.h>
#include <vcpu/host.h>
#include <vcpu/vcpu.h>
#include <vsbi/vsbi.h>

void (*host_guest)(struct vcpu *v);

/* By id: one machine at a time. */
static struct {
    struct thread *guest, *vcpu; /* NULL: the hart has not begun; nobody is in vcpu_run() */
    bool is_guests_turn;
    bool is_waiting; /* in wfi */
    uint64_t waits_for;
} turns[VCPUS_MAX];

/* --- turns ------------------------------------------------------------------------------------ */

/* Sleep until it is this side's turn, or the vCPU is woken. */
static void give_turn(struct thread *other)
{
    thread_block_prepare(THREAD_BLOCKED);
    if (other)
        thread_wake(other);
    thread_block();
}

/* Leave the guest with v->exit filled in; return when the exit is completed. */
static void leave(struct vcpu *v)
{
    turns[v->id].is_guests_turn = false;
    while (!turns[v->id].is_guests_turn)
        give_turn(turns[v->id].vcpu);
}

static void run_guest(void *arg)
{
    struct vcpu *v = arg;

    for (;;) {
        host_guest(v);
        __atomic_store_n(&v->hart_state, SBI_HART_STOPPED, __ATOMIC_RELEASE);
        v->exit.reason = VCPU_EXIT_STOPPED;
        leave(v);
    }
}

/* --- the guest's side ------------------------------------------------------------------------- */

struct host_sbi host_guest_call(struct vcpu *v, uint64_t extension, uint64_t function, uint64_t a0,
                                uint64_t a1, uint64_t a2)
{
    v->exit.reason = VCPU_EXIT_SBI;
    v->exit.sbi.extension = extension;
    v->exit.sbi.function = function;
    v->exit.sbi.args[0] = a0;
    v->exit.sbi.args[1] = a1;
    v->exit.sbi.args[2] = a2;
    v->exit.sbi.error = SBI_ERR_NOT_SUPPORTED;
    v->exit.sbi.value = 0;
    leave(v);
    return (struct host_sbi){v->exit.sbi.error, v->exit.sbi.value};
}

static bool access_device(struct vcpu *v, uint64_t gpa, unsigned size, bool is_write,
                          uint64_t value)
{
    struct vdev *device = gstage_device(v->set->gstage, GPA(gpa), is_write);

    if (!device || !vdev_is_inside(device, GPA(gpa), size))
        return false;
    v->exit.reason = VCPU_EXIT_MMIO;
    v->exit.mmio.device = device;
    v->exit.mmio.gpa = GPA(gpa);
    v->exit.mmio.size = (uint8_t)size;
    v->exit.mmio.is_write = is_write;
    v->exit.mmio.data = value;
    leave(v);
    return true;
}

bool host_guest_load(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t *value)
{
    if (!access_device(v, gpa, size, false, 0))
        return false;
    *value = v->exit.mmio.data;
    return true;
}

bool host_guest_store(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t value)
{
    return access_device(v, gpa, size, true, value);
}

uint64_t host_guest_wait(struct vcpu *v, uint64_t irqs)
{
    while (!(v->irqs & irqs)) {
        turns[v->id].waits_for = irqs;
        turns[v->id].is_waiting = true;
        leave(v);
    }
    return v->irqs & irqs;
}

void host_guest_fail(struct vcpu *v, const char *what)
{
    for (;;) {
        v->exit.reason = VCPU_EXIT_FAILED;
        v->exit.failure.what = what;
        v->exit.failure.cause = 0;
        v->exit.failure.pc = v->guest.frame.pc;
        v->exit.failure.value = 0;
        leave(v);
    }
}

/* --- running ---------------------------------------------------------------------------------- */

static void wake(struct vcpu *v)
{
    if (turns[v->id].vcpu)
        thread_wake(turns[v->id].vcpu);
}

void vcpu_interrupt(struct vcpu *v)
{
    v->is_interrupted = 1;
    wake(v);
}

void vcpu_irq_set(struct vcpu *v, uint64_t irqs)
{
    v->irqs |= irqs;
    wake(v);
}

void vcpu_irq_clear(struct vcpu *v, uint64_t irqs)
{
    v->irqs &= ~irqs;
}

int vcpu_hart_start(struct vcpu *v, uint64_t pc, uint64_t opaque)
{
    if (v->hart_state != SBI_HART_STOPPED)
        return SBI_ERR_ALREADY_AVAILABLE;
    v->start_pc = pc;
    v->start_opaque = opaque;
    v->hart_state = SBI_HART_START_PENDING;
    wake(v);
    return SBI_SUCCESS;
}

static void start_pending(struct vcpu *v)
{
    v->guest.frame.pc = v->start_pc;
    v->guest.frame.x[10] = v->id;
    v->guest.frame.x[11] = v->start_opaque;
    v->hart_state = SBI_HART_STARTED;
    if (!turns[v->id].guest)
        turns[v->id].guest = thread_create(run_guest, v, "guest", NULL);
}

/* True if the hart is stopped, or in wfi with nothing pending. */
static bool is_idle(struct vcpu *v)
{
    return v->hart_state == SBI_HART_STOPPED ||
           (turns[v->id].is_waiting && !(v->irqs & turns[v->id].waits_for));
}

struct vcpu_exit *vcpu_run(struct vcpu *v)
{
    bool is_first = true;

    turns[v->id].vcpu = thread_current();
    v->exit.reason = VCPU_EXIT_NONE;
    while (v->exit.reason == VCPU_EXIT_NONE && !v->is_interrupted) {
        if (v->hart_state == SBI_HART_START_PENDING)
            start_pending(v);
        if (is_idle(v)) {
            if (is_first && turns[v->id].is_waiting && v->set->idle)
                v->set->idle(v->set);
            is_first = false;
            give_turn(NULL);
            continue;
        }
        turns[v->id].is_waiting = false;
        turns[v->id].is_guests_turn = true;
        while (turns[v->id].is_guests_turn)
            give_turn(turns[v->id].guest);
    }
    turns[v->id].vcpu = NULL;
    if (v->exit.reason == VCPU_EXIT_NONE) {
        v->exit.reason = VCPU_EXIT_INTERRUPTED;
        v->is_interrupted = 0;
    }
    return &v->exit;
}

void vcpu_load(struct vcpu *v)
{
}

void vcpu_put(struct vcpu *v)
{
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
    set->vcpus[set->nr_vcpus++] = v;
    return 0;
}

/* Drop the guest's thread where it sleeps, in leave(). */
void vcpu_fini(struct vcpu *v)
{
    free(turns[v->id].guest);
    turns[v->id].guest = NULL;
    turns[v->id].is_waiting = turns[v->id].is_guests_turn = false;
}
