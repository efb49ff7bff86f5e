/*
 * Number of known keys of riscv_hwprobe(2), from 0 on. Shared with the code in user mode.
 */
#ifndef VDSO_HWPROBE_H
#define VDSO_HWPROBE_H

#define VDSO_HWPROBE_KEYS 10

#endif
