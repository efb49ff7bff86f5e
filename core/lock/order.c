/*
 * DEBUG only: tracks the holders of locks and checks the order in which locks are taken.
 *
 * Spinlocks are held by CPUs (a run queue's lock is even handed from thread to thread), sleeping
 * locks by threads; each holder carries a list. The graph of classes is global, guarded by a lock
 * of its own that is not checked.
 */
#include <lock/delay.h>
#include <lock/order.h>
#include <lock/spinlock.h>

#ifdef DEBUG
#include <arch/smp.h>
#include <log/log.h>
#include <string/string.h>

#define NR_CLASSES 256
#define NR_HASHED  1024 /* a power of two, well above the number of name literals */

static struct lock_held cpu_held[NR_CPUS_MAX];

static uint32_t graph_lock; /* [a] */
static struct {
    const char *name;
    uint32_t depth;
} classes[NR_CLASSES];
static uint32_t nr_classes;
static uint64_t edges[NR_CLASSES][NR_CLASSES / 64]; /* [a][b]: b was taken while a was held */
static bool is_broken;                              /* reported once; no more checks */

/* Classes taken in an interrupt handler; classes taken with interrupts on. */
static bool is_of_irq[NR_CLASSES], is_open[NR_CLASSES];
static uint32_t irq_depth[NR_CPUS_MAX]; /* [p] */

/* Name literal and depth -> class, since the same text may have several addresses. */
static struct {
    const char *name;
    uint32_t depth;
    uint32_t lock_class;
} hashed[NR_HASHED];

static unsigned long graph_enter(void)
{
    unsigned long flags = arch_irq_save();

    while (__atomic_exchange_n(&graph_lock, 1, __ATOMIC_ACQUIRE))
        arch_cpu_relax();
    return flags;
}

static void graph_leave(unsigned long flags)
{
    __atomic_store_n(&graph_lock, 0, __ATOMIC_RELEASE);
    arch_irq_restore(flags);
}

static uint32_t class_by_text(const char *name, uint32_t depth)
{
    for (uint32_t c = 0; c < nr_classes; c++)
        if (classes[c].depth == depth && strcmp(classes[c].name, name) == 0)
            return c;
    if (nr_classes == NR_CLASSES)
        panic("lock order: more than %d classes", NR_CLASSES);
    classes[nr_classes].name = name;
    classes[nr_classes].depth = depth;
    return nr_classes++;
}

static uint32_t class_of(const char *name, uint32_t depth)
{
    uint32_t slot = (uint32_t)((uintptr_t)name * 0x9e3779b97f4a7c15ull >> 54) % NR_HASHED;

    for (uint32_t probes = 0; probes < NR_HASHED; probes++, slot = (slot + 1) % NR_HASHED) {
        if (hashed[slot].name == name && hashed[slot].depth == depth)
            return hashed[slot].lock_class;
        if (!hashed[slot].name) {
            hashed[slot].name = name;
            hashed[slot].depth = depth;
            hashed[slot].lock_class = class_by_text(name, depth);
            return hashed[slot].lock_class;
        }
    }
    return class_by_text(name, depth);
}

static bool has_edge(uint32_t from, uint32_t to)
{
    return edges[from][to / 64] >> to % 64 & 1;
}

/*
 * Find a path; next_hop[c] is the class after c on it. Breadth first from the end. A class always
 * has a path to itself: two locks of one class and depth may be taken in opposite order elsewhere.
 */
static bool find_way(uint32_t from, uint32_t to, uint32_t next_hop[NR_CLASSES])
{
    static uint32_t todo[NR_CLASSES];
    static bool is_seen[NR_CLASSES];
    uint32_t head = 0, tail = 0;

    memset(is_seen, 0, sizeof(is_seen));
    todo[tail++] = to;
    is_seen[to] = true;
    while (head < tail) {
        uint32_t c = todo[head++];

        if (c == from)
            return true;
        for (uint32_t before = 0; before < nr_classes; before++) {
            if (has_edge(before, c) && !is_seen[before]) {
                is_seen[before] = true;
                next_hop[before] = c;
                todo[tail++] = before;
            }
        }
    }
    return false;
}

/* The cycle of the first bad edge: written once, with the graph entered, then only read. */
static uint32_t next_hop[NR_CLASSES];

/*
 * Graph entered. Add the edge held -> wanted; false if that closes a cycle, which is in next_hop.
 */
static bool edge_add(uint32_t held, uint32_t wanted)
{
    if (has_edge(held, wanted))
        return true;
    if (!find_way(wanted, held, next_hop)) {
        edges[held][wanted / 64] |= 1ull << wanted % 64;
        return true;
    }
    is_broken = true;
    return false;
}

/*
 * Graph entered. Find a deadlock by interrupts: a class that handlers take whose holder waits, by
 * the path in next_hop, for a class held with interrupts on.
 */
static bool find_irq_circle(uint32_t *of_irq, uint32_t *open)
{
    for (*open = 0; *open < nr_classes; ++*open) {
        if (!is_open[*open])
            continue;
        for (*of_irq = 0; *of_irq < nr_classes; ++*of_irq) {
            if (!is_of_irq[*of_irq] || !find_way(*of_irq, *open, next_hop))
                continue;
            is_broken = true;
            return true;
        }
    }
    return false;
}

static NORETURN void report_irq(uint32_t of_irq, uint32_t open)
{
    log_err("lock order: '%s'/%u is taken by interrupts, and '%s'/%u is taken with interrupts on",
            classes[of_irq].name, classes[of_irq].depth, classes[open].name, classes[open].depth);
    for (uint32_t c = of_irq; c != open; c = next_hop[c])
        log_err("lock order: '%s'/%u held, then '%s'/%u", classes[c].name, classes[c].depth,
                classes[next_hop[c]].name, classes[next_hop[c]].depth);
    panic("lock order violated by interrupts");
}

void lock_order_irq_enter(void)
{
    irq_depth[arch_current()->cpu]++;
}

void lock_order_irq_exit(void)
{
    irq_depth[arch_current()->cpu]--;
}

/* A spinlock of the class was acquired. */
static void note_irq_state(const char *name, uint32_t depth)
{
    bool is_enabled = arch_irq_is_enabled(), is_bad = false;
    uint32_t lock_class, of_irq, open;
    unsigned long flags;

    if (!name || is_broken)
        return;
    flags = graph_enter();
    lock_class = class_of(name, depth);
    if ((irq_depth[arch_current()->cpu] != 0 && !is_of_irq[lock_class]) ||
        (is_enabled && !is_open[lock_class])) {
        is_of_irq[lock_class] |= irq_depth[arch_current()->cpu] != 0;
        is_open[lock_class] |= is_enabled;
        is_bad = find_irq_circle(&of_irq, &open);
    }
    graph_leave(flags);
    if (is_bad)
        report_irq(of_irq, open);
}

/* Not with the graph entered: the log has a lock of its own. */
static NORETURN void report(uint32_t held, uint32_t wanted)
{
    if (held == wanted)
        log_err("lock order: two of '%s' at the same depth, %u", classes[held].name,
                classes[held].depth);
    else
        log_err("lock order: '%s'/%u is wanted while '%s'/%u is held, but the other way round "
                "it was",
                classes[wanted].name, classes[wanted].depth, classes[held].name,
                classes[held].depth);
    for (uint32_t c = wanted; c != held; c = next_hop[c])
        log_err("lock order: '%s'/%u held, then '%s'/%u", classes[c].name, classes[c].depth,
                classes[next_hop[c]].name, classes[next_hop[c]].depth);
    panic("lock order violated");
}

void lock_order_acquire(struct lock_held *held, const void *lock, const char *lock_class,
                        uint32_t depth)
{
    uint32_t wanted, bad = NR_CLASSES, of_irq = 0, open = 0;
    bool is_new = false, is_bad_irq;
    unsigned long flags;

    for (uint32_t i = 0; i < held->nr; i++)
        if (held->locks[i].lock == lock)
            panic("lock '%s' is taken twice", lock_class ? lock_class : "?");
    if (!lock_class || held->nr == 0 || is_broken)
        return;
    flags = graph_enter();
    wanted = class_of(lock_class, depth);
    for (uint32_t i = 0; i < held->nr && bad == NR_CLASSES; i++) {
        is_new |= !has_edge(held->locks[i].lock_class, wanted);
        if (!edge_add(held->locks[i].lock_class, wanted))
            bad = held->locks[i].lock_class;
    }
    is_bad_irq = is_new && bad == NR_CLASSES && find_irq_circle(&of_irq, &open);
    graph_leave(flags);
    if (bad != NR_CLASSES)
        report(bad, wanted);
    if (is_bad_irq)
        report_irq(of_irq, open);
}

void lock_order_acquired(struct lock_held *held, const void *lock, const char *lock_class,
                         uint32_t depth)
{
    unsigned long flags;

    if (!lock_class)
        return;
    flags = graph_enter(); /* also masks interrupts, which use the same list */
    if (held->nr == LOCK_HELD_MAX)
        is_broken = true; /* the check needs every class recorded */
    else
        held->locks[held->nr++] = (__typeof__(held->locks[0])){lock, class_of(lock_class, depth)};
    graph_leave(flags);
}

void lock_order_release(struct lock_held *held, const void *lock)
{
    unsigned long flags = arch_irq_save();

    for (uint32_t i = held->nr; i-- > 0;) {
        if (held->locks[i].lock == lock) {
            held->nr--;
            for (; i < held->nr; i++)
                held->locks[i] = held->locks[i + 1];
            break;
        }
    }
    arch_irq_restore(flags);
}

const char *lock_order_last(const struct lock_held *held)
{
    return held->nr != 0 ? classes[held->locks[held->nr - 1].lock_class].name : "";
}

/*
 * --- spinlocks -----------------------------------------------------------------------------------
 */

void spin_debug_acquire(struct spinlock *lock, uint32_t depth)
{
    if (READ_ONCE(lock->holder) == arch_current()->cpu + 1)
        panic("spinlock %s taken twice by CPU %u", lock->name, arch_current()->cpu);
    lock_order_acquire(&cpu_held[arch_current()->cpu], lock, lock->name, depth);
    lock_delay();
}

void spin_debug_acquired(struct spinlock *lock, uint32_t depth)
{
    WRITE_ONCE(lock->holder, arch_current()->cpu + 1);
    lock_order_acquired(&cpu_held[arch_current()->cpu], lock, lock->name, depth);
    note_irq_state(lock->name, depth);
    lock_delay();
}

void spin_debug_release(struct spinlock *lock)
{
    if (lock->holder != arch_current()->cpu + 1)
        panic("spinlock %s released by CPU %u, which does not hold it", lock->name,
              arch_current()->cpu);
    lock_delay_and_yield();
    WRITE_ONCE(lock->holder, 0);
    lock_order_release(&cpu_held[arch_current()->cpu], lock);
}
#else
extern int nothing_here; /* an empty translation unit is not C */
#endif
