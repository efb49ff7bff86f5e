/*
 * Patches the text to use Zbb, before the other harts start: see <bits/bits.h> for what a site is
 * and tools/zbb_sites.py for the table.
 *
 * The text itself stays RX. It is written through its alias in the direct map, which is never
 * executable and is made writable while its page has sites to change.
 */
#include <arch/cpu.h>
#include <arch/smp.h>

#include "paging.h"

/* Offset from image_start / 2 << 10 | distance of the jump / 2; tools/zbb_sites.py. */
extern const uint32_t zbb_sites_begin[], zbb_sites_end[];

/* The page of the alias that is writable now; 0: none. Sites are in text order. */
struct window {
    vaddr_t page;
    pte_t *slot;
};

static void window_move(struct window *w, vaddr_t page)
{
    if (page == w->page)
        return;
    if (w->page) {
        *w->slot &= ~PT_W;
        arch_tlb_flush_kernel_page(w->page);
    }
    w->page = page;
    if (page) {
        w->slot = arch_pt_slot(&arch_kernel_pt, page, 0, false);
        *w->slot |= PT_W;
        arch_tlb_flush_kernel_page(page);
    }
}

static void write_half(struct window *w, const char *text, uint16_t half)
{
    uint16_t *alias = phys_to_virt(kernel_to_phys(text));

    window_move(w, ALIGN_DOWN((vaddr_t)alias, PAGE_SIZE));
    *alias = half;
}

void arch_zbb_enable(void)
{
    struct window w = {0};

    for (const uint32_t *site = zbb_sites_begin; site != zbb_sites_end; site++) {
        const char *text = image_start + (*site >> 10) * 2;
        uint32_t jump = (*site & 1023) << 21 | 0x6f; /* jal x0; forward, less than 2 KiB */

        /* Instructions are aligned to 2 bytes: this one may extend into the next page. */
        write_half(&w, text, (uint16_t)jump);
        write_half(&w, text + 2, (uint16_t)(jump >> 16));
    }
    window_move(&w, 0);
    arch_fence_i();
}
