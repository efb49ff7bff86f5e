/*
 * Reads the description of the machine from the device tree in one pass. Devices are left to
 * core/driver.
 *
 * The tree is untrusted and every value is checked. Bindings: Devicetree Specification v0.4,
 * chapters 3 (memory, chosen, cpus, reserved-memory) and the RISC-V cpus binding.
 */
#include <arch/smp.h>
#include <fdt/fdt.h>
#include <platform/boot_info.h>
#include <string/string.h>

#include "read.h"

struct boot_info boot_info;

void boot_warn(const char *text)
{
    if (boot_info.nr_warnings < BOOT_MAX_WARNINGS)
        boot_info.warnings[boot_info.nr_warnings++] = text;
}

void boot_reserve(uint64_t start, uint64_t size)
{
    if (size == 0 || start + size < start)
        return;
    if (boot_info.nr_reserved == BOOT_MAX_RESERVED) {
        boot_warn("device tree: too many reserved ranges");
        return;
    }
    boot_info.reserved[boot_info.nr_reserved++] = (struct boot_range){PADDR(start), size};
}

/* Insert a range, keeping the list ascending and disjoint; overlaps with earlier ranges are cut
 * off. */
static void memory_add(uint64_t start, uint64_t size)
{
    uint64_t first = ALIGN_UP(start, PAGE_SIZE);
    uint64_t end = ALIGN_DOWN(start + size, PAGE_SIZE);
    unsigned i;

    if (size == 0)
        return;
    if (start + size < start || first < start || end > BOOT_MEMORY_END) {
        boot_warn("device tree: memory beyond reach is ignored");
        if (start + size < start || first < start)
            return;
        end = BOOT_MEMORY_END;
    }
    if (first >= end)
        return;
    for (i = 0; i < boot_info.nr_memory; i++) {
        const struct boot_range *r = &boot_info.memory[i];

        if (first < r->start.v + r->size && r->start.v < end) {
            boot_warn("device tree: overlapping memory is ignored");
            return;
        }
        if (r->start.v > first)
            break;
    }
    if (boot_info.nr_memory == BOOT_MAX_MEMORY) {
        boot_warn("device tree: too many memory ranges");
        return;
    }
    struct boot_range range = {PADDR(first), end - first};

    for (boot_info.nr_memory++; i < boot_info.nr_memory; i++) {
        struct boot_range moved = boot_info.memory[i];

        boot_info.memory[i] = range;
        range = moved;
    }
}

static void read_regs(const struct fdt_node *node, void (*fn)(uint64_t start, uint64_t size))
{
    uint64_t start;
    uint64_t size;

    for (unsigned i = 0; fdt_reg(node, i, &start, &size) == 0; i++)
        fn(start, size);
}

static void read_chosen(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t pos = node->props;
    struct fdt_prop prop;
    uint64_t start = 0;
    uint64_t end = 0;

    while (fdt_prop_next(fdt, &pos, &prop) > 0) {
        if (str_equal(prop.name, "bootargs")) {
            const char *args = fdt_prop_string(&prop, 0);

            if (args)
                boot_info.bootargs = args;
            else
                boot_warn("device tree: bootargs is no string");
        } else if (str_equal(prop.name, "linux,initrd-start")) {
            fdt_prop_u64(&prop, &start);
        } else if (str_equal(prop.name, "linux,initrd-end")) {
            fdt_prop_u64(&prop, &end);
        } else if (str_equal(prop.name, "rng-seed")) {
            boot_info.seed_size = MIN(prop.size, (uint32_t)sizeof(boot_info.seed));
            memcpy(boot_info.seed, prop.value, boot_info.seed_size);
        }
    }
    if (end > start)
        boot_info.initrd = (struct boot_range){PADDR(start), end - start};
    else if (end < start)
        boot_warn("device tree: initrd ends before it begins");
}

static void read_isa(const struct fdt *fdt, const struct fdt_node *node, unsigned cpu)
{
    struct fdt_prop *prop = &boot_info.isa_props[cpu];
    const char *isa = fdt_node_string(fdt, node, "riscv,isa");

    fdt_prop_find(fdt, node, isa ? "riscv,isa" : "riscv,isa-extensions", prop);
    if (cpu == 0 && fdt_node_u32(fdt, node, "riscv,cboz-block-size", &boot_info.cboz_block) != 0)
        boot_info.cboz_block = 0;
}

/* The boot hart is CPU 0, the others follow in the tree's order. */
static void read_cpu(const struct fdt *fdt, const struct fdt_node *node)
{
    uint64_t hart;
    unsigned cpu;

    if (fdt_reg(node, 0, &hart, NULL) != 0 || !fdt_node_is_enabled(node))
        return;
    for (cpu = 0; cpu < boot_info.nr_harts; cpu++)
        if (boot_info.harts[cpu] == hart)
            break;
    if (cpu == NR_CPUS_MAX) {
        boot_warn("device tree: more harts than the kernel can use");
        return;
    }
    if (cpu != 0 && cpu == boot_info.nr_harts)
        boot_info.harts[boot_info.nr_harts++] = hart;
    read_isa(fdt, node, cpu);
}

/* State of the walk, which visits parents first. */
struct place {
    uint32_t cpus;
    uint32_t reserved;
    bool is_reserved_bad;
    uint32_t cpu; /* last cpu node */
    hartid_t hart;
};

/*
 * A reserved range that cannot be read may be the firmware's: continuing would end in a fault
 * somewhere. (A node with a size and no reg only asks for some memory.)
 */
static void read_reserved(const struct fdt *fdt, const struct fdt_node *node, struct place *place)
{
    struct fdt_prop prop;
    uint64_t start, size;

    read_regs(node, boot_reserve);
    if (fdt_reg(node, 0, &start, &size) != 0 || size == 0 || start + size < start)
        place->is_reserved_bad |= fdt_prop_find(fdt, node, "size", &prop) != 0;
}

static void read_node(const struct fdt *fdt, const struct fdt_node *node, struct place *place)
{
    if (node->depth == 0) {
        const char *model = fdt_node_string(fdt, node, "model");

        boot_info.model = model ? model : "";
    } else if (node->depth == 1) {
        if (fdt_node_is_named(node, "memory")) {
            if (fdt_node_is_enabled(node))
                read_regs(node, memory_add);
        } else if (str_equal(node->name, "chosen")) {
            read_chosen(fdt, node);
        } else if (str_equal(node->name, "cpus")) {
            uint32_t hz = 0;

            place->cpus = node->offset;
            fdt_node_u32(fdt, node, "timebase-frequency", &hz);
            boot_info.timebase_hz = hz;
        } else if (str_equal(node->name, "reserved-memory")) {
            place->reserved = node->offset;
        }
    } else if (node->depth == 2 && node->parent == place->reserved) {
        read_reserved(fdt, node, place);
    } else if (node->depth == 2 && node->parent == place->cpus && fdt_node_is_named(node, "cpu")) {
        place->cpu = node->offset;
        place->hart = UINT64_MAX;
        fdt_reg(node, 0, &place->hart, NULL);
        read_cpu(fdt, node);
    } else if (node->depth == 3 && node->parent == place->cpu &&
               fdt_node_is_named(node, "interrupt-controller")) {
        for (unsigned cpu = 0; cpu < boot_info.nr_harts; cpu++)
            if (boot_info.harts[cpu] == place->hart)
                boot_info.intc_phandles[cpu] = node->phandle;
    }
}

bool boot_is_in_memory(uint64_t start, uint64_t size)
{
    for (unsigned i = 0; i < boot_info.nr_memory; i++) {
        const struct boot_range *r = &boot_info.memory[i];

        if (start >= r->start.v && start - r->start.v < r->size &&
            size <= r->size - (start - r->start.v))
            return true;
    }
    return false;
}

const char *boot_info_read(hartid_t boot_hart, const void *blob, size_t size)
{
    struct fdt *fdt = &boot_info.fdt;
    struct place place = {0};
    struct fdt_walk walk;
    struct fdt_node node;
    paddr_t start;
    uint64_t length;
    int err;

    boot_info = (struct boot_info){
        .boot_hart = boot_hart,
        .harts = {boot_hart},
        .nr_harts = 1,
        .bootargs = "",
        .model = "",
    };
    if (fdt_open(fdt, blob, size) != 0)
        return "malformed device tree header";
    fdt_walk_init(&walk, fdt);
    while ((err = fdt_walk_next(&walk, &node)) > 0)
        read_node(walk.fdt, &node, &place);
    if (err < 0)
        return "malformed device tree";
    if (place.is_reserved_bad)
        return "malformed device tree: reserved memory";
    if (boot_info.timebase_hz == 0)
        return "the device tree has no timebase-frequency";
    for (unsigned i = 0; fdt_reservation(fdt, i, &start, &length) == 0; i++)
        boot_reserve(start.v, length);
    if (boot_info.initrd.size != 0 &&
        !boot_is_in_memory(boot_info.initrd.start.v, boot_info.initrd.size)) {
        boot_warn("device tree: the initrd does not lie in memory");
        boot_info.initrd.size = 0;
    }
    boot_reserve(boot_info.initrd.start.v, boot_info.initrd.size);
    return NULL;
}

/* Searched on demand, so that a successful boot does not pay for it. */
paddr_t platform_test_finisher(void)
{
    const struct fdt *fdt = &boot_info.fdt;
    struct fdt_walk walk;
    struct fdt_node node;
    paddr_t reg = PADDR(0);

    fdt_walk_init(&walk, fdt);
    while (reg.v == 0 && fdt_walk_next(&walk, &node) > 0) {
        const char *name = fdt_node_string(fdt, &node, "compatible"); /* the first */

        if (name && str_equal(name, "sifive,test1"))
            (void)fdt_reg_phys(fdt, &node, 0, &reg, NULL);
    }
    return reg;
}
