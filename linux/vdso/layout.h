/*
 * Where things are in the vDSO's one page, as image/image.ld places them; shared by the kernel's
 * side and the program's.
 */
#ifndef VDSO_LAYOUT_H
#define VDSO_LAYOUT_H

#define VDSO_HWPROBE_OFFSET   0x740
#define VDSO_TIME_OFFSET      0x7c0
#define VDSO_SIGRETURN_OFFSET 0x800

#ifndef __ASSEMBLY__
#include <stdint.h>

#include <vdso/hwprobe.h>

/*
 * Nanoseconds since boot are ticks * mult >> shift (128-bit product); the wall clock is realtime_ns
 * more. That one word is all that ever changes, so no sequence lock is needed.
 */
struct vdso_time {
    uint64_t mult;        /* [I] */
    uint64_t shift;       /* [I] */
    uint64_t realtime_ns; /* [a] */
};

/* Values of riscv_hwprobe(2) for all CPUs together, by key. */
struct vdso_hwprobe {
    uint64_t is_known; /* [a] 0: values are not filled in yet */
    uint64_t values[VDSO_HWPROBE_KEYS];
};
#endif

#endif
