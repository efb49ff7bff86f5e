/*
 * The runner of in-kernel tests. Results go straight to the console, whatever the log level; the
 * state of the test that runs is global, since one runs at a time, and counted atomically, since
 * its threads are many.
 */
#include <ktest/ktest.h>

#include <base/errno.h>
#include <console/console.h>
#include <printf/printf.h>
#include <string/string.h>

#define REPORTS_MAX 8 /* failed expectations of one test that are printed; all are counted */

static uint32_t nr_failed;      /* [a] expectations of this test */
static const char *skip_reason; /* [a] */

static void say(const char *format, ...) PRINTF_LIKE(1, 2);

static void say(const char *format, ...)
{
    char line[200];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    console_write(line, strlen(line));
}

bool ktest_check(bool is_ok, const char *text, const char *file, int line)
{
    if (!is_ok && __atomic_fetch_add(&nr_failed, 1, __ATOMIC_RELAXED) < REPORTS_MAX)
        say("ktest: %s:%d: expected %s\n", file, line, text);
    return is_ok;
}

bool ktest_check_eq(uint64_t a, uint64_t b, const char *text, const char *file, int line)
{
    if (a != b && __atomic_fetch_add(&nr_failed, 1, __ATOMIC_RELAXED) < REPORTS_MAX) {
        say("ktest: %s:%d: expected %s, got 0x%lx and 0x%lx\n", file, line, text, (unsigned long)a,
            (unsigned long)b);
    }
    return a == b;
}

void ktest_skip(const char *reason)
{
    __atomic_store_n(&skip_reason, reason, __ATOMIC_RELAXED);
}

/* True: it did not fail. */
static bool run_one(const struct ktest *test, bool *is_skipped)
{
    nr_failed = 0;
    skip_reason = NULL;
    test->fn();
    *is_skipped = skip_reason && !nr_failed;
    if (nr_failed)
        say("ktest: %s FAILED (%u expectations)\n", test->name, nr_failed);
    else if (*is_skipped)
        say("ktest: %s skipped: %s\n", test->name, skip_reason);
    else
        say("ktest: %s ok\n", test->name);
    return nr_failed == 0;
}

int ktest_run(const char *filter)
{
    int nr_tests = 0;
    int nr_bad = 0;
    int nr_skipped = 0;

    LINKER_SET_FOREACH(ktest, struct ktest, test) {
        bool is_skipped;

        if (filter && !strstr(test->name, filter))
            continue;
        nr_tests++;
        nr_bad += !run_one(test, &is_skipped);
        nr_skipped += is_skipped;
    }
    say("ktest: %d tests, %d failed, %d skipped\n", nr_tests, nr_bad, nr_skipped);
    return nr_tests ? nr_bad : -ENOENT;
}
