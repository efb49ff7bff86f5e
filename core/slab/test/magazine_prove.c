/*
 * Bounded proof of core/slab's inline paths: a magazine from every state that its invariant allows.
 *
 * cbmc: --unwind 32 --function prove_magazine
 * bound: prove_magazine: all capacities, all fills; one alloc or free, so any number of them
 */
#include <slab/slab.h>

unsigned nondet_unsigned(void);
void *nondet_pointer(void);
void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

static struct slab_cache cache;
static struct slab_magazine magazine;
static unsigned nr_slow;
static char object;

/* The one CPU of arch/host. */
static struct arch_thread thread;
struct arch_thread *host_current = &thread;

/* The slow halves count; they are not what is proved. */
void *slab_alloc_slow(struct slab_cache *c, unsigned long irq)
{
    nr_slow++;
    return NULL;
}

void slab_free_slow(struct slab_cache *c, void *o, unsigned long irq)
{
    nr_slow++;
}

void prove_magazine(void)
{
    unsigned capacity = nondet_unsigned(), fill = nondet_unsigned(), at = nondet_unsigned();
    void *kept, *top;
    bool is_alloc = nondet_unsigned() % 2 != 0;
    unsigned now;

    __CPROVER_assume(capacity < SLAB_MAGAZINE_SLOTS && fill <= capacity);
    __CPROVER_assume(at == 0 || at < fill);
    cache.magazines[arch_current()->cpu] = &magazine;
    for (unsigned i = 1; i < SLAB_MAGAZINE_SLOTS; i++) {
        magazine.slots[i] = nondet_pointer();
        __CPROVER_assume(magazine.slots[i] != NULL);
    }
    magazine.top = &magazine.slots[fill];
    magazine.limit = &magazine.slots[capacity];
    kept = magazine.slots[at];
    top = *magazine.top;
    if (is_alloc) {
        void *p = slab_alloc(&cache);

        __CPROVER_assert(p == (fill != 0 ? top : NULL) && nr_slow == (fill == 0),
                         "the top one, or slow");
        now = fill != 0 ? fill - 1 : 0;
    } else {
        slab_free(&cache, &object);
        __CPROVER_assert(nr_slow == (fill == capacity), "slow only if full");
        now = fill != capacity ? fill + 1 : fill;
        if (fill != capacity)
            __CPROVER_assert(*magazine.top == &object, "on top");
    }
    __CPROVER_assert(magazine.top == &magazine.slots[now] && now <= capacity, "the fill");
    __CPROVER_assert(magazine.slots[0] == NULL, "the bottom stays");
    __CPROVER_assert(magazine.slots[at] == kept, "the others stay");
}
