/*
 * Finding data races by watchpoints (Erickson, Musuvathi, Burckhardt, Olynyk: "Effective Data-Race
 * Detection for the Kernel", OSDI 2010, as the Kernel Concurrency Sanitizer of Linux does it).
 *
 * The compiler announces every access. One in many is watched: its address stands in a small table
 * for some microseconds before it happens. An overlapping access in that time, one of the two
 * being a write and one of them plain, is a race: its maker leaves its stack, and the watcher
 * reports both. So a report is always of a race that happened; there are no false ones,
 * other than by accesses in assembly, which are not seen at all.
 *
 * A slot holds the whole watchpoint in one word, so that looking takes no lock. A watchpoint starts
 * in the 16-byte granule that its slot belongs to; an access looks at the granules it can touch and
 * the one before.
 */
#include "watch.h"

#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/timer.h>
#include <sanitize/sanitize.h>

#define NR_SLOTS 128u
#define GRANULE  16u

/* The word: the low 57 bits of the address, its size, what it is. 0: free, 1: somebody raced. */
#define WORD_ADDRESS ((1ul << 57) - 1)
#define WORD_SIZE    57
#define WORD_MARKED  (1ul << 62)
#define WORD_WRITE   (1ul << 63)
#define WORD_RACED   1ul

/* One in this many accesses is watched; a prime, to spread over loops. */
#define SKIP 211u
/* Duration; shorter with interrupts masked, since other CPUs may wait for this one. */
#define WATCH_TICKS        800u
#define WATCH_TICKS_MASKED 100u

static uint64_t slots[NR_SLOTS]; /* [a] */

/* Stored by the second access for the watcher. */
static struct {
    struct sanitize_stack stack;
    const volatile void *address;
    size_t size;
    unsigned flags;
    uint32_t is_there; /* [a] */
} racers[NR_SLOTS];

static uint32_t countdown[NR_CPUS_MAX]; /* [p] */
static uint32_t spread[NR_CPUS_MAX];    /* [p] */

static unsigned slot_of(uintptr_t granule)
{
    return (unsigned)(granule ^ granule >> 7) % NR_SLOTS;
}

static bool conflicts(uint64_t word, uintptr_t address, size_t size, unsigned flags)
{
    uintptr_t start = word & WORD_ADDRESS;
    size_t watched = (word >> WORD_SIZE & 15) + 1;

    address &= WORD_ADDRESS;
    if (word <= WORD_RACED || address >= start + watched || start >= address + size)
        return false;
    if (!(word & WORD_WRITE) && !(flags & ACCESS_WRITE))
        return false;
    return !((word & WORD_MARKED) && (flags & ACCESS_MARKED));
}

static const char *name_of(unsigned flags)
{
    static const char *const names[] = {"read", "write", "marked read", "marked write"};

    return names[flags & 3];
}

/* Report the race to the watcher. */
static NOINLINE void leave_word(unsigned slot, uint64_t word, const volatile void *address,
                                size_t size, unsigned flags, uintptr_t pc)
{
    unsigned long irq = sanitize_pause();

    if (__atomic_compare_exchange_n(&slots[slot], &word, WORD_RACED, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
        racers[slot].address = address;
        racers[slot].size = size;
        racers[slot].flags = flags;
        sanitize_stack_take(&racers[slot].stack, pc);
        __atomic_store_n(&racers[slot].is_there, 1, __ATOMIC_RELEASE);
    }
    sanitize_resume(irq);
}

static void report(unsigned slot, const volatile void *address, size_t size, unsigned flags,
                   uintptr_t pc)
{
    struct sanitize_stack here;
    unsigned long irq;

    while (!__atomic_load_n(&racers[slot].is_there, __ATOMIC_ACQUIRE))
        arch_cpu_relax();
    sanitize_stack_take(&here, pc);
    if (sanitize_report_begin(pc, racers[slot].stack.pc[0], &irq)) {
        sanitize_print("\nsanitizer: race: %s of %lu bytes at %p, %s of %lu bytes at %p\n",
                       name_of(flags), (unsigned long)size, (const void *)(uintptr_t)address,
                       name_of(racers[slot].flags), (unsigned long)racers[slot].size,
                       (const void *)(uintptr_t)racers[slot].address);
        sanitize_print_stack(name_of(flags), &here);
        sanitize_print_stack(name_of(racers[slot].flags), &racers[slot].stack);
        sanitize_report_end(irq);
    }
    __atomic_store_n(&racers[slot].is_there, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&slots[slot], 0, __ATOMIC_RELEASE);
}

static NOINLINE void watch(const volatile void *address, size_t size, unsigned flags, uintptr_t pc)
{
    unsigned slot = slot_of((uintptr_t)address / GRANULE);
    uint64_t word = ((uintptr_t)address & WORD_ADDRESS) | (uint64_t)(size - 1) << WORD_SIZE |
                    (flags & ACCESS_MARKED ? WORD_MARKED : 0) |
                    (flags & ACCESS_WRITE ? WORD_WRITE : 0);
    uint64_t none = 0, end;
    unsigned long irq = sanitize_pause();
    bool is_masked = !irq;

    if (__atomic_compare_exchange_n(&slots[slot], &none, word, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
        end = arch_time() + (is_masked ? WATCH_TICKS_MASKED : WATCH_TICKS);
        while (arch_time() < end && __atomic_load_n(&slots[slot], __ATOMIC_RELAXED) == word)
            arch_cpu_relax();
        if (!__atomic_compare_exchange_n(&slots[slot], &word, 0, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            report(slot, address, size, flags, pc);
    }
    sanitize_resume(irq);
}

void watch_access(const volatile void *address, size_t size, unsigned flags, uintptr_t pc)
{
    uintptr_t granule = (uintptr_t)address / GRANULE;
    uintptr_t last = ((uintptr_t)address + size - 1) / GRANULE;
    unsigned cpu;

    for (uintptr_t g = granule - 1; g <= last; g++) {
        uint64_t word = __atomic_load_n(&slots[slot_of(g)], __ATOMIC_RELAXED);

        if (unlikely(word != 0) && conflicts(word, (uintptr_t)address, size, flags) &&
            !sanitize_is_paused())
            leave_word(slot_of(g), word, address, size, flags, pc);
    }
    cpu = arch_current()->cpu;
    if (likely(countdown[cpu]-- != 0))
        return;
    spread[cpu] = spread[cpu] * 1103515245u + 12345u;
    countdown[cpu] = SKIP / 2 + (spread[cpu] >> 8) % SKIP;
    if (!sanitize_is_paused())
        watch(address, size, flags, pc);
}
