/*
 * Trap frames of RV64 and what their fields mean: <arch/trap.h>.
 */
#ifndef ARCH_IMPL_TRAP_H
#define ARCH_IMPL_TRAP_H

#include <arch_impl/cause.h>
#include <arch_impl/status.h>
#include <base/types.h>

/* x[n] is register xn; x[0] holds the pc. This layout is shared by kernel, user and guest traps. */
struct trap_frame {
    union {
        uint64_t x[32];
        struct {
            uint64_t pc; /* sepc */
            uint64_t ra, sp, gp, tp;
            uint64_t t0, t1, t2;
            uint64_t s0, s1;
            uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
            uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
            uint64_t t3, t4, t5, t6;
        };
    };
    uint64_t status;  /* sstatus at the trap */
    uint64_t cause;   /* scause; bit 63 set for an interrupt */
    uint64_t value;   /* stval */
    uint64_t orig_a0; /* user system calls: a0 at entry, for restarts */
};

/* True if the interrupted context was in kernel mode (sstatus.SPP). */
static inline bool arch_frame_is_kernel(const struct trap_frame *frame)
{
    return (frame->status & SSTATUS_SPP) != 0;
}

static inline uint64_t arch_frame_pc(const struct trap_frame *frame)
{
    return frame->pc;
}

static inline uint64_t arch_frame_sp(const struct trap_frame *frame)
{
    return frame->sp;
}

static inline void arch_frame_set_sp(struct trap_frame *frame, uint64_t sp)
{
    frame->sp = sp;
}

static inline void arch_frame_set_tls(struct trap_frame *frame, uint64_t tls)
{
    frame->tp = tls;
}

static inline uint64_t arch_frame_return_address(const struct trap_frame *frame)
{
    return frame->ra;
}

/* --- cause --- */

static inline uint64_t arch_frame_address(const struct trap_frame *frame)
{
    return frame->value;
}

static inline bool arch_frame_is_page_fault(const struct trap_frame *frame)
{
    return frame->cause == TRAP_LOAD_PAGE || frame->cause == TRAP_STORE_PAGE ||
           frame->cause == TRAP_FETCH_PAGE;
}

static inline bool arch_frame_is_fetch(const struct trap_frame *frame)
{
    return frame->cause == TRAP_FETCH_PAGE || frame->cause == TRAP_FETCH_ACCESS;
}

static inline bool arch_frame_is_store(const struct trap_frame *frame)
{
    return frame->cause == TRAP_STORE_PAGE || frame->cause == TRAP_STORE_ACCESS;
}

static inline bool arch_frame_is_misaligned(const struct trap_frame *frame)
{
    return frame->cause == TRAP_LOAD_MISALIGNED || frame->cause == TRAP_STORE_MISALIGNED ||
           frame->cause == TRAP_FETCH_MISALIGNED;
}

static inline bool arch_frame_is_illegal(const struct trap_frame *frame)
{
    return frame->cause == TRAP_ILLEGAL;
}

static inline bool arch_frame_is_breakpoint(const struct trap_frame *frame)
{
    return frame->cause == TRAP_BREAKPOINT;
}

/* --- system calls: the number in a7, arguments from a0 on, the result in a0 --- */

static inline uint64_t arch_frame_call(const struct trap_frame *frame)
{
    return frame->a7;
}

static inline void arch_frame_set_call(struct trap_frame *frame, uint64_t number)
{
    frame->a7 = number;
}

static inline uint64_t arch_frame_argument(const struct trap_frame *frame, unsigned n)
{
    return frame->x[10 + n];
}

static inline int64_t arch_frame_result(const struct trap_frame *frame)
{
    return (int64_t)frame->a0;
}

static inline void arch_frame_set_result(struct trap_frame *frame, int64_t result)
{
    frame->a0 = (uint64_t)result;
}

static inline bool arch_frame_is_call(const struct trap_frame *frame)
{
    return frame->cause == TRAP_ECALL_USER;
}

static inline void arch_frame_settle_call(struct trap_frame *frame)
{
    frame->cause = 0;
}

/* An ecall is four bytes. */
static inline void arch_frame_repeat_call(struct trap_frame *frame)
{
    frame->a0 = frame->orig_a0;
    frame->pc -= 4;
}

static inline void arch_frame_set_handler(struct trap_frame *frame, uint64_t pc, uint64_t sp,
                                          uint64_t ret, uint64_t a, uint64_t b, uint64_t c)
{
    frame->pc = pc;
    frame->sp = sp;
    frame->ra = ret;
    frame->a0 = a;
    frame->a1 = b;
    frame->a2 = c;
}

#endif
