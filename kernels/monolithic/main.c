/*
 * The monolithic kernel's boot order, top to bottom.
 */
#include <arch/trap.h>
#include <arch/uaccess.h>
#include <arch/upcalls.h>
#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <blockfile/blockfile.h>
#include <console/console.h>
#include <devfs/devfs.h>
#include <driver/driver.h>
#include <fat/fat.h>
#include <fifo/fifo.h>
#include <flusher/flusher.h>
#include <heap/heap.h>
#include <initrd/initrd.h>
#include <irq/irq.h>
#include <log/log.h>
#include <panic/panic.h>
#include <pipe/pipe.h>
#include <platform/boot_info.h>
#include <task/task.h>
#include <procfs/procfs.h>
#include <ramfs/ramfs.h>
#include <random/random.h>
#include <reclaim/reclaim.h>
#include <signal/signal.h>
#include <startup/startup.h>
#include <sysfs/sysfs.h>
#include <thread/thread.h>
#include <tty/tty.h>
#include <user/user.h>
#include <vdso/vdso.h>
#include <vfs/vfs.h>
#include <vspace/vspace.h>
#include <work/work.h>

#include "init.h"

/* Handle a fault of a kernel access, perhaps to a page of user memory that is not present yet. */
void kernel_fault(struct trap_frame *frame)
{
    if (signal_kernel_fault(frame) || arch_fixup(frame))
        return;
    panic_trap(frame);
}

static void files_init(void)
{
    if (work_system_init() != 0 || vfs_init() != 0 || ramfs_init() != 0 ||
        vfs_mount_root("rootfs", "rootfs", 0, "") != 0 || devfs_init() != 0 || pipe_init() != 0 ||
        fifo_init() != 0 || tty_boot() != 0 || procfs_boot() != 0 || sysfs_boot() != 0 ||
        blockfile_init() != 0 || fat_init() != 0 || flusher_init() != 0)
        startup_refuse("no memory for the file systems");
    reclaim_init(); /* drain their caches too */
    startup_step("file systems");
    if (!boot_info.initrd.size)
        return;
    log_note("initrd: %lu KiB at %#lx", boot_info.initrd.size >> 10, boot_info.initrd.start.v);
    /* A fault in it was logged; use the files before it. */
    if (initrd_unpack(phys_to_virt(boot_info.initrd.start), boot_info.initrd.size) == -ENOMEM)
        startup_refuse("no memory for the initrd");
    startup_step("initrd");
}

/* Set up another CPU, before it runs threads. */
static void cpu_init(unsigned cpu)
{
    irq_cpu_init();
    user_cpu_init();
    uaccess_cpu_init(cpu);
}

void kernel_main(hartid_t boot_hart, paddr_t fdt)
{
    log_notes_keep();               /* for dmesg */
    startup_ground(boot_hart, fdt); /* memory, per-CPU data, clock, interrupts */
    if (heap_init() != 0)
        startup_refuse("no memory for the heap");
    random_init(boot_info.seed, boot_info.seed_size); /* AT_RANDOM, address layout */
    if (thread_system_init() != 0)                    /* this becomes a thread */
        startup_refuse("no memory for the idle thread");
    startup_step("heap, threads");
    driver_probe_all(); /* console, interrupt controller, other devices */
    console_start();
    arch_irq_enable();
    startup_step("drivers");
    user_cpu_init();     /* counters that programs may read */
    uaccess_cpu_init(0); /* fastest copy of user memory */
    vspace_boot();       /* address-space identifiers */
    process_boot();      /* tables of processes */
    if (vdso_boot() != 0)
        startup_refuse("no memory for the vDSO");
    startup_step("processes, vDSO");
    files_init();                /* the root file system, from the initrd */
    thread_start_cpus(cpu_init); /* the other harts */
    startup_step("harts");
    block_scan_all(); /* partitions of the disks */
    startup_step("disks");
    init_start(); /* process 1 */
    thread_exit();
}
