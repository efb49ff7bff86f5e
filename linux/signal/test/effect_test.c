/*
 * What becomes of a program: default effects of signals, faults of its code, no memory for its
 * pages.
 */
#include "world.h"

#include <power/power.h>

#define SIG_UNBLOCK 1

/* --- default effects -------------------------------------------------------------------------- */

static int signal_now;

/* Blocked when it comes, so that the thread itself has to deal with it. */
static void take_unblocked(void)
{
    sigset64_t all = ~0ull;

    prepare_registers();
    signal_set_mask(all);
    assert_int_equal(sys_kill(process_current()->pid, signal_now), 0);
    assert_int_equal(sys_rt_sigprocmask(SIG_UNBLOCK, USER(&all), 0, 8), 0);
    user_return(registers());
    sys_exit(11);
}

static pid_t child_takes(int signal)
{
    signal_now = signal;
    return fork_to(take_unblocked, SIGCHLD);
}

static void most_signals_end_a_program(void **state)
{
    const int deadly[] = {SIGHUP, SIGTERM, SIGUSR1, SIGPIPE, SIGSEGV, SIGSYS, SIGRTMIN + 5, 64};

    (void)state;
    for (unsigned i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        assert_int_equal(wait_for(child_takes(deadly[i]), 0), deadly[i]);
}

static void some_do_nothing(void **state)
{
    const int harmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH};

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(wait_for(child_takes(harmless[i]), 0), 11 << 8);
    deliver(SIGWINCH);
    assert_int_equal(registers()->pc, PROGRAM_PC);
}

/* In a group of its own, that its parent ties to the session. */
static void take_as_a_job(void)
{
    struct process *me = process_current();

    group_join(me, group_create(me->pid, me->group->session));
    take_unblocked();
}

static void some_stop_it(void **state)
{
    const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        pid_t pid;

        signal_now = stops[i];
        pid = fork_to(take_as_a_job, SIGCHLD);
        assert_int_equal(wait_for(pid, WUNTRACED), stops[i] << 8 | 0x7f);
        assert_int_equal(sys_kill(pid, SIGCONT), 0);
        assert_int_equal(wait_for(pid, 0), 11 << 8);
    }
}

/* Nobody would continue it. */
static void but_not_an_orphaned_group(void **state)
{
    (void)state;
    assert_int_equal(wait_for(child_takes(SIGTSTP), WUNTRACED), 11 << 8);
}

static void stop_oneself(void)
{
    prepare_registers();
    deliver(SIGSTOP);
    sys_exit(12);
}

static void sigstop_stops_whoever_it_is(void **state)
{
    pid_t pid = fork_to(stop_oneself, SIGCHLD);

    (void)state;
    assert_int_equal(wait_for(pid, WUNTRACED), SIGSTOP << 8 | 0x7f);
    assert_int_equal(sys_kill(pid, SIGCONT), 0);
    assert_int_equal(wait_for(pid, 0), 12 << 8);
}

static void init_dies_of_none(void **state)
{
    sigset64_t all = ~0ull;

    (void)state;
    act_as(init->leader);
    init->leader->vspace = p->vspace; /* its handlers return to the vDSO there */
    prepare_registers();
    signal_set_mask(all);
    assert_int_equal(sys_kill(1, SIGTERM), 0);
    assert_int_equal(sys_kill(1, SIGTSTP), 0);
    assert_int_equal(sys_rt_sigprocmask(SIG_UNBLOCK, USER(&all), 0, 8), 0);
    user_return(registers());
    assert_int_equal(init->state, PROCESS_ALIVE);
    assert_false(init->is_stopping || init->is_exiting);
    assert_int_equal(signal_pending_set(init->leader), 0);
    on(SIGTERM, HANDLER);
    deliver(SIGTERM); /* it has a handler */
    assert_int_equal(registers()->pc, HANDLER);
}

/* --- faults ----------------------------------------------------------------------------------- */

#define MAPPED 0x100000ul /* a page that may be read */

static void map(uint64_t addr, uint64_t size, uint32_t rights)
{
    struct vspace_map_request r = {.addr = addr,
                                   .size = size,
                                   .flags = rights,
                                   .options = VSPACE_FIXED,
                                   .ops = &vma_anonymous};

    assert_int_equal(vspace_map(process_current()->vspace, &r, &addr), 0);
}

static void fault(enum host_trap trap, uint64_t addr)
{
    registers()->trap = trap;
    registers()->address = addr;
    user_fault(registers());
}

static void assert_signal(int signal, int code, uint64_t addr)
{
    struct linux_siginfo info;

    assert_true(signal_take(~0ull, &info));
    assert_int_equal(info.signo, signal);
    assert_int_equal(info.code, code);
    assert_int_equal(info.fault.addr, addr);
}

static bool is_mapped(uint64_t addr)
{
    struct vspace_translation t;

    vspace_query(p->vspace, addr, &t);
    return t.is_mapped;
}

static void pages_come_when_they_are_touched(void **state)
{
    (void)state;
    map(MAPPED, 2 * PAGE_SIZE, VMA_READ | VMA_WRITE);
    fault(HOST_TRAP_LOAD_PAGE, MAPPED);
    assert_true(is_mapped(MAPPED));
    fault(HOST_TRAP_STORE_PAGE, MAPPED + PAGE_SIZE + 8);
    assert_true(is_mapped(MAPPED + PAGE_SIZE));
    assert_false(signal_is_pending());
    assert_int_equal(p->leader->nr_minor_faults, 2);
}

static void faults_become_signals(void **state)
{
    (void)state;
    for (int signal = 1; signal <= SIGSEGV; signal++)
        if (signal != SIGKILL)
            on(signal, HANDLER);
    map(MAPPED, PAGE_SIZE, VMA_READ);
    fault(HOST_TRAP_LOAD_PAGE, 0x5000);
    assert_signal(SIGSEGV, SEGV_MAPERR, 0x5000);
    fault(HOST_TRAP_STORE_PAGE, MAPPED + 5);
    assert_signal(SIGSEGV, SEGV_ACCERR, MAPPED + 5);
    fault(HOST_TRAP_FETCH_PAGE, MAPPED);
    assert_signal(SIGSEGV, SEGV_ACCERR, MAPPED);
    fault(HOST_TRAP_ACCESS, 0x6000);
    assert_signal(SIGSEGV, SEGV_ACCERR, 0x6000);
    fault(HOST_TRAP_MISALIGNED, 0x6001);
    assert_signal(SIGBUS, BUS_ADRALN, 0x6001);
    fault(HOST_TRAP_ILLEGAL, 0);
    assert_signal(SIGILL, ILL_ILLOPC, PROGRAM_PC);
    fault(HOST_TRAP_BREAKPOINT, 0);
    assert_signal(SIGTRAP, TRAP_BRKPT, PROGRAM_PC);
}

static void fault_with_blocked(void)
{
    prepare_registers();
    on(SIGSEGV, HANDLER);
    signal_set_mask(SIGSET(SIGSEGV));
    fault(HOST_TRAP_LOAD_PAGE, 0x5000);
    user_return(registers());
    sys_exit(98);
}

static void fault_with_ignored(void)
{
    prepare_registers();
    on(SIGILL, SIG_IGN);
    fault(HOST_TRAP_ILLEGAL, 0);
    user_return(registers());
    sys_exit(98);
}

/* The instruction would fault again and again. */
static void a_fault_cannot_be_ignored(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(fault_with_blocked, SIGCHLD), 0), SIGSEGV);
    assert_int_equal(wait_for(fork_to(fault_with_ignored, SIGCHLD), 0), SIGILL);
}

static jmp_buf is_off;

static void off(struct power_provider *provider, bool is_failure)
{
    (void)provider;
    assert_true(is_failure);
    longjmp(is_off, 1);
}

static struct power_provider provider = {.name = "test", .off = off};

static void a_fault_of_init_is_the_machines(void **state)
{
    (void)state;
    power_register(&provider);
    act_as(init->leader);
    prepare_registers();
    on(SIGILL, HANDLER);
    fault(HOST_TRAP_ILLEGAL, 0); /* with a handler it is like any other */
    assert_signal(SIGILL, ILL_ILLOPC, PROGRAM_PC);
    on(SIGILL, 0);
    if (setjmp(is_off) == 0) {
        fault(HOST_TRAP_ILLEGAL, 0);
        fail();
    }
    assert_int_equal(init->exit_status, SIGILL);
    init->is_exiting = false;
}

/* --- no memory -------------------------------------------------------------------------------- */

#define NR_LARGE 64 /* pages of the largest process */

static void use_memory_and_sleep(void)
{
    struct vspace *vs = process_current()->vspace;

    map(MAPPED, NR_LARGE * PAGE_SIZE, VMA_READ | VMA_WRITE);
    assert_int_equal(vspace_populate(vs, MAPPED, NR_LARGE * PAGE_SIZE, VMA_WRITE), 0);
    sleep_long();
}

static struct frame_list {
    struct frame_list *next;
} * taken;

/* All frames there are. */
static void take_all_memory(void)
{
    struct frame *f;

    while ((f = frame_alloc(0, 0))) {
        struct frame_list *entry = frame_to_virt(f);

        entry->next = taken;
        taken = entry;
    }
}

static void give_all_back(void)
{
    while (taken) {
        struct frame_list *next = taken->next;

        frame_free(virt_to_frame(taken), 0);
        taken = next;
    }
}

/* A fault that one page satisfies (there are tables) when there is none. */
static void need_one_page(void)
{
    map(MAPPED, 2 * PAGE_SIZE, VMA_READ | VMA_WRITE);
    fault(HOST_TRAP_STORE_PAGE, MAPPED);
    take_all_memory();
    fault(HOST_TRAP_STORE_PAGE, MAPPED + PAGE_SIZE);
}

static void the_largest_process_is_sacrificed(void **state)
{
    pid_t small = fork_to(sleep_long, SIGCHLD), large = fork_to(use_memory_and_sleep, SIGCHLD);
    pid_t spared = fork_to(use_memory_and_sleep, SIGCHLD);

    (void)state;
    process_find(spared)->oom_score_adj = OOM_SCORE_ADJ_NEVER;
    need_one_page();
    give_all_back();
    assert_true(is_mapped(MAPPED + PAGE_SIZE));
    assert_int_equal(wait_for(large, WNOHANG), SIGKILL);
    assert_int_equal(sys_wait4(-1, 0, WNOHANG, 0), 0); /* and nobody else */
    assert_false(signal_is_pending());
    kill_and_wait(small);
    kill_and_wait(spared);
}

static void adjustment_names_the_victim(void **state)
{
    pid_t small = fork_to(sleep_long, SIGCHLD), large = fork_to(use_memory_and_sleep, SIGCHLD);

    (void)state;
    process_find(small)->oom_score_adj = OOM_SCORE_ADJ_MAX;
    need_one_page();
    give_all_back();
    assert_int_equal(wait_for(small, WNOHANG), SIGKILL);
    assert_int_equal(sys_wait4(-1, 0, WNOHANG, 0), 0);
    kill_and_wait(large);
}

static void fault_without_memory(void)
{
    prepare_registers();
    map(MAPPED, PAGE_SIZE, VMA_READ | VMA_WRITE);
    take_all_memory();
    fault(HOST_TRAP_STORE_PAGE, MAPPED);
    sys_exit(98);
}

/* The last resort: nobody else may go, however large. */
static void or_the_caller_itself(void **state)
{
    pid_t pid;

    (void)state;
    p->oom_score_adj = OOM_SCORE_ADJ_NEVER;
    body = fault_without_memory; /* it has inherited that */
    pid = (pid_t)sys_clone(SIGCHLD, 0, 0, 0, 0);
    map(MAPPED, NR_LARGE * PAGE_SIZE, VMA_READ | VMA_WRITE);
    assert_int_equal(vspace_populate(p->vspace, MAPPED, NR_LARGE * PAGE_SIZE, VMA_WRITE), 0);
    assert_int_equal(wait_for(pid, 0), SIGKILL);
    give_all_back();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIGNAL_TEST(most_signals_end_a_program),
        SIGNAL_TEST(some_do_nothing),
        SIGNAL_TEST(some_stop_it),
        SIGNAL_TEST(but_not_an_orphaned_group),
        SIGNAL_TEST(sigstop_stops_whoever_it_is),
        SIGNAL_TEST(init_dies_of_none),
        SIGNAL_TEST(pages_come_when_they_are_touched),
        SIGNAL_TEST(faults_become_signals),
        SIGNAL_TEST(a_fault_cannot_be_ignored),
        SIGNAL_TEST(a_fault_of_init_is_the_machines),
        SIGNAL_TEST(the_largest_process_is_sacrificed),
        SIGNAL_TEST(adjustment_names_the_victim),
        SIGNAL_TEST(or_the_caller_itself),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
