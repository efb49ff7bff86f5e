/*
 * Every site of the text is a jump to Zbb exactly where the machine has that, and nothing of the
 * text was left writable.
 */
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/paging.h>
#include <ktest/ktest.h>

extern const uint32_t zbb_sites_begin[], zbb_sites_end[];

#define OPCODE_AUIPC 0x17
#define OPCODE_JAL   0x6f

static void expect_sites(uint32_t opcode)
{
    KTEST_EXPECT(&zbb_sites_begin[0] != &zbb_sites_end[0]);
    for (const uint32_t *site = zbb_sites_begin; site != zbb_sites_end; site++) {
        const uint16_t *text = (const uint16_t *)(image_start + (*site >> 10) * 2);

        KTEST_EXPECT_EQ(text[0] & 0x7f, opcode);
    }
}

KTEST(zbb_sites_use_it)
{
    if (!arch_has(ARCH_FEATURE_ZBB))
        KTEST_SKIP("no Zbb");
    expect_sites(OPCODE_JAL);
}

KTEST(zbb_sites_without_it)
{
    if (arch_has(ARCH_FEATURE_ZBB))
        KTEST_SKIP("Zbb");
    expect_sites(OPCODE_AUIPC);
}

KTEST(zbb_text_is_read_only)
{
    unsigned level;

    for (const char *text = image_start; text < image_text_end; text += PAGE_SIZE) {
        const void *alias = phys_to_virt(kernel_to_phys(text));

        KTEST_EXPECT_EQ(arch_pt_query(&arch_kernel_pt, (vaddr_t)text, &level) & (PT_W | PT_X),
                        PT_X);
        KTEST_EXPECT_EQ(arch_pt_query(&arch_kernel_pt, (vaddr_t)alias, &level) & (PT_W | PT_X), 0);
    }
}
