/*
 * This hart's supervisor interrupt file of an IMSIC (incoming MSI controller): messages from
 * devices and from an APLIC arrive there as numbered identities.
 *
 * The RISC-V Advanced Interrupt Architecture 1.0, chapter 3. Needs Ssaia.
 */
#ifndef IMSIC_IMSIC_H
#define IMSIC_IMSIC_H

#include <base/types.h>

/* Lets all identities 1 .. nr_ids interrupt this hart. Interrupts masked. */
void imsic_cpu_init(unsigned nr_ids);

/* Takes the pending identity of highest priority (the lowest number), or 0. */
unsigned imsic_claim(void);

#endif
