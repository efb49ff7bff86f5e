/*
 * This hart's supervisor interrupt file of an IMSIC (incoming MSI controller): messages from
 * devices and from an APLIC arrive there as numbered identities.
 *
 * The RISC-V Advanced Interrupt Architecture 1.0, chapter 3. Needs Ssaia.
 */
#ifndef IMSIC_IMSIC_H
#define IMSIC_IMSIC_H

#include <base/types.h>

/* Enable all identities 1 .. nr_ids on this hart. Interrupts masked. */
void imsic_cpu_init(unsigned nr_ids);

/* Claim the pending identity of highest priority (the lowest number); 0: none. */
unsigned imsic_claim(void);

#endif
