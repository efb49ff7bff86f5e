/*
 * Kernel virtual ranges: first fit over a list of free ranges, ordered by address and merged on
 * release.
 *
 * The nodes of the list come from pages of their own, so that nothing here needs a heap. Each range
 * gets one page more than asked for, at its low end, which stays unmapped: the guard.
 */
#include <arch/memory.h>
#include <arch/mmio.h>
#include <arch/paging.h>
#include <frame/frame.h>
#include <kmap/kmap.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <shadow/shadow.h>

#define STACKS_KEPT 32
#define LARGE_PAGE  PT_LEVEL_SIZE(1)

static struct spinlock kmap_lock = SPINLOCK_INIT("kmap"); /* the kernel's page tables, too */

struct range {
    vaddr_t start GUARDED_BY(&kmap_lock);
    uint64_t size GUARDED_BY(&kmap_lock);
    struct range *next GUARDED_BY(&kmap_lock);
};

static struct range *free_ranges GUARDED_BY(&kmap_lock); /* ascending */
static struct range *spare GUARDED_BY(&kmap_lock);       /* unused nodes */
static void *stacks[STACKS_KEPT] GUARDED_BY(&kmap_lock); /* mapped ones of KERNEL_STACK_SIZE */
static unsigned nr_stacks GUARDED_BY(&kmap_lock);

/* Before nodes run out; frame_alloc does not sleep. */
static bool spare_fill(void) REQUIRES(&kmap_lock)
{
    if (spare && spare->next)
        return true;
    struct frame *f = frame_alloc(0, 0);

    if (!f)
        return spare;
    struct range *nodes = frame_to_virt(f);

    frame_count(FRAME_KMAP, 1);

    for (size_t i = 0; i < PAGE_SIZE / sizeof(*nodes); i++) {
        nodes[i].next = spare;
        spare = &nodes[i];
    }
    return true;
}

void kmap_init(void)
{
    static struct range all = {.start = ARCH_KMAP_BASE, .size = ARCH_KMAP_END - ARCH_KMAP_BASE};

    ASSUME_UNSHARED(&kmap_lock, "at boot, with one CPU");
    free_ranges = &all;
}

static void range_give_locked(vaddr_t start, uint64_t size) REQUIRES(&kmap_lock);

/*
 * Allocate a range for size bytes and return the address behind its guard page; 0: no room. The
 * address is congruent to pa modulo 2 MiB if the range is large enough for such leaves.
 */
static vaddr_t range_take(uint64_t size, paddr_t pa)
{
    unsigned long flags = spin_lock_irqsave(&kmap_lock);
    vaddr_t va = 0;

    for (struct range **link = &free_ranges; *link; link = &(*link)->next) {
        struct range *r = *link;
        uint64_t skip = size >= LARGE_PAGE ? (pa.v - (r->start + PAGE_SIZE)) & (LARGE_PAGE - 1) : 0;
        uint64_t taken = skip + PAGE_SIZE + size;

        if (r->size < taken)
            continue;
        vaddr_t start = r->start;

        va = start + skip + PAGE_SIZE;
        r->start += taken;
        r->size -= taken;
        if (r->size == 0) {
            *link = r->next;
            r->next = spare;
            spare = r;
        }
        if (skip != 0)
            range_give_locked(start, skip);
        break;
    }
    spin_unlock_irqrestore(&kmap_lock, flags);
    return va;
}

static void range_give_locked(vaddr_t start, uint64_t size)
{
    struct range **link = &free_ranges;
    struct range *before = NULL;

    for (; *link && (*link)->start < start; link = &(*link)->next)
        before = *link;
    struct range *after = *link;

    if (before && before->start + before->size == start) {
        before->size += size;
        if (after && before->start + before->size == after->start) {
            before->size += after->size;
            before->next = after->next;
            after->next = spare;
            spare = after;
        }
    } else if (after && start + size == after->start) {
        after->start = start;
        after->size += size;
    } else if (spare_fill()) {
        struct range *r = spare;

        spare = r->next;
        *r = (struct range){start, size, after};
        *link = r;
    } /* else no memory for a node: only the addresses are lost */
}

/* va, size: as range_take returned and got them. */
static void range_give(vaddr_t va, uint64_t size)
{
    unsigned long flags = spin_lock_irqsave(&kmap_lock);

    range_give_locked(va - PAGE_SIZE, size + PAGE_SIZE);
    spin_unlock_irqrestore(&kmap_lock, flags);
}

void *kmap_range(paddr_t pa, uint64_t size, uint64_t flags)
{
    uint64_t in_page = pa.v & PAGE_MASK;

    if (size == 0 || pa.v + size < pa.v || size > ARCH_KMAP_END - ARCH_KMAP_BASE)
        return NULL;
    uint64_t whole = ALIGN_UP(in_page + size, PAGE_SIZE);
    vaddr_t va = range_take(whole, PADDR(pa.v - in_page));

    if (va == 0)
        return NULL;
    unsigned long irq = spin_lock_irqsave(&kmap_lock);
    int err = arch_pt_map(&arch_kernel_pt, va, PADDR(pa.v - in_page), whole, flags | PT_G, 2);

    spin_unlock_irqrestore(&kmap_lock, irq);
    if (err != 0) {
        range_give(va, whole);
        return NULL;
    }
    /* Entries may be cached as invalid: privileged specification, "Supervisor Memory-Management
     * Fence". */
    arch_tlb_shootdown_kernel(va, whole);
    return (void *)(va + in_page);
}

/* A fence for an address orders its leaf only: where a table went, everything is flushed. */
static void flush_and_free(vaddr_t va, uint64_t size, pte_t *emptied)
{
    arch_tlb_shootdown_kernel(va, emptied ? UINT64_MAX : size);
    arch_pt_free_tables(emptied);
}

void kmap_unmap(void *address, uint64_t size)
{
    vaddr_t va = ALIGN_DOWN((vaddr_t)(uintptr_t)address, PAGE_SIZE);
    uint64_t whole = ALIGN_UP((uintptr_t)address + size, PAGE_SIZE) - va;
    pte_t *emptied = NULL;
    unsigned long irq = spin_lock_irqsave(&kmap_lock);

    arch_pt_clear(&arch_kernel_pt, va, whole, NULL, NULL, &emptied);
    spin_unlock_irqrestore(&kmap_lock, irq);
    flush_and_free(va, whole, emptied);
    range_give(va, whole);
}

void *kmap_device(paddr_t pa, uint64_t size)
{
    char *regs = kmap_range(pa, size, PT_RW);

    /* The address comes from the device tree: probe it. */
    if (regs && size >= 4 && !mmio_answers(regs, 4)) {
        log_warn("no device answers at %#lx", (unsigned long)pa.v);
        kmap_unmap(regs, size);
        return NULL;
    }
    return regs;
}

static void free_page(void *ctx, vaddr_t va, pte_t pte, unsigned level)
{
    struct frame **list = ctx;
    struct frame *f = pa_to_frame(pte_to_pa(pte));

    (void)va;
    assert(level == 0);
    f->priv = (uintptr_t)*list;
    *list = f;
}

static void stack_unmap(vaddr_t va, uint64_t size)
{
    struct frame *list = NULL;
    pte_t *emptied = NULL;
    unsigned long irq = spin_lock_irqsave(&kmap_lock);

    arch_pt_clear(&arch_kernel_pt, va, size, free_page, &list, &emptied);
    spin_unlock_irqrestore(&kmap_lock, irq);
    flush_and_free(va, size, emptied);
    while (list) {
        struct frame *next = (struct frame *)(uintptr_t)list->priv;

        frame_free(list, 0);
        frame_count(FRAME_KMAP, -1);
        list = next;
    }
    range_give(va, size);
}

/* Reuse a kept stack; NULL: none. */
static void *kept_stack(void)
{
    unsigned long irq = spin_lock_irqsave(&kmap_lock);
    void *stack = nr_stacks != 0 ? stacks[--nr_stacks] : NULL;

    spin_unlock_irqrestore(&kmap_lock, irq);
    return stack;
}

void *kmap_alloc_stack(size_t size)
{
    assert(size != 0 && IS_ALIGNED(size, PAGE_SIZE));
    if (size == KERNEL_STACK_SIZE) {
        void *stack = kept_stack();

        if (stack) {
            shadow_allow(stack, size);
            return stack;
        }
    }
    vaddr_t va = range_take(size, PADDR(0));
    uint64_t done = 0;

    if (va == 0)
        return NULL;
    for (; done < size; done += PAGE_SIZE) {
        struct frame *f = frame_alloc(0, 0);
        int err = -1;

        if (f) {
            unsigned long irq = spin_lock_irqsave(&kmap_lock);

            err =
                arch_pt_map(&arch_kernel_pt, va + done, frame_to_pa(f), PAGE_SIZE, PT_RW | PT_G, 0);
            spin_unlock_irqrestore(&kmap_lock, irq);
        }
        if (err != 0) {
            if (f)
                frame_free(f, 0);
            stack_unmap(va, size);
            return NULL;
        }
        frame_count(FRAME_KMAP, 1);
    }
    arch_tlb_shootdown_kernel(va, size);
    if (!shadow_own((void *)va, size)) {
        stack_unmap(va, size);
        return NULL;
    }
    return (void *)va;
}

void kmap_free_stack(void *stack, size_t size)
{
    if (size == KERNEL_STACK_SIZE) {
        unsigned long flags = spin_lock_irqsave(&kmap_lock);
        bool is_kept = nr_stacks < STACKS_KEPT;

        if (is_kept)
            stacks[nr_stacks++] = stack;
        spin_unlock_irqrestore(&kmap_lock, flags);
        if (is_kept)
            return;
    }
    stack_unmap((vaddr_t)(uintptr_t)stack, size);
}

void kmap_shrink(void)
{
    void *stack;

    while ((stack = kept_stack()) != NULL)
        stack_unmap((vaddr_t)(uintptr_t)stack, KERNEL_STACK_SIZE);
}
