/*
 * A small program whose executable is damaged in many ways: text, constants, data and .bss. It
 * exits with 7 if all of that is as it should be.
 */
#include <sys/syscall.h>

static const char text[] = "constants";
static volatile long data[600] = {1, 2, 3};
static volatile long bss[3000];

void _start(void)
{
    register long a0 asm("a0");
    register long a7 asm("a7") = SYS_exit;

    bss[2999] = data[2];
    a0 = bss[2999] + bss[0] + (text[8] == 's') * 4;
    asm volatile("ecall" : : "r"(a0), "r"(a7));
    for (;;)
        ;
}
