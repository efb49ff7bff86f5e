/*
 * Touches 24 MiB and reboots, eight times; the count is kept in the erased flash, a bit a boot. A
 * host of 64 MiB lives through it only if everything of a boot is given back.
 */
#include "guest.h"

#define BANK 0x22000000ul

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
    volatile uint32_t *const bank = (volatile uint32_t *)BANK;
    const uint32_t left = bank[0];

    (void)hart;
    (void)fdt;
    for (unsigned long page = 0x80400000; page < 0x81c00000; page += 4096) {
        if (*(volatile char *)page != 0) {
            guest_printf("reboot: memory of an earlier boot at %lx\n", page);
            guest_fail();
        }
        *(volatile char *)page = 1;
    }
    if (!(left & 0x80)) {
        guest_printf("reboot: eight times, each with fresh memory\n");
        return;
    }
    bank[0] = 0x00400040;
    bank[0] = left << 1; /* one bit less each time */
    bank[0] = 0x00ff00ff;
    sbi(SBI_SRST, 0, 1, 0, 0, 0, 0);
}
