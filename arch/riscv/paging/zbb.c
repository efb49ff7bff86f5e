/*
 * Changes the text where Zbb shortens it, before the further harts start: see <bits/bits.h> for
 * what a site is and tools/zbb_sites.py for the table.
 *
 * The text itself stays RX. It is written through its alias in the direct map, which is never
 * executable and is made writable for the one instruction.
 */
#include <arch/cpu.h>
#include <arch/smp.h>

#include "paging.h"

/* Offset from image_start / 2 << 10 | distance of the jump / 2; tools/zbb_sites.py. */
extern const uint32_t zbb_sites_begin[], zbb_sites_end[];

static void write_half(const char *text, uint16_t half)
{
    uint16_t *alias = phys_to_virt(kernel_to_phys(text));
    pte_t *slot = arch_pt_slot(&arch_kernel_pt, (vaddr_t)alias, 0, false);

    *slot |= PT_W;
    arch_tlb_flush_kernel_page((vaddr_t)alias);
    *alias = half;
    *slot &= ~PT_W;
    arch_tlb_flush_kernel_page((vaddr_t)alias);
}

void arch_zbb_enable(void)
{
    for (const uint32_t *site = zbb_sites_begin; site != zbb_sites_end; site++) {
        const char *text = image_start + (*site >> 10) * 2;
        uint32_t jump = (*site & 1023) << 21 | 0x6f; /* jal x0; forward, less than 2 KiB */

        /* Instructions are aligned to halves: this one may reach into the next page. */
        write_half(text, (uint16_t)jump);
        write_half(text + 2, (uint16_t)(jump >> 16));
    }
    arch_fence_i();
}
