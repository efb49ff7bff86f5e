/*
 * Touches 32 MiB page by page in an order that no window foresees, downwards from three places:
 * every page costs an exit, unless memory comes in large pages.
 */
#include "guest.h"

#define START    0x81000000ul
#define NR_PAGES 8192ul

void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    guest_printf("unexpected trap %lu at %lx, value %lx\n", cause, frame->x[0], value);
    guest_fail();
}

void guest_hart(unsigned long hart)
{
    (void)hart;
}

void guest_main(unsigned long hart, void *fdt)
{
    (void)hart;
    (void)fdt;
    for (unsigned long i = 0; i < NR_PAGES; i++) {
        volatile unsigned long *page =
            (volatile unsigned long *)(START + (NR_PAGES - 1 - i * 2731 % NR_PAGES) * 4096);

        if (page[0] || page[511]) {
            guest_printf("scatter: page %lu is not zero\n", i);
            guest_fail();
        }
        page[0] = i + 1;
    }
    guest_printf("scatter: %lu pages touched, all zero\n", NR_PAGES);
}
