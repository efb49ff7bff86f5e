/* Shared by smp.c and start.S. */
#ifndef SMP_SMP_H
#define SMP_SMP_H

#define START_SATP   0
#define START_THREAD 8
#define START_SP     16
#define START_OFFSET 24

#ifndef __ASSEMBLY__
#include <base/types.h>

struct arch_thread;

/* Passed to a started hart as opaque, by physical address. */
struct smp_start {
    uint64_t satp;
    struct arch_thread *thread;
    uintptr_t sp;
    uint64_t kernel_offset;
    void (*entry)(unsigned cpu);
};

/* One start at a time: filled by the boot CPU, cleared by the started hart. */
extern struct smp_start smp_start_block;

void smp_hart_start(void);

/* First C function of a started hart: paging is on, on the idle thread's stack. */
NORETURN void smp_hart_main(void);
#endif

#endif
