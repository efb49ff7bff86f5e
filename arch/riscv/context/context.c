/*
 * The initial context of a thread, and the walk over frame pointers.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/trap.h>
#include <riscv/asm.h>

#include "context.h"

_Static_assert(offsetof(struct arch_thread, percpu_offset) == THREAD_PERCPU, "asm.h");
_Static_assert(offsetof(struct arch_thread, cpu) == THREAD_CPU, "asm.h");
_Static_assert(offsetof(struct arch_thread, preempt_count) == THREAD_PREEMPT, "asm.h");
_Static_assert(offsetof(struct arch_thread, need_resched) == THREAD_NEED_RESCHED, "asm.h");
_Static_assert(offsetof(struct arch_thread, user_work) == THREAD_USER_WORK, "asm.h");
_Static_assert(offsetof(struct arch_thread, user_frame) == THREAD_USER_FRAME, "asm.h");
_Static_assert(offsetof(struct arch_thread, stack_base) == THREAD_STACK_BASE, "asm.h");
_Static_assert(offsetof(struct arch_thread, stack_size) == THREAD_STACK_SIZE_, "asm.h");
_Static_assert(offsetof(struct arch_thread, scratch) == THREAD_SCRATCH0, "asm.h");
_Static_assert(offsetof(struct arch_thread, overflow_base) == THREAD_OVERFLOW_BASE, "asm.h");
_Static_assert(offsetof(struct arch_thread, ra) == THREAD_RA, "asm.h");
_Static_assert(offsetof(struct arch_thread, sp) == THREAD_SP, "asm.h");
_Static_assert(offsetof(struct arch_thread, s) == THREAD_S0, "asm.h");
_Static_assert(offsetof(struct arch_thread, fpu.state) == THREAD_FPU, "asm.h");
_Static_assert(offsetof(struct arch_thread, stack_guard) == THREAD_STACK_GUARD, "asm.h");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "asm.h");
_Static_assert(offsetof(struct trap_frame, a0) == FRAME_X(10), "asm.h");
_Static_assert(offsetof(struct trap_frame, t6) == FRAME_X(31), "asm.h");
_Static_assert(offsetof(struct trap_frame, status) == FRAME_STATUS, "asm.h");
_Static_assert(offsetof(struct trap_frame, orig_a0) == FRAME_ORIG_A0, "asm.h");
_Static_assert(FRAME_SIZE % 16 == 0, "stack alignment");

void arch_thread_init(struct arch_thread *t, void *stack_base, size_t stack_size,
                      void (*entry)(void *arg), void *arg)
{
    uintptr_t top = (uintptr_t)stack_base + stack_size;

    *t = (struct arch_thread){
        .stack_base = (uintptr_t)stack_base,
        .stack_size = stack_size,
        .user_frame = top - FRAME_SIZE,
        .ra = (uintptr_t)context_start,
        .sp = top - FRAME_SIZE, /* holds a cloned user thread's registers before it runs */
        .s = {(uintptr_t)entry, (uintptr_t)arg},
        .stack_guard = arch_current()->stack_guard,
    };
}

static bool is_text(uintptr_t pc)
{
    return pc >= (uintptr_t)image_start && pc <= (uintptr_t)image_text_end;
}

/*
 * Calling convention with -fno-omit-frame-pointer: s0 points above the frame; the return address is
 * at s0 - 8, the caller's s0 at s0 - 16. An interrupted leaf function has not saved its return
 * address and keeps the caller's s0 at s0 - 8: its caller is missing in the backtrace.
 */
size_t arch_backtrace(uintptr_t fp, uintptr_t low, uintptr_t high, uintptr_t *pcs, size_t max)
{
    size_t n = 0;

    while (n < max && (fp & 7) == 0 && fp >= low + 16 && fp <= high) {
        const uintptr_t *record = (const uintptr_t *)fp - 2;

        bool is_leaf = !is_text(record[1]);

        if (!is_leaf)
            pcs[n++] = record[1];
        uintptr_t next = is_leaf ? record[1] : record[0];

        if (next <= fp)
            break;
        fp = next;
    }
    return n;
}
