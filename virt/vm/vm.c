/*
 * Life cycle of a machine; see vm.h.
 */
#include "internal.h"

#include <arch/cpu.h>
#include <heap/heap.h>
#include <log/log.h>
#include <string/string.h>

/* Do one boot, until the guest is off, has failed, or reboots. */
static void boot(struct vm *vm)
{
    struct vm_entry entry;
    const char *problem;

    if (vm_build(vm, &entry, &problem) != 0) {
        log_err("guest %s: not started: %s", vm->config.name, problem);
        vm->state = VM_FAILED;
        return;
    }
    log_info("guest %s: %u vCPU%s, %lu MiB, timer %s", vm->config.name, vm->config.nr_vcpus,
             vm->config.nr_vcpus == 1 ? "" : "s", (unsigned long)(vm->config.memory_bytes >> 20),
             vm->has_sstc ? "sstc" : "trapped");
    __atomic_store_n(&vm->state, VM_RUNNING, __ATOMIC_RELEASE);
    int started = vcpu_hart_start(vm->set.vcpus[0], entry.pc, entry.fdt);

    assert(started == 0);
    for (unsigned i = 0; i < vm->set.nr_vcpus; i++)
        thread_start(&vm->vcpus[i].thread);
    for (unsigned i = 0; i < vm->set.nr_vcpus; i++)
        thread_join(&vm->vcpus[i].thread);
    for (unsigned i = 0; i < vm->set.nr_vcpus; i++)
        vm->nr_exits += vm->set.vcpus[i]->nr_exits;
    vconsole_flush(&vm->console);
    vm_unbuild(vm);
}

static void keeper_main(void *arg)
{
    struct vm *vm = arg;

    do {
        boot(vm);
    } while (vm->state == VM_STOPPING_REBOOT);

    vconsole_unregister(&vm->console);
    if (vm->state == VM_STOPPING_OFF) {
        log_info("guest %s: powered off after %lu exits", vm->config.name,
                 (unsigned long)vm->nr_exits);
        vm->state = VM_OFF;
    } else {
        vm->state = VM_FAILED;
    }
}

static bool timer_is_sstc(const struct guest_config *config)
{
    return arch_has(ARCH_FEATURE_SSTC) && config->timer != GUEST_TIMER_TRAP;
}

struct vm *vm_create(const struct guest_config *config, const char **problem)
{
    *problem = "no memory for it";
    struct vm *vm = heap_zalloc(sizeof(*vm));
    if (!vm)
        return NULL;

    vm->config = *config;
    vm->has_sstc = timer_is_sstc(config);
    spin_init(&vm->input_lock, "guest input");
    vm_devices_init(vm);
    vm->vcpus = heap_zalloc(config->nr_vcpus * sizeof(*vm->vcpus));
    if (!vm->vcpus)
        goto fail;
    if (config->timer == GUEST_TIMER_SSTC && !vm->has_sstc) {
        *problem = "it wants sstc, which the machine lacks";
        goto fail;
    }
    for (unsigned i = 0; i < config->nr_flash; i++)
        if (vm_flash_init(vm, i, problem) != 0)
            goto fail;
    if (vm_memory_reserve(vm, problem) != 0)
        goto fail;
    vconsole_register(&vm->console, vm->config.name, vm_input, vm_input_room, vm);
    return vm;
fail:
    for (unsigned i = 0; i < config->nr_flash; i++)
        vm_flash_fini(vm, i);
    heap_free(vm->vcpus);
    heap_free(vm);
    return NULL;
}

int vm_start(struct vm *vm)
{
    vm->keeper = thread_create(keeper_main, vm, vm->config.name, NULL);
    return vm->keeper ? 0 : -ENOMEM;
}

bool vm_join(struct vm *vm)
{
    thread_join(vm->keeper);
    return vm->state == VM_OFF;
}

void vm_destroy(struct vm *vm)
{
    vconsole_unregister(&vm->console);
    for (unsigned i = 0; i < vm->config.nr_flash; i++)
        vm_flash_fini(vm, i);
    vm_memory_return(vm->nr_promised);
    heap_free(vm->vcpus);
    heap_free(vm);
}
