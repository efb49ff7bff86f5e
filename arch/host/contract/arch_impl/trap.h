/*
 * The arch contract on the host, where nothing traps: tests fill in frames.
 */
#ifndef ARCH_IMPL_TRAP_H
#define ARCH_IMPL_TRAP_H

#include <base/types.h>

#define TRAP_IRQ_SOFTWARE 1
#define TRAP_IRQ_TIMER    5
#define TRAP_IRQ_EXTERNAL 9

enum host_trap {
    HOST_TRAP_NONE,
    HOST_TRAP_CALL,
    HOST_TRAP_LOAD_PAGE,
    HOST_TRAP_STORE_PAGE,
    HOST_TRAP_FETCH_PAGE,
    HOST_TRAP_ILLEGAL,
    HOST_TRAP_BREAKPOINT,
    HOST_TRAP_MISALIGNED,
    HOST_TRAP_ACCESS,
};

struct trap_frame {
    uint64_t pc, sp, tls, return_address;
    uint64_t call, arguments[6]; /* the first is the result as well */
    uint64_t first_argument;     /* at entry */
    enum host_trap trap;
    uint64_t address;
};

static inline bool arch_frame_is_kernel(const struct trap_frame *frame)
{
    return false;
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
    frame->tls = tls;
}

static inline uint64_t arch_frame_return_address(const struct trap_frame *frame)
{
    return frame->return_address;
}

static inline uint64_t arch_frame_address(const struct trap_frame *frame)
{
    return frame->address;
}

static inline bool arch_frame_is_page_fault(const struct trap_frame *frame)
{
    return frame->trap == HOST_TRAP_LOAD_PAGE || frame->trap == HOST_TRAP_STORE_PAGE ||
           frame->trap == HOST_TRAP_FETCH_PAGE;
}

static inline bool arch_frame_is_fetch(const struct trap_frame *frame)
{
    return frame->trap == HOST_TRAP_FETCH_PAGE;
}

static inline bool arch_frame_is_store(const struct trap_frame *frame)
{
    return frame->trap == HOST_TRAP_STORE_PAGE;
}

static inline bool arch_frame_is_misaligned(const struct trap_frame *frame)
{
    return frame->trap == HOST_TRAP_MISALIGNED;
}

static inline bool arch_frame_is_illegal(const struct trap_frame *frame)
{
    return frame->trap == HOST_TRAP_ILLEGAL;
}

static inline bool arch_frame_is_breakpoint(const struct trap_frame *frame)
{
    return frame->trap == HOST_TRAP_BREAKPOINT;
}

static inline uint64_t arch_frame_call(const struct trap_frame *frame)
{
    return frame->call;
}

static inline void arch_frame_set_call(struct trap_frame *frame, uint64_t number)
{
    frame->call = number;
}

static inline uint64_t arch_frame_argument(const struct trap_frame *frame, unsigned n)
{
    return frame->arguments[n];
}

static inline int64_t arch_frame_result(const struct trap_frame *frame)
{
    return (int64_t)frame->arguments[0];
}

static inline void arch_frame_set_result(struct trap_frame *frame, int64_t result)
{
    frame->arguments[0] = (uint64_t)result;
}

static inline bool arch_frame_is_call(const struct trap_frame *frame)
{
    return frame->trap == HOST_TRAP_CALL;
}

static inline void arch_frame_settle_call(struct trap_frame *frame)
{
    frame->trap = HOST_TRAP_NONE;
}

static inline void arch_frame_repeat_call(struct trap_frame *frame)
{
    frame->arguments[0] = frame->first_argument;
    frame->pc -= 4;
}

static inline void arch_frame_set_handler(struct trap_frame *frame, uint64_t pc, uint64_t sp,
                                          uint64_t ret, uint64_t a, uint64_t b, uint64_t c)
{
    frame->pc = pc;
    frame->sp = sp;
    frame->return_address = ret;
    frame->arguments[0] = a;
    frame->arguments[1] = b;
    frame->arguments[2] = c;
}

#endif
