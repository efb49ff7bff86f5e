/*
 * Between the C and the assembly side of the uaccess providers. Only arch/riscv includes this.
 */
#ifndef RISCV_UACCESS_PROBE_H
#define RISCV_UACCESS_PROBE_H

#define PROBE_SIZE   256 /* bytes that a probe of the speed of misaligned words copies */
#define PROBE_ROUNDS 16

#endif
