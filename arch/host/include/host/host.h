/*
 * The host's stand-in for a machine, set up by unit tests of components that need one.
 *
 * host_ram_init() makes an arena that stands for physical memory, at the physical addresses that
 * the test chooses, so that phys_to_virt() and frame descriptors work. Descriptors start out
 * inaccessible, as in the kernel: touching one whose section was not mapped is a fault. Memory is
 * reserved lazily, so an arena may be larger than the machine. Single threaded.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <setjmp.h>

#include <base/types.h>

/* Create RAM at physical [start, start+size); replaces an earlier arena. start and size are
 * multiples of 1 MiB. */
void host_ram_init(paddr_t start, uint64_t size);
void host_ram_exit(void);

/* For the provider of arch-paging: make frame descriptors accessible. -ENOSYS: va is not among
 * them. */
MUST_CHECK int host_descriptors_map(vaddr_t va, uint64_t size);

/* While not NULL, panic() and failed asserts print nothing and jump there instead of aborting. */
extern jmp_buf *host_panic_jump;
/* The message of the last panic. */
extern char host_panic_message[256];
/* Called by the host's panic() with the message. */
_Noreturn void host_panic(const char *message);

/* true if `statement` panics. */
#define HOST_PANICS(statement)                                                                     \
    ({                                                                                             \
        jmp_buf jump_;                                                                             \
        bool has_panicked_ = true;                                                                 \
        host_panic_jump = &jump_;                                                                  \
        if (setjmp(jump_) == 0) {                                                                  \
            statement;                                                                             \
            has_panicked_ = false;                                                                 \
        }                                                                                          \
        host_panic_jump = NULL;                                                                    \
        has_panicked_;                                                                             \
    })

#endif
