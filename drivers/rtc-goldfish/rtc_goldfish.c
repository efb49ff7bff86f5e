/*
 * Google Goldfish real-time clock (Android emulator's GOLDFISH-VIRTUAL-HARDWARE.TXT, "RTC"):
 * nanoseconds since 1970 in two registers. It is read once at boot, then core/time keeps the time.
 * The alarm is not used.
 */
#include <arch/mmio.h>
#include <base/errno.h>
#include <driver/driver.h>
#include <kmap/kmap.h>
#include <time/time.h>

#define REG_TIME_LOW  0x00 /* reading it latches the high half */
#define REG_TIME_HIGH 0x04

static int rtc_probe(struct device *dev)
{
    if (dev->nr_regs < 1 || dev->reg[0].size < 8)
        return -EINVAL;
    char *regs = kmap_device(dev->reg[0].base, dev->reg[0].size);
    if (!regs)
        return -ENOMEM;
    uint64_t ns = mmio_read32(regs + REG_TIME_LOW);
    ns |= (uint64_t)mmio_read32(regs + REG_TIME_HIGH) << 32;
    time_set_realtime_ns(ns);
    kmap_unmap(regs, dev->reg[0].size);
    return 0;
}

DRIVER(rtc_goldfish, rtc_probe, "google,goldfish-rtc");
