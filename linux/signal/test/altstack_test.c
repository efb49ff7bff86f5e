/*
 * Where handlers run: the alternate stack (sigaltstack(2)), and programs that have no stack.
 */
#include "world.h"

#define SS_ONSTACK    1u
#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ   2048

struct sigaltstack {
    uint64_t sp;
    uint32_t flags, pad;
    uint64_t size;
};

static uint8_t alternate[KIB(4)] ALIGNED(16);

static void use_alternate(uint32_t flags)
{
    struct sigaltstack wanted = {USER(alternate), flags, 0, sizeof(alternate)};

    assert_int_equal(sys_sigaltstack(USER(&wanted), 0), 0);
}

static bool is_on_alternate(const void *at)
{
    return (const uint8_t *)at >= alternate && (const uint8_t *)at < alternate + sizeof(alternate);
}

static void a_handler_on_the_alternate_stack(void **state)
{
    struct sigaltstack old;

    (void)state;
    use_alternate(0);
    on_with(SIGUSR1, HANDLER, SA_ONSTACK, 0);
    on_with(SIGUSR2, HANDLER, SA_ONSTACK, 0);
    on(SIGHUP, HANDLER);
    deliver(SIGHUP); /* one that does not ask for it */
    assert_false(is_on_alternate(frame()));
    assert_int_equal(frame()->stack.sp, USER(alternate));
    assert_int_equal(frame()->stack.size, sizeof(alternate));
    deliver(SIGUSR1);
    assert_true(is_on_alternate(frame()));
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.flags, SS_ONSTACK);
    assert_int_equal(sys_sigaltstack(USER(&old), 0), -EPERM); /* it is in use */
    deliver(SIGUSR2);
    assert_true(is_on_alternate(frame()) && is_on_alternate((void *)frame()->context.frame.sp));
    assert_true(registers()->sp < frame()->context.frame.sp); /* below, not over the other one */
    for (int i = 0; i < 3; i++)
        (void)sys_rt_sigreturn();
    assert_int_equal(registers()->sp, USER(stack + sizeof(stack)));
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.flags, 0);
}

static void one_that_is_disarmed_meanwhile(void **state)
{
    struct sigaltstack old;

    (void)state;
    use_alternate(SS_AUTODISARM);
    on_with(SIGUSR1, HANDLER, SA_ONSTACK, 0);
    deliver(SIGUSR1);
    assert_true(is_on_alternate(frame()));
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.flags, SS_DISABLE);
    (void)sys_rt_sigreturn();
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.sp, USER(alternate));
    assert_int_equal(old.size, sizeof(alternate));
    assert_int_equal(old.flags, SS_AUTODISARM);
}

/* What a handler changes holds until it returns. */
static void one_that_a_handler_sets(void **state)
{
    struct sigaltstack old;

    (void)state;
    on(SIGUSR1, HANDLER);
    deliver(SIGUSR1);
    use_alternate(0);
    (void)sys_rt_sigreturn();
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.flags, SS_DISABLE);
    use_alternate(0);
    deliver(SIGUSR1);
    frame()->stack.size = MINSIGSTKSZ - 1; /* one that sigaltstack would not take */
    (void)sys_rt_sigreturn();
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.size, sizeof(alternate));
}

static void overflow(void)
{
    prepare_registers();
    use_alternate(0);
    on_with(SIGUSR1, HANDLER, SA_ONSTACK | SA_NODEFER, 0);
    for (unsigned i = 0; i < sizeof(alternate) / sizeof(struct signal_frame) + 1; i++)
        deliver(SIGUSR1);
    sys_exit(98);
}

static void an_alternate_stack_that_is_full(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(overflow, SIGCHLD), 0), SIGSEGV);
}

static void no_stack(void)
{
    prepare_registers();
    registers()->sp = BAD_ADDRESS;
    on(SIGUSR1, HANDLER);
    deliver(SIGUSR1);
    sys_exit(98);
}

static void no_stack_twice(void)
{
    prepare_registers();
    registers()->sp = BAD_ADDRESS;
    on(SIGSEGV, HANDLER);
    deliver(SIGSEGV);
    sys_exit(98);
}

static void a_program_without_a_stack(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(no_stack, SIGCHLD), 0), SIGSEGV);
    assert_int_equal(wait_for(fork_to(no_stack_twice, SIGCHLD), 0), SIGSEGV);
    registers()->sp = BAD_ADDRESS; /* but who has another one for SIGSEGV is told */
    use_alternate(0);
    on(SIGUSR1, HANDLER);
    on_with(SIGSEGV, 2 * HANDLER, SA_ONSTACK, 0);
    deliver(SIGUSR1);
    assert_int_equal(registers()->pc, 2 * HANDLER);
    assert_true(is_on_alternate(frame()));
    assert_int_equal(frame()->info.signo, SIGSEGV);
    assert_int_equal(frame()->info.code, SI_KERNEL);
    assert_int_equal(frame()->context.frame.pc, PROGRAM_PC);
}

/* The call is settled by the first handler, though that did not begin. */
static void a_call_of_a_program_without_a_stack(void **state)
{
    struct trap_frame *regs = registers();

    (void)state;
    use_alternate(0);
    on_with(SIGUSR1, HANDLER, SA_RESTART, 0);
    on_with(SIGSEGV, HANDLER, SA_ONSTACK | SA_RESTART, 0);
    regs->sp = BAD_ADDRESS;
    regs->trap = HOST_TRAP_CALL;
    regs->first_argument = (uint64_t)-ERESTARTSYS; /* a number like any other */
    arch_frame_set_result(regs, -ERESTARTSYS);
    deliver(SIGUSR1);
    assert_int_equal(frame()->info.signo, SIGSEGV);
    assert_int_equal(frame()->context.frame.pc, PROGRAM_PC - 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIGNAL_TEST(a_handler_on_the_alternate_stack),
        SIGNAL_TEST(one_that_is_disarmed_meanwhile),
        SIGNAL_TEST(one_that_a_handler_sets),
        SIGNAL_TEST(an_alternate_stack_that_is_full),
        SIGNAL_TEST(a_program_without_a_stack),
        SIGNAL_TEST(a_call_of_a_program_without_a_stack),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
