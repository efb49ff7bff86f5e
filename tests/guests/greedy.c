/*
 * Touches all of its memory, page after page: as many MiB as stand behind "mib=" in its bootargs.
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

/* The tree is searched as bytes: its only "mib=" is the bootargs'. */
static unsigned long find_mib(const char *tree)
{
    unsigned long n = 0;

    while (!(tree[0] == 'm' && tree[1] == 'i' && tree[2] == 'b' && tree[3] == '='))
        tree++;
    for (tree += 4; *tree >= '0' && *tree <= '9'; tree++)
        n = 10 * n + (unsigned long)(*tree - '0');
    return n;
}

void guest_main(unsigned long hart, void *fdt)
{
    const unsigned long end = 0x80000000 + (find_mib(fdt) << 20);

    (void)hart;
    for (unsigned long page = 0x80400000; page < end; page += 4096)
        *(volatile char *)page = 1;
    guest_printf("greedy: got all of it\n");
}
