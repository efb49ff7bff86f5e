/*
 * Each CPU's stacks have a lock of their own, which only tlsf_caches_drain() contends.
 *
 * Classes are 16 bytes apart up to 1 KiB and 256 bytes up to 4 KiB. A block lies in the class at or
 * below its size, a request is rounded up to a class: so any block of a class serves any request
 * for it. An empty stack, and a full one, cost the heap one operation of its instance, so that each
 * stays as bounded as that is.
 */
#include <lock/spinlock.h>
#include <percpu/percpu.h>
#include <tlsf/inline.h>
#include <tlsfcache/tlsfcache.h>

#define FINE_LIMIT   KIB(1)
#define FINE_SHIFT   4
#define COARSE_SHIFT 8
#define FIRST_COARSE ((FINE_LIMIT >> FINE_SHIFT) - (FINE_LIMIT >> COARSE_SHIFT))
#define NR_CLASSES   (FIRST_COARSE + (KIB(4) >> COARSE_SHIFT) + 1)
#define MAX_BLOCKS   16 /* in a class, of at most .. */
#define MAX_BYTES    KIB(16)

struct cpu_cache {
    struct spinlock lock;
    uint8_t nr[NR_CLASSES] GUARDED_BY(&lock);
    void *first[NR_CLASSES] GUARDED_BY(&lock);
};

static DEFINE_PER_CPU(struct cpu_cache, cpu_cache);

COLD void tlsf_caches_init(void)
{
    for_each_cpu(cpu)
        spin_init(&per_cpu(cpu_cache, cpu).lock, "heap-cache");
}

static uint64_t class_of(uint64_t size)
{
    return size < FINE_LIMIT ? size >> FINE_SHIFT : FIRST_COARSE + (size >> COARSE_SHIFT);
}

static void *pop(struct cpu_cache *c, uint64_t class)
{
    unsigned long irq = arch_irq_save();
    void *p;

    spin_lock_no_preempt(&c->lock);
    p = c->first[class];
    if (p) {
        c->first[class] = *(void **)p;
        c->nr[class]--;
    }
    spin_unlock_no_preempt(&c->lock);
    arch_irq_restore(irq);
    return p;
}

/* A caller that migrates meanwhile uses the first CPU's stacks, still under their lock. */
void *tlsf_cache_alloc(size_t *size)
{
    uint64_t block;

    if (*size > KIB(4) - TLSF_OVERHEAD)
        return NULL;
    block = tlsf_block_size(*size);
    if (block >= FINE_LIMIT)
        block = ALIGN_UP(block, 1ul << COARSE_SHIFT);
    *size = block - TLSF_OVERHEAD;
    return pop(&this_cpu(cpu_cache), class_of(block));
}

bool tlsf_cache_free(void *p)
{
    uint64_t size = tlsf_size_unlocked(p);
    uint64_t class = class_of(size);
    struct cpu_cache *c = &this_cpu(cpu_cache);
    unsigned long irq;
    bool has_room;

    if (class >= NR_CLASSES)
        return false;
    irq = arch_irq_save();
    spin_lock_no_preempt(&c->lock);
    has_room = c->nr[class] < MAX_BLOCKS && c->nr[class] * size < MAX_BYTES;
    if (has_room) {
        *(void **)p = c->first[class];
        c->first[class] = p;
        c->nr[class]++;
    }
    spin_unlock_no_preempt(&c->lock);
    arch_irq_restore(irq);
    return has_room;
}

COLD void tlsf_caches_drain(void (*give)(void *p))
{
    for_each_cpu(cpu) {
        for (uint64_t class = 0; class < NR_CLASSES; class ++) {
            void *p;

            while ((p = pop(&per_cpu(cpu_cache, cpu), class)) != NULL)
                give(p);
        }
    }
}
