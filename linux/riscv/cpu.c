/*
 * AT_HWCAP, /proc/cpuinfo and riscv_flush_icache(2) for RISC-V.
 */
#include <abi/syscalls.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <base/errno.h>
#include <machine/machine.h>
#include <percpu/percpu.h>
#include <platform/boot_info.h>
#include <pseudofs/pseudofs.h>
#include <riscv_isa/isa.h>
#include <string/string.h>

/* True if the CPU's node lists the extension. */
static bool has_extension(unsigned cpu, const char *name, size_t length)
{
    const char *isa;

    for (unsigned i = 0; (isa = fdt_prop_string(&boot_info.isa_props[cpu], i)) != NULL; i++) {
        const char *other;
        size_t n;

        while ((n = isa_next(&isa, &other)) != 0)
            if (n == length && memcmp(other, name, n) == 0)
                return true;
    }
    return false;
}

/* Hide the vector extensions: the kernel does not switch vector registers. */
static bool is_vector(const char *name, size_t length)
{
    return name[0] == 'v' || (length > 2 && name[0] == 'z' && name[1] == 'v');
}

/* Print the extensions of a CPU that all of `cpus` have, as an ISA string. */
static void show_isa(struct seq *seq, unsigned cpu, cpumask_t cpus)
{
    const char *isa;

    seq_puts(seq, "rv64");
    for (unsigned i = 0; (isa = fdt_prop_string(&boot_info.isa_props[cpu], i)) != NULL; i++) {
        const char *name;
        size_t n;

        while ((n = isa_next(&isa, &name)) != 0) {
            bool is_common = !is_vector(name, n);

            for_each_online_cpu(other)
                is_common &= !(cpus >> other & 1) || has_extension(other, name, n);
            if (is_common)
                seq_printf(seq, "%s%.*s", n > 1 ? "_" : "", (int)n, name);
        }
    }
}

/* Names and order as in Linux: isa lists what all harts have, hart isa what this hart has. */
void machine_show_cpuinfo(struct seq *seq)
{
    for_each_online_cpu(cpu) {
        const struct hart_ids *ids = &hart_ids[cpu];

        seq_printf(seq, "processor\t: %u\nhart\t\t: %lu\nisa\t\t: ", cpu, arch_cpu_to_hart(cpu));
        show_isa(seq, cpu, cpus_online);
        seq_printf(seq,
                   "\nmmu\t\t: sv39\nmvendorid\t: 0x%lx\nmarchid\t\t: 0x%lx\nmimpid\t\t: 0x%lx\n"
                   "hart isa\t: ",
                   ids->vendor, ids->arch, ids->implementation);
        show_isa(seq, cpu, BIT(cpu));
        seq_puts(seq, "\n\n");
    }
}

/* Set a bit for each single-letter extension. */
uint64_t machine_hwcap(void)
{
    uint64_t caps = 1 << ('i' - 'a') | 1 << ('m' - 'a') | 1 << ('a' - 'a') | 1 << ('c' - 'a');

    if (arch_has(ARCH_FEATURE_FD))
        caps |= 1 << ('f' - 'a') | 1 << ('d' - 'a');
    return caps;
}

#define FLUSH_ICACHE_LOCAL 1

int64_t sys_riscv_flush_icache(vaddr_t start, vaddr_t end, uint64_t flags)
{
    if (flags & ~(uint64_t)FLUSH_ICACHE_LOCAL)
        return -EINVAL;
    arch_fence_i();
    if (!(flags & FLUSH_ICACHE_LOCAL))
        arch_fence_i_remote(__atomic_load_n(&cpus_online, __ATOMIC_RELAXED));
    return 0;
}
