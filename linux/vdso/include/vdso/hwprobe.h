/*
 * The keys of riscv_hwprobe(2) that have an answer: 0 up to here. Known to the program's side, too.
 */
#ifndef VDSO_HWPROBE_H
#define VDSO_HWPROBE_H

#define VDSO_HWPROBE_KEYS 10

#endif
