/*
 * Registers in signal frames. A trap frame is here what it is to context.c on RV64
 * (arch/riscv/cpu): x[n] is register xn, x[0] the pc, and behind them is what is the kernel's.
 */
#include <base/types.h>

#define ARCH_IMPL_TRAP_H /* not the host's */
struct trap_frame {
    uint64_t x[32];
    uint64_t status, cause, value, orig_a0;
};

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../context.c"

static struct trap_frame frame_make(void)
{
    struct trap_frame frame = {.status = 100, .cause = 101, .value = 102, .orig_a0 = 103};

    for (unsigned i = 0; i < 32; i++)
        frame.x[i] = 1000 + i;
    return frame;
}

/* Linux's struct sigcontext: pc, x1 to x31, then the floats and fcsr. */
static void what_a_handler_sees(void **state)
{
    struct trap_frame frame = frame_make();
    struct arch_fpu_state fpu = {.fcsr = 0x1e1};
    struct machine_context context = {0};
    const uint64_t *words = (const uint64_t *)&context;

    (void)state;
    for (unsigned i = 0; i < 32; i++)
        fpu.f[i] = 2000 + i;
    machine_context_save(&context, &frame, &fpu);
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(words[i], 1000 + i);
        assert_int_equal(words[32 + i], 2000 + i);
    }
    assert_int_equal((uint32_t)words[64], 0x1e1);
    for (size_t i = 65; i < sizeof(context) / 8; i++)
        assert_int_equal(words[i], 0);
}

/* A program may write there what it likes: what is the kernel's in a frame stays. */
static void what_a_program_changes(void **state)
{
    struct trap_frame frame = frame_make();
    struct arch_fpu_state fpu = {0};
    struct machine_context context;

    (void)state;
    memset(&context, 0xff, sizeof(context));
    machine_context_load(&context, &frame, &fpu);
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(frame.x[i], UINT64_MAX);
        assert_int_equal(fpu.f[i], UINT64_MAX);
    }
    assert_int_equal(frame.status, 100);
    assert_int_equal(frame.cause, 101);
    assert_int_equal(frame.value, 102);
    assert_int_equal(frame.orig_a0, 103);
    assert_int_equal(fpu.fcsr, 0xff); /* the bits that there are */
}

static void there_and_back(void **state)
{
    struct trap_frame frame = frame_make(), back = frame_make();
    struct arch_fpu_state fpu = {.f = {1, 2, 3}, .fcsr = 0x3f}, fpu_back = {0};
    struct machine_context context = {0};

    (void)state;
    machine_context_save(&context, &frame, &fpu);
    memset(back.x, 0, sizeof(back.x));
    machine_context_load(&context, &back, &fpu_back);
    assert_memory_equal(&back, &frame, sizeof(frame));
    assert_memory_equal(&fpu_back, &fpu, sizeof(fpu));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_handler_sees),
        cmocka_unit_test(what_a_program_changes),
        cmocka_unit_test(there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
