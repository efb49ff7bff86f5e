/*
 * The smallest guest: it asks its "firmware" who it is, and then for things that do not exist.
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
    (void)fdt;
    const struct sbi_result version = sbi(SBI_BASE, 0, 0, 0, 0, 0, 0);
    const struct sbi_result unknown_extension = sbi(0x0a0b0c0d, 0, 1, 2, 3, 4, 5);
    const struct sbi_result unknown_function = sbi(SBI_BASE, 99, 0, 0, 0, 0, 0);
    const struct sbi_result no_such_hart = sbi(SBI_IPI, 0, 1, 77, 0, 0, 0);

    guest_printf("h1: hart %lu, SBI %ld.%ld; unknown extension %ld, unknown function %ld, "
                 "no such hart %ld\n",
                 hart, version.value >> 24, version.value & 0xffffff, unknown_extension.error,
                 unknown_function.error, no_such_hart.error);
}
