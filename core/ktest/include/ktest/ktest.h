/*
 * Tests that run inside a kernel, on the machine (or QEMU) itself.
 *
 *     KTEST(heap_survives_exhaustion)
 *     {
 *         KTEST_EXPECT(heap_alloc(SIZE_MAX) == NULL);
 *     }
 *
 * They live in a component's test/NAME_ktest.c and are gathered by a linker set; apps/ktest runs
 * them all, in thread context on the boot thread, one after the other. A failed expectation prints
 * its place and makes the test fail, and the test goes on; KTEST_REQUIRE returns from it.
 */
#ifndef KTEST_KTEST_H
#define KTEST_KTEST_H

#include <base/compiler.h>
#include <base/linkerset.h>
#include <base/types.h>

struct ktest {
    const char *name;
    void (*fn)(void);
};

LINKER_SET_DECLARE(ktest, struct ktest);

#define KTEST(test)                                                                                \
    static void PASTE(ktest_, test)(void);                                                         \
    LINKER_SET_ITEM(ktest, struct ktest, PASTE(ktest_item_, test)) = {#test, PASTE(ktest_, test)}; \
    static void PASTE(ktest_, test)(void)

#define KTEST_EXPECT(condition) ktest_check((condition), #condition, __FILE__, __LINE__)
#define KTEST_EXPECT_EQ(a, b)                                                                      \
    ktest_check_eq((uint64_t)(a), (uint64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define KTEST_REQUIRE(condition)                                                                   \
    do {                                                                                           \
        if (!KTEST_EXPECT(condition))                                                              \
            return;                                                                                \
    } while (0)
/*
 * Skip a test that does not apply to this machine (too few harts, no such device); counted
 * separately, with the reason.
 */
#define KTEST_SKIP(reason)                                                                         \
    do {                                                                                           \
        ktest_skip(reason);                                                                        \
        return;                                                                                    \
    } while (0)

/* Any thread or interrupt of a test may call these; they return the condition. */
bool ktest_check(bool is_ok, const char *text, const char *file, int line);
bool ktest_check_eq(uint64_t a, uint64_t b, const char *text, const char *file, int line);
void ktest_skip(const char *reason);

/*
 * Run every test whose name contains filter (NULL or "": all) and print
 *     ktest: NAME ok
 *     ktest: NAME FAILED (n expectations)
 *     ktest: NAME skipped: REASON
 * and at the end `ktest: N tests, F failed, S skipped`. Returns the number of failed tests, or
 * -ENOENT when no test matched.
 */
int ktest_run(const char *filter);

#endif
