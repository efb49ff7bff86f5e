/*
 * Building a machine for a boot: memory, devices, images, device tree.
 *
 * From the bottom of RAM: the kernel at its offset; at the top the device tree, below it the
 * ramdisk. Image header: Linux's Documentation/arch/riscv/boot-image-header.rst.
 */
#include "internal.h"

#include <arch/cpu.h>
#include <heap/heap.h>
#include <log/log.h>
#include <random/random.h>
#include <string/string.h>

#include <guestdt/guestdt.h>
#include <guestset/guestset.h>
#include <time/time.h>

struct image_header {
    uint32_t code[2];
    uint64_t text_offset; /* from the start of RAM */
    uint64_t image_size;  /* in memory; 0 in old kernels */
    uint64_t flags;
    uint32_t version, reserved1;
    uint64_t reserved2, magic;
    uint32_t magic2, reserved3;
};

#define IMAGE_MAGIC2 0x05435352u /* "RSC\x05" */

static const gpa_t ram_base = {GUESTDT_RAM_BASE};

/* Copy the kernel; *end: end of the memory that it will occupy. */
static int load_kernel(struct vm *vm, struct vm_entry *entry, uint64_t *end, const char **problem)
{
    struct image_header header;
    struct guest_file file;
    int err = guestset_find(vm->config.kernel, &file);

    *problem = "its kernel is not in the initrd";
    if (err)
        return err;
    *problem = "its kernel is no RISC-V Image";
    if (file.size < sizeof(header))
        return -ENOEXEC;
    memcpy(&header, file.data, sizeof(header));
    if (header.magic2 != IMAGE_MAGIC2)
        return -ENOEXEC;

    const uint64_t size = MAX(header.image_size, (uint64_t)file.size);
    const uint64_t room = vm->config.memory_bytes - GUESTDT_SIZE_MAX;

    *problem = "its kernel does not fit into its memory";
    if (header.text_offset > room || size > room - header.text_offset)
        return -ENOEXEC;
    entry->pc = ram_base.v + header.text_offset;
    *end = entry->pc + size;
    *problem = "no memory for its kernel";
    return gstage_write(&vm->gstage, GPA(entry->pc), file.data, file.size);
}

static int load_ramdisk(struct vm *vm, uint64_t kernel_end, uint64_t top,
                        struct guestdt_range *initrd, const char **problem)
{
    struct guest_file file;

    if (!vm->config.ramdisk)
        return 0;
    int err = guestset_find(vm->config.ramdisk, &file);

    *problem = "its ramdisk is not in the initrd";
    if (err)
        return err;
    *problem = "its ramdisk does not fit into its memory";
    if (file.size > top - kernel_end || ALIGN_DOWN(top - file.size, PAGE_SIZE) < kernel_end)
        return -ENOEXEC;
    *initrd = (struct guestdt_range){GPA(ALIGN_DOWN(top - file.size, PAGE_SIZE)), file.size};
    *problem = "no memory for its ramdisk";
    return gstage_write(&vm->gstage, initrd->base, file.data, file.size);
}

static int write_tree(struct vm *vm, const struct guestdt_range *initrd, gpa_t where,
                      const char **problem)
{
    struct guestdt tree = {
        .nr_harts = vm->config.nr_vcpus,
        .ram_size = vm->config.memory_bytes,
        .timebase_hz = time_frequency_hz(),
        .features = guest_features(),
        .has_sstc = vm->has_sstc,
        .has_uart = vm->config.has_uart,
        .nr_flash = vm->config.nr_flash,
        .bootargs = vm->config.bootargs,
        .initrd = *initrd,
        .model = vm->config.name,
    };
    uint8_t seed[GUESTDT_SEED_SIZE];
    void *buf = heap_alloc(GUESTDT_SIZE_MAX);
    size_t size;

    *problem = "no memory for its device tree";
    if (!buf)
        return -ENOMEM;
    if (random_is_seeded()) { /* else the guest would use a wrong one */
        random_bytes(seed, sizeof(seed));
        tree.seed = seed;
    }
    for (unsigned i = 0; i < tree.nr_flash; i++)
        tree.flash[i] = (struct guestdt_range){vm->config.flash[i].base, vm->config.flash[i].size};

    int err = guestdt_write(&tree, buf, GUESTDT_SIZE_MAX, &size);
    if (err)
        *problem = "its bootargs are too long";
    else
        err = gstage_write(&vm->gstage, where, buf, size);
    heap_free(buf);
    return err;
}

static int load(struct vm *vm, struct vm_entry *entry, const char **problem)
{
    const uint64_t top = ram_base.v + vm->config.memory_bytes - GUESTDT_SIZE_MAX;
    struct guestdt_range initrd = {0};
    uint64_t kernel_end;

    entry->fdt = top;
    int err = load_kernel(vm, entry, &kernel_end, problem);
    if (!err)
        err = load_ramdisk(vm, kernel_end, top, &initrd, problem);
    if (!err)
        err = write_tree(vm, &initrd, GPA(top), problem);
    return err;
}

/* --- devices ---------------------------------------------------------------------------------- */

static void external_changed(void *ctx, unsigned context, bool is_raised)
{
    struct vm *vm = ctx;

    if (is_raised)
        vcpu_irq_set(vm->set.vcpus[context], GUEST_IRQ_EXTERNAL);
    else
        vcpu_irq_clear(vm->set.vcpus[context], GUEST_IRQ_EXTERNAL);
}

static void transmit(void *ctx, uint8_t byte)
{
    struct vm *vm = ctx;
    const char c = (char)byte;

    vconsole_write(&vm->console, &c, 1);
}

void vm_devices_init(struct vm *vm)
{
    const struct vdev_irq irq = {vplic_set_level, &vm->plic, GUESTDT_UART_IRQ};
    const struct vuart_line line = {transmit, vm_input_receive, vm};

    vplic_init(&vm->plic, GPA(GUESTDT_PLIC_BASE), vm->config.nr_vcpus, external_changed, vm);
    vuart_init(&vm->uart, "uart", GPA(GUESTDT_UART_BASE), irq, line);
}

/* Reset the interrupt controller first: a line that falls then notifies no vCPU, since none exist
 * yet. */
static int add_uart(struct vm *vm)
{
    vplic_reset(&vm->plic);
    vuart_reset(&vm->uart);
    int err = gstage_add_device(&vm->gstage, &vm->plic.dev);
    if (!err)
        err = gstage_add_device(&vm->gstage, &vm->uart.dev);
    return err;
}

static int add_devices(struct vm *vm, const char **problem)
{
    int err = vm->config.has_uart ? add_uart(vm) : 0;

    for (unsigned i = 0; i < vm->config.nr_flash && !err; i++)
        err = vm_flash_map(vm, i);
    *problem = err == -EEXIST ? "its devices overlap" : "no memory for its devices";
    return err;
}

/* --- vCPUs ------------------------------------------------------------------------------------ */

static void idle(struct vcpu_set *set)
{
    vconsole_show(&container_of(set, struct vm, set)->console);
}

static int make_vcpus(struct vm *vm)
{
    const enum vcpu_timer timer = vm->has_sstc ? VCPU_TIMER_SSTC : VCPU_TIMER_TRAPPED;

    vm->set = (struct vcpu_set){.gstage = &vm->gstage, .idle = idle};
    for (unsigned i = 0; i < vm->config.nr_vcpus; i++) {
        struct vm_vcpu *v = &vm->vcpus[i];

        memset(v, 0, sizeof(*v));
        int err = thread_init(&v->thread, vm_vcpu_main, v, vm->config.name, NULL);
        if (err)
            return err;
        err = vcpu_init(&v->vcpu, &vm->set, timer);
        if (err) {
            thread_fini(&v->thread);
            return err;
        }
    }
    return 0;
}

static void unmake_vcpus(struct vm *vm)
{
    for (unsigned i = 0; i < vm->set.nr_vcpus; i++) {
        vcpu_fini(&vm->vcpus[i].vcpu);
        if (vm->vcpus[i].thread.state == THREAD_NEW)
            thread_fini(&vm->vcpus[i].thread);
    }
    vm->set.nr_vcpus = 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

int vm_build(struct vm *vm, struct vm_entry *entry, const char **problem)
{
    *problem = "no memory for it";
    int err = gstage_init(&vm->gstage);
    if (err)
        return err;
    err = gstage_add_ram(&vm->gstage, ram_base, vm->config.memory_bytes);
    if (!err)
        err = add_devices(vm, problem);
    if (!err)
        err = load(vm, entry, problem);
    if (!err) {
        *problem = "no memory for its vCPUs";
        err = make_vcpus(vm);
        if (err)
            unmake_vcpus(vm);
    }
    if (err)
        gstage_destroy(&vm->gstage);
    return err;
}

void vm_unbuild(struct vm *vm)
{
    unmake_vcpus(vm);
    gstage_destroy(&vm->gstage);
}
