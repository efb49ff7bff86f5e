/*
 * The page that signal handlers return to: li a7, __NR_rt_sigreturn; ecall.
 */
#include "internal.h"

static struct frame *page;

int signal_boot(void)
{
    static const uint32_t code[] = {
        0x08b00893, /* li a7, 139 */
        0x00000073, /* ecall */
    };

    page = frame_alloc(0, FRAME_ZERO);
    if (!page)
        return -ENOMEM;
    memcpy(frame_to_virt(page), code, sizeof(code));
    arch_fence_i();
    return 0;
}

int signal_map_trampoline(struct vspace *vs)
{
    struct vspace_map_request r = {
        .addr = SIGNAL_TRAMPOLINE_ADDRESS,
        .size = PAGE_SIZE,
        .flags = VMA_READ | VMA_EXEC | VMA_SHARED,
        .options = VSPACE_FIXED,
        .ops = &vma_physical,
        .offset = frame_to_pa(page).v,
    };
    uint64_t addr;

    return vspace_map(vs, &r, &addr);
}
