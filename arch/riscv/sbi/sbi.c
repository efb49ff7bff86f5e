/*
 * Firmware calls outside hot paths: power, and the last-resort console.
 */
#include <arch/cpu.h>
#include <arch/power.h>
#include <base/errno.h>
#include <sbi/sbi.h>

int sbi_error(long error)
{
    switch (error) {
    case SBI_SUCCESS:
        return 0;
    case SBI_ERR_NOT_SUPPORTED:
        return -EOPNOTSUPP;
    case SBI_ERR_INVALID_PARAM:
        return -EINVAL;
    case SBI_ERR_DENIED:
        return -EPERM;
    case SBI_ERR_INVALID_ADDR:
        return -EFAULT;
    case SBI_ERR_ALREADY:
        return -EALREADY;
    default:
        return -EIO;
    }
}

void arch_halt(void)
{
    arch_irq_disable();
    for (;;)
        arch_wfi();
}

/* SRST: type 0 shutdown, 1 cold reboot; reason 0 none, 1 system failure. */
void arch_poweroff(bool failed)
{
    sbi_call(SBI_SRST, 0, 0, failed, 0, 0, 0);
    sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0);
    arch_halt();
}

void arch_reboot(void)
{
    sbi_call(SBI_SRST, 0, 1, 0, 0, 0, 0);
    arch_halt();
}

/* DBCN (SBI 2.0) where there is no legacy console; OpenSBI 1.1 has only the latter. */
void arch_early_putchar(char c)
{
    if (sbi_call(SBI_LEGACY_PUTCHAR, 0, (uint8_t)c, 0, 0, 0, 0).error == SBI_ERR_NOT_SUPPORTED)
        sbi_call(SBI_DBCN, 2, (uint8_t)c, 0, 0, 0, 0);
}
