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
    case SBI_ERR_INVALID_ADDRESS:
        return -EFAULT;
    case SBI_ERR_ALREADY_AVAILABLE:
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

void arch_poweroff(bool failed)
{
    sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_RESET_SHUTDOWN,
             failed ? SBI_REASON_FAILURE : SBI_REASON_NONE, 0, 0, 0);
    sbi_call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0);
    arch_halt();
}

void arch_reboot(void)
{
    sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_RESET_COLD, SBI_REASON_NONE, 0, 0, 0);
    arch_halt();
}

/* DBCN (SBI 2.0) where there is no legacy console; OpenSBI 1.1 has only the latter. */
void arch_early_putchar(char c)
{
    if (sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, (uint8_t)c, 0, 0, 0, 0).error == SBI_ERR_NOT_SUPPORTED)
        sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, (uint8_t)c, 0, 0, 0, 0);
}
