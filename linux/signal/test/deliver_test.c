/*
 * From pending to handled: frames of handlers and the way back, calls that are repeated, masks of
 * calls.
 */
#include "world.h"

#include <vdso/vdso.h>

#define SS_DISABLE 2

/* --- handlers --------------------------------------------------------------------------------- */

static void what_a_handler_begins_with(void **state)
{
    struct trap_frame *regs = registers();

    (void)state;
    on(SIGUSR1, HANDLER);
    deliver(SIGUSR1);
    assert_int_equal(regs->pc, HANDLER);
    assert_int_equal(regs->sp % 16, 0);
    assert_int_equal(regs->return_address, vdso_sigreturn_address(p->vspace->vdso));
    assert_int_equal(regs->arguments[0], SIGUSR1);
    assert_int_equal(regs->arguments[1], USER(&frame()->info));
    assert_int_equal(regs->arguments[2], USER(&frame()->flags));
    assert_int_equal(frame()->info.signo, SIGUSR1);
    assert_int_equal(frame()->info.code, SI_USER);
    assert_int_equal(frame()->info.queue.pid, 1000);
    assert_int_equal(frame()->context.frame.pc, PROGRAM_PC);
    assert_int_equal(frame()->stack.flags, SS_DISABLE);
    assert_false(signal_is_pending());
}

static void and_the_way_back(void **state)
{
    struct trap_frame *regs = registers(), before;

    (void)state;
    regs->arguments[0] = 77;
    regs->arguments[5] = 5;
    signal_set_mask(SIGSET(SIGHUP));
    memset(&p->leader->fpu, 3, sizeof(p->leader->fpu));
    before = *regs;
    on(SIGUSR1, HANDLER);
    deliver(SIGUSR1);
    memset(&p->leader->fpu, 4, sizeof(p->leader->fpu));
    assert_int_equal(frame()->mask, SIGSET(SIGHUP));
    assert_int_equal(sys_rt_sigreturn(), 77);
    assert_memory_equal(regs, &before, sizeof(before));
    assert_int_equal(p->leader->blocked, SIGSET(SIGHUP));
    assert_int_equal(((uint8_t *)&p->leader->fpu)[0], 3);
}

/* A handler may change what the program goes on with. */
static void a_changed_frame(void **state)
{
    (void)state;
    on(SIGUSR1, HANDLER);
    deliver(SIGUSR1);
    frame()->context.frame.pc = 0x4444;
    frame()->mask = ~0ull;
    (void)sys_rt_sigreturn();
    assert_int_equal(registers()->pc, 0x4444);
    assert_int_equal(p->leader->blocked, ~SIGNALS_UNBLOCKABLE);
}

static void a_frame_that_is_not_there(void **state)
{
    struct linux_siginfo info;

    (void)state;
    on(SIGSEGV, HANDLER);
    registers()->sp = BAD_ADDRESS;
    (void)sys_rt_sigreturn();
    assert_true(signal_take(SIGSET(SIGSEGV), &info));
    assert_int_equal(info.fault.addr, BAD_ADDRESS);
}

static void what_is_blocked_in_a_handler(void **state)
{
    (void)state;
    on_with(SIGUSR1, HANDLER, 0, SIGSET(SIGUSR2) | SIGNALS_UNBLOCKABLE);
    deliver(SIGUSR1);
    assert_int_equal(p->leader->blocked, SIGSET(SIGUSR1) | SIGSET(SIGUSR2));
    (void)sys_rt_sigreturn();
    on_with(SIGUSR1, HANDLER, SA_NODEFER, SIGSET(SIGUSR2));
    deliver(SIGUSR1);
    assert_int_equal(p->leader->blocked, SIGSET(SIGUSR2));
}

static void a_handler_for_once(void **state)
{
    (void)state;
    on_with(SIGUSR1, HANDLER, SA_RESETHAND, 0);
    deliver(SIGUSR1);
    assert_int_equal(registers()->pc, HANDLER);
    assert_int_equal(p->actions[SIGUSR1 - 1].handler, 0);
}

/* The lowest number first: the handler of the other begins above it, and so runs first. */
static void several_at_once(void **state)
{
    struct signal_frame *upper;

    (void)state;
    on(SIGUSR1, HANDLER);
    on(SIGUSR2, 2 * HANDLER);
    assert_int_equal(sys_kill(1000, SIGUSR2), 0);
    deliver(SIGUSR1);
    assert_int_equal(registers()->pc, 2 * HANDLER);
    assert_int_equal(frame()->context.frame.pc, HANDLER);
    upper = (struct signal_frame *)frame()->context.frame.sp;
    assert_int_equal(upper->context.frame.pc, PROGRAM_PC);
    (void)sys_rt_sigreturn();
    assert_int_equal(registers()->pc, HANDLER);
    assert_int_equal(p->leader->blocked, SIGSET(SIGUSR1));
    (void)sys_rt_sigreturn();
    assert_int_equal(registers()->pc, PROGRAM_PC);
    assert_int_equal(p->leader->blocked, 0);
}

/* --- calls that a signal interrupts ----------------------------------------------------------- */

/* The registers are those of a call (number 63, argument 3) with this result. */
static void in_a_call(int64_t result)
{
    struct trap_frame *regs = registers();

    prepare_registers();
    regs->trap = HOST_TRAP_CALL;
    regs->call = 63;
    regs->first_argument = 3;
    arch_frame_set_result(regs, result);
}

static void assert_repeats(const struct trap_frame *regs, uint64_t call)
{
    assert_int_equal(regs->pc, PROGRAM_PC - 4);
    assert_int_equal(regs->arguments[0], 3);
    assert_int_equal(regs->call, call);
}

static void assert_is_over(const struct trap_frame *regs, int64_t result)
{
    assert_int_equal(regs->pc, PROGRAM_PC);
    assert_int_equal(arch_frame_result(regs), result);
}

static void a_call_goes_on_after_a_handler(void **state)
{
    (void)state;
    on_with(SIGUSR1, HANDLER, SA_RESTART, 0);
    in_a_call(-ERESTARTSYS);
    deliver(SIGUSR1);
    assert_repeats(&frame()->context.frame, 63);
    assert_int_equal(sys_rt_sigreturn(), 3);
    on(SIGUSR1, HANDLER);
    in_a_call(-ERESTARTNOINTR);
    deliver(SIGUSR1);
    assert_repeats(&frame()->context.frame, 63);
}

static void or_it_does_not(void **state)
{
    (void)state;
    on(SIGUSR1, HANDLER);
    in_a_call(-ERESTARTSYS);
    deliver(SIGUSR1);
    assert_is_over(&frame()->context.frame, -EINTR);
    assert_int_equal(sys_rt_sigreturn(), -EINTR);
    on_with(SIGUSR1, HANDLER, SA_RESTART, 0);
    in_a_call(-ERESTARTNOHAND);
    deliver(SIGUSR1);
    assert_is_over(&frame()->context.frame, -EINTR);
    (void)sys_rt_sigreturn();
    in_a_call(-ERESTART_RESTARTBLOCK);
    deliver(SIGUSR1);
    assert_is_over(&frame()->context.frame, -EINTR);
    (void)sys_rt_sigreturn();
    in_a_call(5); /* nor does one that was not interrupted */
    deliver(SIGUSR1);
    assert_is_over(&frame()->context.frame, 5);
}

/* Roused for nothing: by a signal that another thread has taken. */
static void roused_without_a_signal(void **state)
{
    const int64_t results[] = {-ERESTARTSYS, -ERESTARTNOHAND, -ERESTARTNOINTR};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        in_a_call(results[i]);
        thread_interrupt(&p->leader->thread);
        user_return(registers());
        assert_repeats(registers(), 63);
        assert_false(signal_is_pending());
    }
    in_a_call(-ERESTART_RESTARTBLOCK);
    thread_interrupt(&p->leader->thread);
    user_return(registers());
    assert_repeats(registers(), 128); /* restart_syscall */
}

/* Only the first handler decides about the call. */
static void one_call_is_repeated_once(void **state)
{
    struct signal_frame *upper;

    (void)state;
    on_with(SIGUSR1, HANDLER, SA_RESTART, 0);
    on(SIGUSR2, HANDLER);
    in_a_call(-ERESTARTSYS);
    assert_int_equal(sys_kill(1000, SIGUSR2), 0);
    deliver(SIGUSR1);
    upper = (struct signal_frame *)frame()->context.frame.sp;
    assert_repeats(&upper->context.frame, 63);
    assert_int_equal(frame()->context.frame.pc, HANDLER);
}

/* What looks like such a result outside of calls is a number of the program. */
static void a_program_that_computes(void **state)
{
    (void)state;
    on(SIGUSR1, HANDLER);
    registers()->arguments[0] = (uint64_t)-ERESTARTSYS;
    deliver(SIGUSR1);
    assert_is_over(&frame()->context.frame, -ERESTARTSYS);
}

/* --- masks of calls --------------------------------------------------------------------------- */

static void a_mask_for_one_call(void **state)
{
    sigset64_t mask = SIGSET(SIGUSR2);

    (void)state;
    on(SIGUSR1, HANDLER);
    signal_set_mask(SIGSET(SIGUSR1));
    assert_int_equal(sys_kill(1000, SIGUSR1), 0);
    in_a_call(sys_rt_sigsuspend(USER(&mask), 8));
    assert_int_equal(p->leader->blocked, SIGSET(SIGUSR2));
    user_return(registers());
    assert_int_equal(p->leader->blocked, SIGSET(SIGUSR1) | SIGSET(SIGUSR2));
    assert_int_equal(frame()->mask, SIGSET(SIGUSR1)); /* what was before the call */
    assert_is_over(&frame()->context.frame, -EINTR);
    (void)sys_rt_sigreturn();
    assert_int_equal(p->leader->blocked, SIGSET(SIGUSR1));
}

static void rouse_the_parent(void)
{
    thread_interrupt(&p->leader->thread);
    sys_exit(3);
}

static void and_without_a_handler(void **state)
{
    sigset64_t mask = 0;
    pid_t pid;

    (void)state;
    signal_set_mask(SIGSET(SIGUSR1));
    body = rouse_the_parent;
    pid = (pid_t)sys_clone(SIGCHLD, 0, 0, 0, 0);
    in_a_call(sys_rt_sigsuspend(USER(&mask), 8));
    user_return(registers());
    assert_int_equal(p->leader->blocked, SIGSET(SIGUSR1));
    assert_repeats(registers(), 63); /* it sleeps again */
    assert_int_equal(wait_for(pid, 0), 0x300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIGNAL_TEST(what_a_handler_begins_with),
        SIGNAL_TEST(and_the_way_back),
        SIGNAL_TEST(a_changed_frame),
        SIGNAL_TEST(a_frame_that_is_not_there),
        SIGNAL_TEST(what_is_blocked_in_a_handler),
        SIGNAL_TEST(a_handler_for_once),
        SIGNAL_TEST(several_at_once),
        SIGNAL_TEST(a_call_goes_on_after_a_handler),
        SIGNAL_TEST(or_it_does_not),
        SIGNAL_TEST(roused_without_a_signal),
        SIGNAL_TEST(one_call_is_repeated_once),
        SIGNAL_TEST(a_program_that_computes),
        SIGNAL_TEST(a_mask_for_one_call),
        SIGNAL_TEST(and_without_a_handler),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
