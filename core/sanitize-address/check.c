/*
 * Checking accesses, and reporting (-fsanitize=kernel-address; the names are those of LLVM's
 * AddressSanitizer run time).
 */
#include "address.h"

#include <arch/context.h>
#include <arch/cpu.h>
#include <sanitize/sanitize.h>
#include <shadow/shadow.h>

/* Marks that compiled code writes into the shadow itself. */
#define STACK_LEFT        0xf1
#define STACK_MIDDLE      0xf2
#define STACK_RIGHT       0xf3
#define STACK_AFTER_SCOPE 0xf8
#define GLOBAL_REDZONE    0xf9

static const char *reason_of(uint8_t mark)
{
    switch (mark) {
    case SHADOW_FREE_FRAME:
        return "use of a free frame";
    case SHADOW_FREE_OBJECT:
        return "use after free";
    case SHADOW_REDZONE:
        return "beyond the end of an object of the heap or a slab";
    case STACK_LEFT:
    case STACK_MIDDLE:
    case STACK_RIGHT:
        return "beyond the end of a variable on the stack";
    case STACK_AFTER_SCOPE:
        return "use of a variable after its scope";
    case GLOBAL_REDZONE:
        return "beyond the end of a global variable";
    default:
        return "beyond the end of an object";
    }
}

uintptr_t shadow_find(uintptr_t start, size_t size)
{
    uintptr_t end = start + size;

    for (uintptr_t at = start; at < end;) {
        uint8_t mark = *shadow_of(at);
        uintptr_t next = (at & ~7ul) + 8;

        if (mark >= 8)
            return at;
        if (mark != 0 && ((MIN(end, next) - 1) & 7) >= mark)
            return MAX(at, (at & ~7ul) + mark);
        at = next;
    }
    return 0;
}

/* A partial granule has no reason: the next one has. */
static uint8_t mark_at(uintptr_t address)
{
    uint8_t mark = *shadow_of(address);

    return mark < 8 ? *shadow_of(address + 8) : mark;
}

static NOINLINE void report(uintptr_t address, uintptr_t start, size_t size, bool is_write,
                            uintptr_t pc)
{
    struct sanitize_stack stack;
    unsigned long irq;

    if (sanitize_is_paused() || !sanitize_report_begin(pc, 0, &irq))
        return;
    sanitize_stack_take(&stack, pc);
    sanitize_print("\nsanitizer: address: %s: %s of %lu bytes at %p, of which %p is not to be "
                   "touched (shadow %02x)\n",
                   reason_of(mark_at(address)), is_write ? "write" : "read", (unsigned long)size,
                   (void *)start, (void *)address, *shadow_of(address));
    sanitize_print_stack("executed on", &stack);
    sanitize_report_end(irq);
}

void address_check(const void *start, size_t size, bool is_write, uintptr_t pc)
{
    uintptr_t at = (uintptr_t)start, bad;

    if (!shadow_is_on || size == 0 || !has_shadow(at))
        return;
    bad = shadow_find(at, size);
    if (unlikely(bad != 0))
        report(bad, at, size, is_write, pc);
}

#define PC() ((uintptr_t)__builtin_return_address(0))

/* Up to 8 bytes, aligned: one byte of shadow tells. */
static ALWAYS_INLINE void check_small(uintptr_t at, size_t size, bool is_write, uintptr_t pc)
{
    if (!shadow_is_on || !has_shadow(at))
        return;
    if (likely(*shadow_of(at) == 0 && (at & 7) + size <= 8))
        return;
    address_check((const void *)at, size, is_write, pc);
}

#define CHECKS(size)                                                                               \
    void __asan_load##size##_noabort(uintptr_t at);                                                \
    void __asan_load##size##_noabort(uintptr_t at)                                                 \
    {                                                                                              \
        check_small(at, size, false, PC());                                                        \
    }                                                                                              \
    void __asan_store##size##_noabort(uintptr_t at);                                               \
    void __asan_store##size##_noabort(uintptr_t at)                                                \
    {                                                                                              \
        check_small(at, size, true, PC());                                                         \
    }

CHECKS(1)
CHECKS(2)
CHECKS(4)
CHECKS(8)
CHECKS(16)

void __asan_loadN_noabort(uintptr_t at, size_t size);
void __asan_loadN_noabort(uintptr_t at, size_t size)
{
    address_check((const void *)at, size, false, PC());
}

void __asan_storeN_noabort(uintptr_t at, size_t size);
void __asan_storeN_noabort(uintptr_t at, size_t size)
{
    address_check((const void *)at, size, true, PC());
}

/* Before a call that does not return: clear the marks of the frames below, for the stack's next
 * use. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
    const struct arch_thread *t = arch_current();

    address_allow((void *)t->stack_base, t->stack_size);
}

/* --- global variables ------------------------------------------------------------------------- */

struct global {
    uintptr_t start;
    size_t size, size_with_redzone;
    const char *name, *module;
    uintptr_t has_dynamic_init;
    const void *location;
    uintptr_t odr;
};

void __asan_register_globals(const struct global *globals, size_t nr);
void __asan_register_globals(const struct global *globals, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        const struct global *g = &globals[i];
        uintptr_t end = ALIGN_UP(g->start + g->size, 8);

        address_forbid((void *)end, g->start + g->size_with_redzone - end, GLOBAL_REDZONE);
        if (g->size & 7)
            *shadow_of(g->start + g->size) = (uint8_t)(g->size & 7);
    }
}

void __asan_unregister_globals(const struct global *globals, size_t nr);
void __asan_unregister_globals(const struct global *globals, size_t nr)
{
    (void)globals;
    (void)nr;
}
