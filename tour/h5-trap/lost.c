/*
 * A guest that cannot be helped: it jumps into nowhere with its trap vector there, too.
 */
#include "guest.h"

void guest_trap(struct guest_frame *frame, unsigned long cause, unsigned long value)
{
    (void)frame;
    (void)cause;
    (void)value;
}

void guest_hart(unsigned long hart)
{
    (void)hart;
}

void guest_main(unsigned long hart, void *fdt)
{
    (void)hart;
    (void)fdt;
    csr_write(stvec, 0x0b000000);
    ((void (*)(void))0x0a000000)();
}
