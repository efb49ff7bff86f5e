/*
 * The vDSO: a page of the kernel's that is mapped into every program as a shared object of its own,
 * found through AT_SYSINFO_EHDR. C libraries read the clocks through it for the price of a function
 * call, and signal handlers return through it.
 *
 * The object is linked for user mode from image/ (make/kernel.mk, PROGRAM_SRCS) and carried in the
 * kernel's constants; at boot it is copied into one frame. The clock's factors lie in the same
 * page, readable to programs: one mapping and one page-table entry a process serve all. The symbols
 * and their version are those of Linux's riscv vDSO (vdso(7), "riscv functions").
 *
 * Life cycle: vdso_boot once, after the clock is set from the RTC; vdso_map for each new program;
 * vdso_time_changed after each step of the wall clock.
 */
#ifndef VDSO_VDSO_H
#define VDSO_VDSO_H

#include <base/compiler.h>
#include <base/types.h>
#include <vdso/hwprobe.h>

struct vma;
struct vspace;

/* Make the page. -ENOMEM. */
int vdso_boot(void) MUST_CHECK;

/* Map it at `addr` into a new program's space and set vs->vdso. -ENOMEM. */
int vdso_map(struct vspace *vs, uint64_t addr) MUST_CHECK;

/* Return address of signal handlers in a space that has the vDSO at `base`. */
uint64_t vdso_sigreturn_address(uint64_t base);

/* Publish a new wall-clock offset (core/time) to programs. Any context. */
void vdso_time_changed(void);

/*
 * Publish the values of the first VDSO_HWPROBE_KEYS keys of riscv_hwprobe(2) for all CPUs: programs
 * then read them without a system call. The values never change. Any context.
 */
void vdso_set_hwprobe(const uint64_t values[VDSO_HWPROBE_KEYS]);

#endif
