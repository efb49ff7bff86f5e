/*
 * Touches page after page of 1 GiB: more than the host has. It is stopped when the host has none
 * left.
 */
#include "guest.h"

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
    for (unsigned long page = 0x81000000; page < 0xbf000000; page += 4096)
        *(volatile char *)page = 1;
    guest_printf("greedy: got all of it\n");
}
