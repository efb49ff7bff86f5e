/*
 * A machine made of a process: RAM and frame descriptors are anonymous mappings.
 *
 * Not here: page tables (arch/host-flat, or arch/host-paging for tests that look at them).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/fpu.h>
#include <arch/memory.h>
#include <arch/mmio.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <arch/timer.h>
#include <arch/trap.h>
#include <base/errno.h>
#include <host/host.h>

#define DESCRIPTOR_SIZE 32

uint64_t host_direct_map_base;
uint64_t host_vmemmap_base;
uint64_t arch_kernel_offset;
uint64_t arch_features;
uint32_t arch_cboz_block;
unsigned long host_irq_enabled = 1;
uint64_t host_ticks;
uint64_t host_satp;
jmp_buf *host_panic_jump;
char host_panic_message[256];

static struct arch_thread boot_arch_thread;
struct arch_thread *host_current = &boot_arch_thread;

static void *ram, *descriptors;
static uint64_t ram_size, descriptors_size, nr_mapped;

static void *reserve(uint64_t size, int protection)
{
    void *p = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED) {
        perror("host: mmap");
        abort();
    }
    return p;
}

bool mmio_answers(const volatile void *addr, unsigned nr_bytes)
{
    (void)addr;
    (void)nr_bytes;
    return true;
}

void host_ram_init(paddr_t start, uint64_t size)
{
    pfn_t first = paddr_to_pfn(start);

    host_ram_exit();
    ram_size = size;
    ram = reserve(size, PROT_READ | PROT_WRITE);
    descriptors_size = (size >> PAGE_SHIFT) * DESCRIPTOR_SIZE;
    descriptors = reserve(descriptors_size, PROT_NONE);
    host_direct_map_base = (uint64_t)(uintptr_t)ram - start.v;
    host_vmemmap_base = (uint64_t)(uintptr_t)descriptors - first * DESCRIPTOR_SIZE;
    nr_mapped = 0;
}

void host_ram_exit(void)
{
    if (!ram)
        return;
    munmap(ram, ram_size);
    munmap(descriptors, descriptors_size);
    ram = NULL;
    host_direct_map_base = 0;
    host_vmemmap_base = 0;
}

void host_panic(const char *message)
{
    snprintf(host_panic_message, sizeof(host_panic_message), "%s", message);
    if (host_panic_jump)
        longjmp(*host_panic_jump, 1);
    fprintf(stderr, "panic: %s\n", message);
    abort();
}

int host_descriptors_map(vaddr_t va, uint64_t size)
{
    uint64_t offset = va - (uint64_t)(uintptr_t)descriptors;

    if (offset >= descriptors_size || size > descriptors_size - offset)
        return -ENOSYS;
    if (mprotect((char *)descriptors + offset, size, PROT_READ | PROT_WRITE) != 0)
        return -ENOMEM;
    nr_mapped += size >> PAGE_SHIFT;
    return 0;
}

/* --- other harts, time, power: there are none ------------------------------------------------- */

int arch_smp_add(hartid_t hart)
{
    return -ENOSYS;
}

hartid_t arch_cpu_to_hart(unsigned cpu)
{
    return cpu;
}

void arch_ipi_send(cpumask_t cpus)
{
}

void arch_fence_i_remote(cpumask_t cpus)
{
}

void arch_timer_init(void)
{
}

void arch_timer_set(uint64_t ticks)
{
}

void arch_poweroff(bool failed)
{
    exit(failed);
}

void arch_power_fail(paddr_t reg, uint32_t value)
{
    (void)reg;
    (void)value;
    exit(1);
}

void arch_reboot(void)
{
    exit(0);
}

void arch_halt(void)
{
    abort();
}

void arch_early_putchar(char c)
{
    putchar(c);
}

/* --- floats: each host thread has its own ----------------------------------------------------- */

bool arch_fpu_trap(struct arch_thread *t, const struct trap_frame *frame)
{
    return false;
}

void arch_fpu_save(struct arch_thread *t)
{
}

void arch_fpu_reload(struct arch_thread *t)
{
}

void arch_fpu_forget(struct arch_thread *t)
{
}

const char *arch_trap_name(uint64_t cause)
{
    return "trap";
}

bool arch_has_fixup(const struct trap_frame *frame)
{
    return false;
}

void arch_pages_clear(void *page, size_t nr_bytes)
{
    memset(page, 0, nr_bytes);
}
