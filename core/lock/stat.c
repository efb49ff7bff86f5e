/*
 * LOCKSTAT only: figures by class. The counters are atomic: an interrupt handler or another CPU
 * may hold a lock of the same class.
 */
#include <lock/stat.h>

#ifdef LOCKSTAT
#include <arch/cpu.h>
#include <string/string.h>

#define NR_CLASSES 512

/* [a] */
static struct {
    const char *name;
    const struct lock_mark *first; /* the first lock taken; its mark stands for it */
    bool is_many;
    uint64_t nr_taken, nr_shared, nr_waits, waited, held, worst, worst_masked;
} classes[NR_CLASSES];
static uint32_t nr_classes;   /* [a] grows under classes_lock */
static uint32_t classes_lock; /* [a] not one of those that are counted */

uint64_t lock_stat_now(void)
{
    return arch_instret();
}

static uint32_t class_find(const char *name)
{
    uint32_t nr = __atomic_load_n(&nr_classes, __ATOMIC_ACQUIRE);

    for (uint32_t c = 0; c < nr; c++)
        if (classes[c].name == name || strcmp(classes[c].name, name) == 0)
            return c + 1;
    return 0;
}

static uint32_t class_add(const char *name)
{
    unsigned long flags = arch_irq_save();
    uint32_t found;

    while (__atomic_exchange_n(&classes_lock, 1, __ATOMIC_ACQUIRE))
        arch_cpu_relax();
    found = class_find(name);
    if (found == 0) {
        /* Classes beyond the table are counted with the last one. */
        found = nr_classes < NR_CLASSES ? nr_classes + 1 : NR_CLASSES;
        classes[found - 1].name = name;
        __atomic_store_n(&nr_classes, found, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&classes_lock, 0, __ATOMIC_RELEASE);
    arch_irq_restore(flags);
    return found;
}

static uint32_t class_of(struct lock_mark *mark, const char *name)
{
    uint32_t c = mark->lock_class;
    const struct lock_mark *none = NULL;

    if (c == 0) {
        name = name ? name : "(without a name)";
        c = class_find(name);
        mark->lock_class = c = c != 0 ? c : class_add(name);
        if (!__atomic_compare_exchange_n(&classes[c - 1].first, &none, mark, false,
                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
            none != mark)
            WRITE_ONCE(classes[c - 1].is_many, true);
    }
    return c - 1;
}

static void add(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static void raise(uint64_t *worst, uint64_t n)
{
    uint64_t seen = READ_ONCE(*worst);

    while (n > seen &&
           !__atomic_compare_exchange_n(worst, &seen, n, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

void lock_stat_acquired(struct lock_mark *mark, const char *name, uint64_t waited_since)
{
    uint32_t c = class_of(mark, name);

    add(&classes[c].nr_taken, 1);
    if (waited_since != 0) {
        add(&classes[c].nr_waits, 1);
        add(&classes[c].waited, lock_stat_now() - waited_since);
    }
    mark->is_masked = !arch_irq_is_enabled();
    mark->since = lock_stat_now();
}

void lock_stat_acquired_shared(struct lock_mark *mark, const char *name, uint64_t waited_since)
{
    uint32_t c = class_of(mark, name);

    add(&classes[c].nr_shared, 1);
    if (waited_since != 0) {
        add(&classes[c].nr_waits, 1);
        add(&classes[c].waited, lock_stat_now() - waited_since);
    }
}

void lock_stat_release(struct lock_mark *mark)
{
    uint64_t held = lock_stat_now() - mark->since;
    uint32_t c = mark->lock_class - 1;

    add(&classes[c].held, held);
    raise(&classes[c].worst, held);
    if (mark->is_masked)
        raise(&classes[c].worst_masked, held);
}

bool lock_stat_read(uint32_t number, struct lock_stat *out)
{
    if (number >= __atomic_load_n(&nr_classes, __ATOMIC_ACQUIRE))
        return false;
    *out = (struct lock_stat){
        .name = classes[number].name,
        .is_single = !READ_ONCE(classes[number].is_many),
        .nr_taken = READ_ONCE(classes[number].nr_taken),
        .nr_shared = READ_ONCE(classes[number].nr_shared),
        .nr_waits = READ_ONCE(classes[number].nr_waits),
        .waited = READ_ONCE(classes[number].waited),
        .held = READ_ONCE(classes[number].held),
        .worst = READ_ONCE(classes[number].worst),
        .worst_masked = READ_ONCE(classes[number].worst_masked),
    };
    return true;
}

void lock_stat_reset(void)
{
    for (uint32_t c = 0; c < NR_CLASSES; c++) {
        uint64_t *counters[] = {&classes[c].nr_taken,    &classes[c].nr_shared,
                                &classes[c].nr_waits,    &classes[c].waited,
                                &classes[c].held,        &classes[c].worst,
                                &classes[c].worst_masked};

        for (uint32_t i = 0; i < ARRAY_SIZE(counters); i++)
            __atomic_store_n(counters[i], 0, __ATOMIC_RELAXED);
    }
}
#else
extern int nothing_here; /* an empty translation unit is not C */
#endif
