/*
 * The smallest init there is: one line, and the machine is off. No C library, so that few of the
 * allocations of a boot are the program's.
 */
#include <linux/reboot.h>
#include <sys/syscall.h>

static long call(long nr, long arg0, long arg1, long arg2)
{
    register long a0 asm("a0") = arg0;
    register long a1 asm("a1") = arg1;
    register long a2 asm("a2") = arg2;
    register long a3 asm("a3") = 0;
    register long a7 asm("a7") = nr;

    asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a7) : "memory");
    return a0;
}

void _start(void)
{
    static const char line[] = "init runs\n";

    call(SYS_write, 1, (long)line, sizeof(line) - 1);
    call(SYS_reboot, (long)LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF);
}
