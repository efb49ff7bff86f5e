#include <ktest/ktest.h>
#include <random/random.h>

KTEST(random_differs)
{
    uint64_t a = random_u64();

    KTEST_EXPECT(a != random_u64());
    KTEST_EXPECT(random_below(1) == 0);
    for (unsigned i = 0; i < 100; i++)
        KTEST_EXPECT(random_below(10) < 10);
}
