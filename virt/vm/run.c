/*
 * A running machine: the exits that vCPUs do not handle themselves.
 */
#include "internal.h"

#include <arch/trap.h>
#include <log/log.h>
#include <vsbi/vsbi.h>

bool vm_stop(struct vm *vm, enum vm_state how)
{
    uint32_t running = VM_RUNNING;

    if (!__atomic_compare_exchange_n(&vm->state, &running, how, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return false;
    for (unsigned i = 0; i < vm->set.nr_vcpus; i++)
        vcpu_interrupt(vm->set.vcpus[i]);
    return true;
}

/* --- devices ---------------------------------------------------------------------------------- */

static void mmio(struct vcpu_exit *exit)
{
    struct vdev *dev = exit->mmio.device;
    const uint64_t offset = exit->mmio.gpa.v - dev->base.v;

    if (exit->mmio.is_write)
        dev->ops->write(dev, offset, exit->mmio.size, exit->mmio.data);
    else
        exit->mmio.data = dev->ops->read(dev, offset, exit->mmio.size);
}

/* --- reset ------------------------------------------------------------------------------------ */

static void reset_call(struct vm *vm, struct vcpu_exit *exit)
{
    const uint64_t type = exit->sbi.args[0];
    const uint64_t reason = exit->sbi.args[1];

    if (exit->sbi.function != SBI_SRST_RESET)
        return;
    if (type > SBI_RESET_WARM || reason > SBI_REASON_FAILURE) {
        exit->sbi.error = SBI_ERR_INVALID_PARAM;
        return;
    }
    if (type != SBI_RESET_SHUTDOWN) {
        vm_stop(vm, VM_STOPPING_REBOOT);
    } else if (reason == SBI_REASON_FAILURE) {
        if (vm_stop(vm, VM_STOPPING_FAILED))
            log_warn("guest %s: shut down, saying that it failed", vm->config.name);
    } else {
        vm_stop(vm, VM_STOPPING_OFF);
    }
}

static void sbi(struct vm *vm, struct vcpu_exit *exit)
{
    const char c = (char)exit->sbi.args[0];

    switch (exit->sbi.extension) {
    case SBI_EXT_DBCN:
        vm_console_call(vm, exit);
        break;
    case SBI_EXT_SRST:
        reset_call(vm, exit);
        break;
    case SBI_EXT_LEGACY_PUTCHAR:
        vconsole_write(&vm->console, &c, 1);
        exit->sbi.error = SBI_SUCCESS;
        break;
    case SBI_EXT_LEGACY_GETCHAR:
        exit->sbi.error = vm_console_getchar(vm);
        break;
    case SBI_EXT_LEGACY_SHUTDOWN:
        vm_stop(vm, VM_STOPPING_OFF);
        break;
    default:
        break;
    }
}

/* --- ends ------------------------------------------------------------------------------------- */

static void hart_stopped(struct vm *vm)
{
    for (unsigned i = 0; i < vm->set.nr_vcpus; i++)
        if (__atomic_load_n(&vm->set.vcpus[i]->hart_state, __ATOMIC_ACQUIRE) != SBI_HART_STOPPED)
            return;
    if (vm_stop(vm, VM_STOPPING_FAILED))
        log_warn("guest %s: stopped: none of its harts runs", vm->config.name);
}

static void failed(struct vm *vm, const struct vcpu *v, const struct vcpu_exit *exit)
{
    if (!vm_stop(vm, VM_STOPPING_FAILED))
        return;
    vconsole_flush(&vm->console);
    log_err("guest %s: stopped: %s (hart %u, %s, pc %#lx, value %#lx)", vm->config.name,
            exit->failure.what, v->id, arch_trap_name(exit->failure.cause),
            (unsigned long)exit->failure.pc, (unsigned long)exit->failure.value);
}

void vm_vcpu_main(void *arg)
{
    struct vm_vcpu *self = arg;
    struct vcpu *v = &self->vcpu;
    struct vm *vm = container_of(v->set, struct vm, set);

    vcpu_load(v);
    while (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) == VM_RUNNING) {
        struct vcpu_exit *exit = vcpu_run(v);

        switch (exit->reason) {
        case VCPU_EXIT_MMIO:
            mmio(exit);
            break;
        case VCPU_EXIT_SBI:
            sbi(vm, exit);
            break;
        case VCPU_EXIT_STOPPED:
            hart_stopped(vm);
            break;
        case VCPU_EXIT_FAILED:
            failed(vm, v, exit);
            break;
        default: /* interrupted: check the state */
            break;
        }
    }
    vcpu_put(v);
}
