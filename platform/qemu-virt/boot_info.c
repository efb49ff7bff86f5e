/*
 * Configures the arch layer from the device tree: RAM in the direct map, harts, features.
 */
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/paging.h>
#include <arch/smp.h>
#include <fdt/fdt.h>
#include <platform/boot_info.h>
#include <string/string.h>

#include "read.h"

_Static_assert(BOOT_MEMORY_END == ARCH_DIRECT_MAP_SIZE, "read.h");

static uint64_t features_of(const struct fdt_prop *prop)
{
    uint64_t features = 0;
    const char *name;

    if (prop->value && str_equal(prop->name, "riscv,isa"))
        return arch_features_parse(prop->value);
    for (unsigned i = 0; (name = fdt_prop_string(prop, i)) != NULL; i++)
        features |= arch_features_parse(name);
    return features;
}

/* The features that every hart has, so that threads may run anywhere. */
static void features_init(void)
{
    arch_features = features_of(&boot_info.isa_props[0]);
    for (unsigned cpu = 1; cpu < boot_info.nr_harts; cpu++)
        arch_features &= features_of(&boot_info.isa_props[cpu]);
    if (arch_has(ARCH_FEATURE_ZBB))
        arch_zbb_enable();
    /* Any other block size is an error of the tree: clear pages by stores then. */
    if (arch_has(ARCH_FEATURE_ZICBOZ) && IS_POWER_OF_2(boot_info.cboz_block) &&
        boot_info.cboz_block >= 8 && boot_info.cboz_block <= PAGE_SIZE / 8)
        arch_cboz_block = boot_info.cboz_block;
}

const char *platform_init(hartid_t boot_hart, paddr_t fdt_pa)
{
    /* The boot code has checked magic and size, and mapped the tree. */
    const void *blob = phys_to_virt(fdt_pa);
    const char *error = boot_info_read(boot_hart, blob, fdt_blob_size(blob));
    uint64_t image = kernel_to_phys(image_start).v;
    uint64_t image_size = (uint64_t)(image_end - image_start);
    unsigned nr_mapped = 0;

    if (error)
        return error;
    boot_info.fdt_pa = fdt_pa;
    boot_reserve(image, image_size);
    boot_reserve(fdt_pa.v, boot_info.fdt.size);
    for (unsigned i = 0; i < boot_info.nr_memory; i++)
        if (arch_direct_map_add(boot_info.memory[i].start, boot_info.memory[i].size) == 0)
            boot_info.memory[nr_mapped++] = boot_info.memory[i];
        else
            boot_warn("device tree: a memory range could not be mapped");
    boot_info.nr_memory = nr_mapped;
    arch_tlb_flush_all();
    if (nr_mapped == 0)
        return "the device tree has no memory";
    if (!boot_is_in_memory(image, image_size))
        return "the kernel is not in the memory that the device tree describes";
    features_init();
    for (unsigned cpu = 0; cpu < boot_info.nr_harts; cpu++)
        if (arch_smp_add(boot_info.harts[cpu]) < 0)
            break;
    return NULL;
}
