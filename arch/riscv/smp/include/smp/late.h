/*
 * A hart that arrives at the kernel's first instruction after another has begun to boot.
 *
 * Firmware without HSM sends all harts there at once. And OpenSBI before 1.3 can send a properly
 * started hart there: sbi_hsm_hart_start() releases the hart before it has stored the destination,
 * and a hart that reads it at that moment goes to its old one. In both cases the hart waits until
 * smp_late_key names it, then starts as it should have.
 */
#ifndef SMP_LATE_H
#define SMP_LATE_H

/* smp_late_key holds hart id ^ this while the hart is being started, 0 otherwise. */
#define SMP_LATE_MAGIC 0x6c61746568617274

#ifndef __ASSEMBLY__
#include <base/types.h>

extern uint64_t smp_late_key;

/* In assembly: a0 = hart id; paging off, interrupts masked. */
void smp_late_start(void);
#endif

#endif
