/*
 * Says how long the boot took, from the firmware's hand-over to the application's first line, and
 * how much memory it took beyond the firmware's. With QEMU's -icount shift=0 a nanosecond is an
 * instruction.
 */
#include <app/app.h>
#include <arch/memory.h>
#include <arch/timer.h>
#include <frame/frame.h>
#include <log/log.h>
#include <platform/boot_info.h>

int app_main(void)
{
    uint64_t ticks = arch_time() - arch_boot_ticks;
    struct frame_stats stats;

    frame_stats(&stats);
    uint64_t in_use = (stats.total - stats.free) * PAGE_SIZE;

    /* The firmware lies below the kernel's image. */
    for (unsigned i = 0; i < boot_info.nr_reserved; i++)
        if (boot_info.reserved[i].start.v < kernel_to_phys(image_start).v)
            in_use -= boot_info.reserved[i].size;
    log_info("boottime: %lu ns, memory in use: %lu KiB",
             (unsigned long)(ticks * (NS_PER_SEC / boot_info.timebase_hz)),
             (unsigned long)(in_use / 1024));
    return 0;
}
