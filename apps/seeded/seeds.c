/* <seeds.h> */
#include "seeds.h"

#include <arch/cpu.h>
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <log/log.h>
#include <percpu/percpu.h>
#include <slab/slab.h>
#include <string/string.h>
#include <thread/thread.h>
#include <time/time.h>

static const char *seed = "nothing";

static int set_seed(const char *value)
{
    seed = value ? value : "";
    return 0;
}
BOOTARG("seed", set_seed);

/* Not known to the compiler. */
static volatile int thirty_three = 33, big = INT32_MAX, nine = 9;

/* --- undefined -------------------------------------------------------------------------------- */

static NOINLINE int shift(void)
{
    return 1 << thirty_three;
}

static NOINLINE int add(void)
{
    return big + 1;
}

static NOINLINE int array_index(void)
{
    static const int table[8] = {1};

    return table[nine - 1];
}

/* --- race ------------------------------------------------------------------------------------- */

static int counter;
static volatile bool is_over;

static NOINLINE void count(void)
{
    counter++; /* two CPUs, no lock */
}

static void counts(void *arg)
{
    (void)arg;
    while (!is_over)
        count();
}

static NOINLINE void race(void)
{
    struct thread_attr attr = {.affinity = 1ull << 1};
    struct thread *other;
    uint64_t end;

    if (cpu_count() < 2) {
        log_err("seed=race wants two harts");
        return;
    }
    other = thread_create(counts, NULL, "counts", &attr);
    end = time_deadline_ns(5 * NS_PER_SEC);
    while (time_now_ns() < end)
        count();
    is_over = true;
    thread_join(other);
}

/* --- address ---------------------------------------------------------------------------------- */

static char global[20];

/* Two places: each is reported once. */
static NOINLINE void touch_stack(volatile char *p)
{
    p[0] = 1;
}

static NOINLINE void touch_global(volatile char *p)
{
    p[0] = 2;
}

static NOINLINE void heap_overflow(void)
{
    char *p = heap_alloc(21);

    (void)*(volatile char *)(p + 21); /* not written: the heap's own check would end it */
    heap_free(p);
}

static NOINLINE void heap_freed(void)
{
    char *p = heap_alloc(100);

    heap_free(p);
    __asm__ volatile("" : "+r"(p));
    (void)*(volatile char *)(p + 50);
}

static NOINLINE void slab_freed(void)
{
    struct slab_cache *cache = slab_cache_create("seeded", 48, 0, NULL);
    char *p = slab_alloc(cache);

    slab_free(cache, p);
    (void)*(volatile char *)(p + 8);
    slab_cache_destroy(cache);
}

static NOINLINE void frame_freed(void)
{
    struct frame *f = frame_alloc(0, 0);
    char *p = frame_to_virt(f);

    frame_free(f, 0);
    (void)*(volatile char *)(p + 123);
}

static NOINLINE void stack_overflow(void)
{
    char room[24];

    memset(room, 0, sizeof(room));
    touch_stack(room + nine + 15);
    __asm__ volatile("");
}

static NOINLINE void global_overflow(void)
{
    touch_global(global + nine + 11);
    __asm__ volatile(""); /* no call at the end: the function stays on the stack */
}

static const struct {
    const char *name;
    void (*run)(void);
    int (*value)(void);
} seeds[] = {
    {"shift", NULL, shift},
    {"add", NULL, add},
    {"index", NULL, array_index},
    {"race", race, NULL},
    {"heap-overflow", heap_overflow, NULL},
    {"heap-freed", heap_freed, NULL},
    {"slab-freed", slab_freed, NULL},
    {"frame-freed", frame_freed, NULL},
    {"stack", stack_overflow, NULL},
    {"global", global_overflow, NULL},
};

/* NULL: there is none of that name. */
static const char *seed_run(const char *name, size_t length)
{
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        if (strlen(seeds[i].name) != length || memcmp(seeds[i].name, name, length) != 0)
            continue;
        if (seeds[i].run)
            seeds[i].run();
        else
            log_info("seeded: %d", seeds[i].value());
        return seeds[i].name;
    }
    return NULL;
}

int seeds_run(void)
{
    for (const char *name = seed, *end;; name = end + 1) {
        const char *found;

        for (end = name; *end != ',' && *end != '\0';)
            end++;
        found = seed_run(name, (size_t)(end - name));
        if (!found) {
            log_err("seed=%s: there is no such rule to break", name);
            return 1;
        }
        log_info("seeded: %s is over", found);
        if (*end == '\0')
            return 0;
    }
}
