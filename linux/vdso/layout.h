/*
 * Where things are in the vDSO's one page, as image/image.ld places them; shared by the kernel's
 * side and the program's.
 */
#ifndef VDSO_LAYOUT_H
#define VDSO_LAYOUT_H

#define VDSO_TIME_OFFSET      0x7c0
#define VDSO_SIGRETURN_OFFSET 0x800

#ifndef __ASSEMBLY__
#include <stdint.h>

/*
 * Nanoseconds since boot are ticks * mult >> shift (128-bit product); the wall clock is realtime_ns
 * more. That one word is all that ever changes, so no sequence lock is needed.
 */
struct vdso_time {
    uint64_t mult;        /* [I] */
    uint64_t shift;       /* [I] */
    uint64_t realtime_ns; /* [a] */
};
#endif

#endif
