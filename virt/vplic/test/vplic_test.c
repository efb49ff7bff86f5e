/*
 * The PLIC model: priorities, thresholds, claim and complete, level-triggered sources, two
 * contexts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <vplic/vplic.h>

static struct vplic plic;
static bool external[2];

static void set_external(void *ctx, unsigned context, bool is_raised)
{
    (void)ctx;
    assert_in_range(context, 0, 1);
    assert_int_not_equal(external[context], is_raised);
    external[context] = is_raised;
}

static uint32_t rd(uint64_t offset)
{
    return (uint32_t)plic.dev.ops->read(&plic.dev, offset, 4);
}

static void wr(uint64_t offset, uint32_t value)
{
    plic.dev.ops->write(&plic.dev, offset, 4, value);
}

static int setup(void **state)
{
    (void)state;
    memset(external, 0, sizeof(external));
    vplic_init(&plic, GPA(0xc000000), 2, set_external, NULL);
    return 0;
}

static void enable(unsigned context, unsigned source)
{
    const uint64_t offset = 0x2000 + 0x80 * context + source / 32 * 4;

    wr(offset, rd(offset) | 1u << source % 32);
}

static void test_claim_and_complete(void **state)
{
    (void)state;
    wr(4 * 10, 1);
    enable(0, 10);
    vplic_set_level(&plic, 10, true);
    assert_true(external[0]);
    assert_false(external[1]);
    assert_int_equal(rd(0x1000), 1u << 10);
    assert_int_equal(rd(0x200004), 10);
    assert_false(external[0]);
    assert_int_equal(rd(0x200004), 0);
    vplic_set_level(&plic, 10, false);
    wr(0x200004, 10);
    assert_false(external[0]);
}

static void test_level_still_raised_comes_again(void **state)
{
    (void)state;
    wr(4 * 10, 1);
    enable(0, 10);
    vplic_set_level(&plic, 10, true);
    assert_int_equal(rd(0x200004), 10);
    wr(0x200004, 10);
    assert_true(external[0]);
}

/* With its line raised: nobody is told, and nothing comes again by itself. */
static void test_reset_forgets(void **state)
{
    (void)state;
    wr(4 * 10, 1);
    enable(0, 10);
    vplic_set_level(&plic, 10, true);
    assert_true(external[0]);
    vplic_reset(&plic);
    assert_int_equal(rd(0x1000), 0);
    assert_int_equal(rd(0x2000), 0);
    assert_int_equal(rd(0x200004), 0);
    external[0] = false; /* its vCPU is reset as well */
    vplic_set_level(&plic, 10, false);
    wr(4 * 10, 1);
    enable(0, 10);
    vplic_set_level(&plic, 10, true);
    assert_true(external[0]);
}

/* The gateway has handed the request on: it is served, whatever the line does. */
static void test_request_outlasts_its_line(void **state)
{
    (void)state;
    wr(4 * 10, 1);
    vplic_set_level(&plic, 10, true);
    vplic_set_level(&plic, 10, false);
    assert_int_equal(rd(0x1000), 1u << 10);
    enable(0, 10);
    assert_true(external[0]);
    assert_int_equal(rd(0x200004), 10);
    assert_false(external[0]);
    wr(0x200004, 10);
    assert_false(external[0]);
    assert_int_equal(rd(0x1000), 0);
}

static void test_priority_then_lowest_number(void **state)
{
    (void)state;
    for (unsigned s = 40; s < 43; s++) {
        wr(4 * s, s == 41 ? 3 : 2);
        enable(1, s);
        vplic_set_level(&plic, s, true);
    }
    assert_int_equal(rd(0x201004), 41);
    assert_int_equal(rd(0x201004), 40);
    assert_int_equal(rd(0x201004), 42);
    assert_int_equal(rd(0x201004), 0);
}

static void test_threshold_and_priority_zero_mask(void **state)
{
    (void)state;
    enable(0, 5);
    vplic_set_level(&plic, 5, true);
    assert_false(external[0]); /* priority 0: never */
    wr(4 * 5, 2);
    assert_true(external[0]);
    wr(0x200000, 2);
    assert_false(external[0]);
    wr(0x200000, 1);
    assert_true(external[0]);
}

static void test_complete_of_what_is_not_in_service(void **state)
{
    (void)state;
    wr(4 * 5, 1);
    enable(0, 5);
    vplic_set_level(&plic, 5, true);
    wr(0x200004, 5);   /* not claimed yet */
    wr(0x200004, 6);   /* never raised */
    wr(0x200004, ~0u); /* does not exist */
    assert_int_equal(rd(0x200004), 5);
    wr(0x201004, 5); /* context 1 does not have it enabled */
    assert_false(external[0]);
    wr(0x200004, 5);
    assert_true(external[0]);
}

static void test_source_zero_does_not_exist(void **state)
{
    (void)state;
    wr(0, 7);
    assert_int_equal(rd(0), 0);
    wr(0x2000, ~0u);
    assert_int_equal(rd(0x2000), ~1u);
    vplic_set_level(&plic, 0, true);
    vplic_set_level(&plic, VPLIC_NR_SOURCES, true);
    assert_false(external[0]);
}

static void test_hostile_accesses(void **state)
{
    uint64_t x = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        const unsigned size = 1u << (x >> 61 & 3);
        uint64_t offset = (x >> 20) % (VPLIC_SIZE - 8);

        if (x >> 60 & 1)
            offset &= 0x20fffc;
        if (x >> 59 & 1)
            plic.dev.ops->write(&plic.dev, offset, size, x);
        else
            plic.dev.ops->read(&plic.dev, offset, size);
        vplic_set_level(&plic, x >> 50 & 0x7f, x >> 49 & 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_claim_and_complete, setup),
        cmocka_unit_test_setup(test_level_still_raised_comes_again, setup),
        cmocka_unit_test_setup(test_request_outlasts_its_line, setup),
        cmocka_unit_test_setup(test_reset_forgets, setup),
        cmocka_unit_test_setup(test_priority_then_lowest_number, setup),
        cmocka_unit_test_setup(test_threshold_and_priority_zero_mask, setup),
        cmocka_unit_test_setup(test_complete_of_what_is_not_in_service, setup),
        cmocka_unit_test_setup(test_source_zero_does_not_exist, setup),
        cmocka_unit_test_setup(test_hostile_accesses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
