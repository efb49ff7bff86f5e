/*
 * Each CPU's stacks have a lock of their own, which only tlsf_caches_drain() contends.
 *
 * Classes are 16 bytes apart up to 1 KiB and 256 bytes up to 4 KiB. A block lies in the class at or
 * below its size, a request is rounded up to a class: so any block of a class serves any request
 * for it. An empty stack, and a full one, cost one operation of the instance, so that each stays as
 * bounded as that is.
 */
#include <base/errno.h>
#include <frame/frame.h>
#include <percpu/percpu.h>
#include <string/string.h>
#include <tlsf/inline.h>
#include <tlsfcache/tlsfcache.h>

#define FINE_LIMIT   KIB(1)
#define FINE_SHIFT   4
#define COARSE_SHIFT 8
#define FIRST_COARSE ((FINE_LIMIT >> FINE_SHIFT) - (FINE_LIMIT >> COARSE_SHIFT))
#define NR_CLASSES   (FIRST_COARSE + (KIB(4) >> COARSE_SHIFT) + 1)
#define MAX_BLOCKS   8 /* in a class, of at most .. */
#define MAX_BYTES    KIB(4)

struct cpu_cache {
    struct spinlock lock;
    uint8_t nr[NR_CLASSES];  /* lock */
    void *first[NR_CLASSES]; /* lock */
};

static struct tlsf *shared;          /* [I] */
static struct spinlock *shared_lock; /* [I] */
static struct cpu_cache *cpu_caches; /* [I] one for each CPU */

COLD int tlsf_caches_init(struct tlsf *t, struct spinlock *lock)
{
    unsigned nr = cpu_count();

    shared = t;
    shared_lock = lock;
    cpu_caches = frame_alloc_bytes(nr * sizeof(*cpu_caches));
    if (cpu_caches == NULL)
        return -ENOMEM;
    memset(cpu_caches, 0, nr * sizeof(*cpu_caches));
    while (nr-- > 0)
        spin_init(&cpu_caches[nr].lock, "heap-cache");
    return 0;
}

static unsigned shift_of(uint64_t size)
{
    return size < FINE_LIMIT ? FINE_SHIFT : COARSE_SHIFT;
}

static uint64_t class_of(uint64_t size)
{
    return (size < FINE_LIMIT ? 0 : FIRST_COARSE) + (size >> shift_of(size));
}

/* Interrupts masked. */
static ALWAYS_INLINE void *pop(struct cpu_cache *c, uint64_t class)
{
    void *p;

    spin_lock_no_preempt(&c->lock);
    p = c->first[class];
    if (p != NULL) {
        c->first[class] = *(void **)p;
        c->nr[class]--;
    }
    spin_unlock_no_preempt(&c->lock);
    return p;
}

static ALWAYS_INLINE bool push(struct cpu_cache *c, void *p, uint64_t class, uint64_t size)
{
    bool has_room;

    spin_lock_no_preempt(&c->lock);
    has_room = c->nr[class] < MAX_BLOCKS && c->nr[class] * size < MAX_BYTES;
    if (has_room) {
        *(void **)p = c->first[class];
        c->first[class] = p;
        c->nr[class]++;
    }
    spin_unlock_no_preempt(&c->lock);
    return has_room;
}

static NOINLINE size_t shared_free(void *p)
{
    size_t size;

    spin_lock_no_preempt(shared_lock);
    size = tlsf_free_compact(shared, p);
    spin_unlock_no_preempt(shared_lock);
    return size;
}

void *tlsf_cache_alloc(size_t size)
{
    unsigned long irq = arch_irq_save();
    void *p = NULL;

    if (size <= KIB(4) - TLSF_OVERHEAD) {
        uint64_t block = tlsf_block_size(size);

        block = ALIGN_UP(block, 1ul << shift_of(block));
        p = pop(&cpu_caches[cpu_index()], class_of(block));
        size = block - TLSF_OVERHEAD;
    }
    if (p == NULL) {
        spin_lock_no_preempt(shared_lock);
        p = tlsf_alloc_aligned(shared, TLSF_ALIGN, size);
        spin_unlock_no_preempt(shared_lock);
    }
    arch_irq_restore(irq);
    return p;
}

size_t tlsf_cache_free(void *p)
{
    /* Others may set or clear a flag beside the size meanwhile. */
    uint64_t size = READ_ONCE(*tlsf_head(p)) & ~TLSF_BLOCK_FLAGS;
    uint64_t class = class_of(size);
    unsigned long irq = arch_irq_save();

    if (class < NR_CLASSES && push(&cpu_caches[cpu_index()], p, class, size))
        size = 0;
    else
        size = shared_free(p);
    arch_irq_restore(irq);
    return size;
}

COLD void tlsf_caches_drain(void)
{
    for_each_cpu(cpu) {
        for (uint64_t class = 0; class < NR_CLASSES;) {
            unsigned long irq = arch_irq_save();
            void *p = pop(&cpu_caches[cpu], class);

            if (p != NULL)
                shared_free(p);
            else
                class ++;
            arch_irq_restore(irq);
        }
    }
}
