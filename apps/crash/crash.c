/*
 * Dies in the way that crash= names on the command line: for the tests of what a dying kernel
 * reports.
 */
#include <app/app.h>
#include <arch/cpu.h>
#include <arch/memory.h>
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <console/console.h>
#include <log/log.h>
#include <percpu/percpu.h>
#include <power/power.h>
#include <string/string.h>
#include <thread/thread.h>
#include <time/time.h>

static const char *how = "nothing";
static volatile uintptr_t near_null = 8;

static int set_crash(const char *value)
{
    how = value != NULL ? value : "";
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

static NOINLINE void smash(size_t n)
{
    char small[16];
    volatile char *p = small;

    for (size_t i = 0; i < n; i++)
        p[i] = 'x';
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
        if (thread_create(spins, (void *)&is_running[cpu], "spins", &attr) == NULL)
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

static void run(void)
{
    log_info("crash: %s", how);
    if (str_equal(how, "panic"))
        panic("as told, %d", 42);
    else if (str_equal(how, "assert"))
        assert(str_equal(how, "something else"));
    else if (str_equal(how, "null-read"))
        (void)*(volatile int *)near_null;
    else if (str_equal(how, "null-call"))
        ((void (*)(void))(uintptr_t)0)();
    else if (str_equal(how, "write-text"))
        *(volatile uint32_t *)(uintptr_t)image_start = 0;
    else if (str_equal(how, "write-text-alias"))
        *(volatile uint32_t *)phys_to_virt(kernel_to_phys(image_start)) = 0;
    else if (str_equal(how, "exec-data"))
        ((void (*)(void))(uintptr_t)&how)();
    else if (str_equal(how, "exec-direct-map"))
        ((void (*)(void))phys_to_virt(kernel_to_phys(image_start)))();
    else if (str_equal(how, "overflow"))
        (void)recurse(0);
    else if (str_equal(how, "smash"))
        smash(64);
    else if (str_equal(how, "illegal"))
        __asm__ volatile(".4byte 0xffffffff");
    else if (str_equal(how, "thread"))
        thread_join(thread_create(dies_elsewhere, NULL, "dies", NULL));
    else if (str_equal(how, "busy"))
        with_others_busy();
    else if (str_equal(how, "wordless"))
        without_words();
    else if (str_equal(how, "hang")) /* for a debugger to look at */
        for (;;)
            thread_sleep_ns(NS_PER_SEC);
    else if (str_equal(how, "bad-sp"))
        __asm__ volatile("li sp, 0x1234\n\tsd zero, 0(sp)");
}

static void run_in_thread(void *arg)
{
    (void)arg;
    run();
}

int app_main(void)
{
    run();
    /* The same on a stack from core/kmap: crash=overflow runs there when "thread-" is in front. */
    if (str_has_prefix(how, "thread-")) {
        how += 7;
        thread_join(thread_create(run_in_thread, NULL, "crash", NULL));
    }
    log_info("crash: survived '%s'", how);
    return 0;
}
