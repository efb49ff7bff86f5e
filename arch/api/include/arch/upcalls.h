/*
 * Upcalls of the arch layer. Each function is defined exactly once, by the component named; a
 * missing one is a link error.
 */
#ifndef ARCH_UPCALLS_H
#define ARCH_UPCALLS_H

#include <base/types.h>

struct trap_frame;
struct arch_thread;

/*
 * kernels/NAME/main.c. First C function in the high half, on the boot thread, interrupts masked,
 * direct map covering only the kernel image and the device tree. fdt: its physical address.
 */
NORETURN void kernel_main(hartid_t boot_hart, paddr_t fdt);

/*
 * core/thread (or another owner of struct thread): storage of the boot thread, at least a struct
 * arch_thread, zero-initialised. The boot path points tp at it and fills its stack fields.
 */
extern struct thread boot_thread;

/*
 * core/irq. Handles an interrupt in kernel or user mode; cause without the interrupt bit
 * (TRAP_IRQ_*). Interrupts masked. The interrupted context continues on return; it may switch
 * threads.
 */
void trap_irq(struct trap_frame *frame, unsigned cause);

/*
 * kernels/NAME. Handles a kernel-mode exception, in this order as far as the kernel has them: a
 * vspace fills a lazily mapped page, arch_fpu_trap() loads floats, arch_fixup() ends a bad access
 * to user memory; otherwise panic_trap(frame). Interrupts are masked on entry and return.
 */
void kernel_fault(struct trap_frame *frame);

/* core/panic. The frame did not fit on the kernel stack; runs on the emergency stack of this
 * hart. */
NORETURN void kernel_stack_overflow(struct trap_frame *frame);

/*
 * core/frame. Allocates a zeroed 4 KiB page for a page table (order 2, 16 KiB aligned, for the root
 * of a G-stage table); returns its direct-map address, NULL: no memory. Not called before
 * frame_init(): until then (and while it lasts) tables come from a small pool in the kernel image.
 */
uint64_t *page_table_alloc(unsigned order);
void page_table_free(uint64_t *table, unsigned order);

#endif
