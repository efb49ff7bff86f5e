/*
 * Dies in the way that crash= names on the command line: for the tests of what a dying kernel
 * reports. Without crash= it says what ways there are.
 */
#include <app/app.h>
#include <arch/cpu.h>
#include <arch/memory.h>
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <console/console.h>
#include <heap/heap.h>
#include <log/log.h>
#include <percpu/percpu.h>
#include <power/power.h>
#include <string/string.h>
#include <sync/mutex.h>
#include <thread/thread.h>
#include <time/time.h>

static const char *how = "";
static volatile uintptr_t near_null = 8;
static struct mutex mutex = MUTEX_INIT(mutex);

static int set_crash(const char *value)
{
    how = value ? value : "";
    return 0;
}
BOOTARG("crash", set_crash);

/* Each level keeps a quarter of a page and is needed after the call below it. */
static NOINLINE uint64_t recurse(uint64_t depth)
{
    volatile uint64_t block[128];

    block[depth % 128] = depth;
    if (depth != UINT64_MAX)
        block[(depth + 1) % 128] = recurse(depth + 1);
    return block[depth % 128] + block[(depth + 1) % 128];
}

/* More than a stack and its guard page hold together. */
static NOINLINE void take(size_t nr_bytes)
{
    volatile char *p = __builtin_alloca(nr_bytes);

    p[0] = 'x';
}

static void ends_with_a_mutex(void *arg) NO_LOCK_CHECK("that is the crash: it stays held")
{
    mutex_lock(arg);
}

static NOINLINE void smash(size_t n)
{
    char small[16];
    volatile char *p = small;

    for (size_t i = 0; i < n; i++)
        p[i] = 'x';
}

static void panics(void)
{
    panic("as told, %d", 42);
}

static void asserts(void)
{
    assert(str_equal(how, "something else"));
}

static void reads_null(void)
{
    (void)*(volatile int *)near_null;
}

static void calls_null(void)
{
    ((void (*)(void))(uintptr_t)0)();
}

static void writes_text(void)
{
    *(volatile uint32_t *)(uintptr_t)image_start = 0;
}

static void writes_text_alias(void)
{
    *(volatile uint32_t *)phys_to_virt(kernel_to_phys(image_start)) = 0;
}

static void executes_data(void)
{
    ((void (*)(void))(uintptr_t)&how)();
}

static void executes_direct_map(void)
{
    ((void (*)(void))phys_to_virt(kernel_to_phys(image_start)))();
}

static void overflows(void)
{
    (void)recurse(0);
}

static void smashes(void)
{
    smash(64);
}

static void is_illegal(void)
{
    __asm__ volatile(".4byte 0xffffffff");
}

static void loses_sp(void)
{
    __asm__ volatile("li sp, 0x1234\n\tsd zero, 0(sp)");
}

static void hangs(void)
{
    for (;;)
        thread_sleep_ns(NS_PER_SEC);
}

/* DEBUG builds notice these two; others go on, for as long as it goes well. */
static void use_after_free(void)
{
    char *volatile p = heap_alloc(100);

    heap_free(p);
    p[50] = 1;
    heap_free(heap_alloc(100));
    compiler_barrier(); /* no jump: the backtrace is to name this function */
}

static void free_twice(void)
{
    char *volatile p = heap_alloc(100);

    heap_free(p);
    heap_free(p);
    compiler_barrier();
}

static void dies_elsewhere(void *arg)
{
    (void)arg;
    panic("died in a thread");
}

static void spins(void *arg)
{
    volatile bool *is_running = arg;

    *is_running = true;
    for (;;)
        arch_cpu_relax();
}

/* With every other CPU in an endless loop that takes interrupts. */
static void with_others_busy(void)
{
    static volatile bool is_running[64];

    for (unsigned cpu = 1; cpu < 64; cpu++) {
        struct thread_attr attr = {.affinity = 1ull << cpu};

        if (!(cpus_online & attr.affinity))
            continue;
        if (!thread_create(spins, (void *)&is_running[cpu], "spins", &attr))
            panic("no thread");
        while (!is_running[cpu])
            thread_yield();
    }
    panic("with the others busy");
}

static void write_nowhere(struct console *con, const char *bytes, size_t nr_bytes)
{
    (void)con;
    for (size_t i = 0; i < nr_bytes; i++)
        *(volatile char *)near_null = bytes[i];
}

static void off_nowhere(struct power_provider *provider, bool is_failure)
{
    (void)provider;
    *(volatile char *)near_null = is_failure;
}

/* When the console's device has gone, and what turns the machine off. */
static void without_words(void)
{
    static struct console console = {.name = "nowhere", .write = write_nowhere};
    static struct power_provider power = {.name = "nowhere", .off = off_nowhere};

    console_register(&console);
    power_register(&power);
    panic("nobody reads this");
}

static void holds_a_mutex(void)
{
    thread_join(thread_create(ends_with_a_mutex, &mutex, "holder", NULL));
}

static void takes_much(void)
{
    take(40000);
}

static void panics_in_a_thread(void)
{
    thread_join(thread_create(dies_elsewhere, NULL, "dies", NULL));
}

static const struct {
    const char *name;
    void (*die)(void);
    const char *text;
} ways[] = {
    {"panic", panics, "panic()"},
    {"assert", asserts, "an assertion that fails"},
    {"null-read", reads_null, "a load near address 0"},
    {"null-call", calls_null, "a call of address 0"},
    {"write-text", writes_text, "a store to the code"},
    {"write-text-alias", writes_text_alias, "the same by the direct map"},
    {"exec-data", executes_data, "a call of a variable"},
    {"exec-direct-map", executes_direct_map, "a call of the code's place in the direct map"},
    {"overflow", overflows, "a recursion that leaves the stack"},
    {"alloca", takes_much, "more of alloca() than the stack has"},
    {"held-mutex", holds_a_mutex, "a thread that ends with a mutex held"},
    {"use-after-free", use_after_free, "a write to a block that was freed (DEBUG=1)"},
    {"double-free", free_twice, "a block freed twice (DEBUG=1)"},
    {"smash", smashes, "a buffer written beyond its end"},
    {"illegal", is_illegal, "an illegal instruction"},
    {"thread", panics_in_a_thread, "panic() in another thread"},
    {"busy", with_others_busy, "panic() while every other hart is in a loop"},
    {"wordless", without_words, "panic() with a console and a power switch that are broken"},
    {"hang", hangs, "no death: every hart sleeps, for a debugger to look at"},
    {"bad-sp", loses_sp, "a store by a stack pointer from nowhere"},
};

static void run(void)
{
    log_info("crash: %s", how);
    for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
        if (str_equal(how, ways[i].name))
            ways[i].die();
}

static void list(void)
{
    log_info("crash: name a way to die, APPEND=crash=NAME; crash=thread-NAME dies in a thread:");
    for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
        log_info("  %-16s %s", ways[i].name, ways[i].text);
}

static void run_in_thread(void *arg)
{
    (void)arg;
    run();
}

int app_main(void)
{
    if (*how == '\0') {
        list();
        return 0;
    }
    run();
    /* The same on a stack from core/kmap: crash=overflow, say, when "thread-" is in front. */
    if (str_has_prefix(how, "thread-")) {
        how += 7;
        thread_join(thread_create(run_in_thread, NULL, "crash", NULL));
    }
    log_info("crash: survived '%s'", how);
    return 0;
}
