/*
 * Futexes, with threads that sleep on them: who is woken and how many, requeueing, bits, keys,
 * limits of time; what a thread leaves behind that ends.
 */
#include "../../task/test/processes.h"

#include <string.h>
#include <sys/mman.h>

#include <abi/syscalls.h>
#include <futex/exit.h>
#include <host_user/host_user.h>
#include <pending/pending.h>
#include <pending/upcalls.h>
#include <vspace/vspace.h>

#define WAIT        0
#define WAKE        1
#define REQUEUE     3
#define CMP_REQUEUE 4
#define WAKE_OP     5
#define LOCK_PI     6
#define WAIT_BITSET 9
#define WAKE_BITSET 10
#define PRIVATE     128

#define OWNER_DIED 0x40000000u
#define WAITERS    0x80000000u

#define FIRST_TID 20
#define MEMORY    0x20000000ul /* of the programs: low, as theirs is */
#define A         MEMORY
#define B         (MEMORY + 4)
#define RUNS      1 /* a result that no call has */

static struct process *p;
static struct vspace *vs;

/* The call of thread FIRST_TID + i. */
static struct {
    vaddr_t addr;
    int op;
    uint64_t timeout;
    uint32_t bits;
    int64_t result;
} sleepers[8];
static unsigned nr_sleepers;

void timers_signal_taken_locked(struct process *process, struct linux_siginfo *info)
{
    (void)process;
    (void)info;
}

static uint32_t *word(vaddr_t addr)
{
    return (uint32_t *)addr;
}

static void program(struct trap_frame *frame)
{
    struct user_thread *ut = user_current();
    unsigned i = (unsigned)ut->tid - FIRST_TID;

    (void)frame;
    sleepers[i].result = sys_futex(sleepers[i].addr, sleepers[i].op, *word(sleepers[i].addr),
                                   sleepers[i].timeout, 0, sleepers[i].bits);
    user_thread_unpublish(ut);
    thread_exit();
}

static int begin(void **state)
{
    (void)state;
    memset(word(A), 0, 4 * PAGE_SIZE);
    nr_sleepers = 0;
    p = make_process(10, NULL, &cred_kernel);
    vs = p->vspace = p->leader->vspace = vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1));
    act_as(p->leader);
    return vs ? 0 : -1;
}

static int end(void **state)
{
    vspace_activate(NULL);
    vspace_put(vs);
    return world_end(state);
}

static struct user_thread *sleep_of(struct process *process, vaddr_t addr, int op, uint64_t timeout,
                                    uint32_t bits)
{
    unsigned i = nr_sleepers++;
    struct user_thread *ut = make_thread(process, FIRST_TID + (pid_t)i);

    sleepers[i].addr = addr;
    sleepers[i].op = op;
    sleepers[i].timeout = timeout;
    sleepers[i].bits = bits;
    sleepers[i].result = RUNS;
    ut->vspace = process->vspace;
    thread_start(&ut->thread);
    thread_detach(&ut->thread);
    thread_yield(); /* until it sleeps */
    return ut;
}

static void sleep_on(vaddr_t addr)
{
    (void)sleep_of(p, addr, WAIT | PRIVATE, 0, 0);
}

static int64_t wake(vaddr_t addr, uint32_t nr)
{
    int64_t ret = sys_futex(addr, WAKE | PRIVATE, nr, 0, 0, 0);

    thread_yield();
    return ret;
}

static void assert_awake(const char *expected)
{
    for (unsigned i = 0; expected[i]; i++)
        assert_int_equal(sleepers[i].result, expected[i] == '1' ? 0 : RUNS);
}

/* --- wait and wake ---------------------------------------------------------------------------- */

static void the_oldest_are_woken_and_no_more(void **state)
{
    (void)state;
    sleep_on(A);
    sleep_on(B);
    sleep_on(A);
    sleep_on(A);
    assert_awake("0000");
    assert_int_equal(wake(A, 2), 2);
    assert_awake("1010");
    assert_int_equal(wake(A, 0), 0);
    assert_int_equal(wake(A, 9), 1);
    assert_int_equal(wake(A, 9), 0);
    assert_awake("1011");
    assert_int_equal(wake(B, 9), 1);
}

/* A waker does not count threads that do not sleep. */
static void calls_that_do_not_sleep(void **state)
{
    (void)state;
    *word(A) = 5;
    assert_int_equal(sys_futex(A, WAIT | PRIVATE, 4, 0, 0, 0), -EAGAIN);
    assert_int_equal(sys_futex(A + 2, WAIT | PRIVATE, 5, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_futex(GIB(1), WAIT | PRIVATE, 5, 0, 0, 0), -EFAULT);
    assert_int_equal(sys_futex(PAGE_SIZE, WAIT | PRIVATE, 0, 0, 0, 0), -EFAULT);
    assert_int_equal(sys_futex(A, WAIT_BITSET | PRIVATE, 5, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_futex(A, LOCK_PI | PRIVATE, 5, 0, 0, 0), -ENOSYS);
    assert_int_equal(wake(A, 9), 0);
    assert_int_equal(wake(PAGE_SIZE, 9), 0);
}

static void only_those_with_a_common_bit(void **state)
{
    (void)state;
    for (uint32_t bits = 1; bits <= 3; bits++)
        (void)sleep_of(p, A, WAIT_BITSET | PRIVATE, 0, bits);
    assert_int_equal(sys_futex(A, WAKE_BITSET | PRIVATE, 9, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_futex(A, WAKE_BITSET | PRIVATE, 9, 0, 0, 4), 0);
    assert_int_equal(sys_futex(A, WAKE_BITSET | PRIVATE, 9, 0, 0, 2), 2);
    thread_yield();
    assert_awake("011");
    assert_int_equal(wake(A, 9), 1);
}

static void sleeps_that_end_by_themselves(void **state)
{
    struct linux_timespec t = {0, 1000}, bad = {0, 1000000000};
    struct user_thread *ut;

    (void)state;
    assert_int_equal(sys_futex(A, WAIT | PRIVATE, 0, (uint64_t)&bad, 0, 0), -EINVAL);
    assert_int_equal(sys_futex(A, WAIT | PRIVATE, 0, 8, 0, 0), -EFAULT);
    assert_int_equal(sys_futex(A, WAIT | PRIVATE, 0, (uint64_t)&t, 0, 0), -ETIMEDOUT);
    assert_int_equal(wake(A, 9), 0);
    t.tv_sec = 1000;
    ut = sleep_of(p, A, WAIT | PRIVATE, 0, 0);
    thread_interrupt(&ut->thread);
    ut = sleep_of(p, A, WAIT | PRIVATE, (uint64_t)&t, 0);
    thread_interrupt(&ut->thread);
    thread_yield();
    assert_int_equal(sleepers[0].result, -ERESTARTSYS);
    assert_int_equal(sleepers[1].result, -EINTR); /* repeated, it would last too long */
    assert_int_equal(wake(A, 9), 0);
}

/* --- requeue ---------------------------------------------------------------------------------- */

static void requeue_wakes_some_and_moves_some(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        sleep_on(A);
    assert_int_equal(sys_futex(A, CMP_REQUEUE | PRIVATE, 1, 2, B, 7), -EAGAIN);
    assert_int_equal(sys_futex(A, REQUEUE | PRIVATE, 1, 2, B, 0), 1);
    thread_yield();
    assert_awake("1000");
    assert_int_equal(wake(B, 1), 1);
    assert_awake("1100");
    assert_int_equal(wake(A, 9), 1);
    assert_awake("1101");
    assert_int_equal(sys_futex(B, CMP_REQUEUE | PRIVATE, 0, 9, A, 0), 1); /* both are counted */
    assert_int_equal(sys_futex(A, REQUEUE | PRIVATE, 0, 9, A, 0), 0);
    assert_int_equal(wake(B, 9), 0);
    assert_int_equal(wake(A, 9), 1);
}

/* One that was moved ends its sleep in its new place. */
static void one_that_was_moved_is_interrupted(void **state)
{
    struct user_thread *ut = sleep_of(p, A, WAIT | PRIVATE, 0, 0);

    (void)state;
    for (vaddr_t to = B; to < A + 64 * 4; to += 4)
        assert_int_equal(sys_futex(to - 4, CMP_REQUEUE | PRIVATE, 0, 1, to, 0), 1);
    thread_interrupt(&ut->thread);
    thread_yield();
    assert_int_equal(sleepers[0].result, -ERESTARTSYS);
    assert_int_equal(wake(A + 63 * 4, 1), 0);
}

/* op, argument, comparison, argument: FUTEX_OP() of futex(2). */
static uint32_t encode(uint32_t op, int op_arg, uint32_t cmp, int cmp_arg)
{
    return op << 28 | cmp << 24 | ((uint32_t)op_arg & 0xfff) << 12 | ((uint32_t)cmp_arg & 0xfff);
}

static void wake_op_changes_and_compares(void **state)
{
    (void)state;
    sleep_on(A);
    sleep_on(B);
    *word(B) = 5;
    assert_int_equal(sys_futex(A, WAKE_OP | PRIVATE, 1, 1, B, encode(1, -2, 4, 5)), 1);
    thread_yield();
    assert_awake("10"); /* 5 > 5 is not so */
    assert_int_equal(*word(B), 3);
    assert_int_equal(sys_futex(A, WAKE_OP | PRIVATE, 1, 1, B, encode(8 + 2, 4, 5, -1)), 1);
    assert_int_equal(*word(B), 3 | 1 << 4);
    thread_yield();
    assert_awake("11");
    assert_int_equal(sys_futex(A, WAKE_OP | PRIVATE, 1, 1, B, encode(5, 0, 0, 0)), -ENOSYS);
    assert_int_equal(sys_futex(A, WAKE_OP | PRIVATE, 1, 1, B, encode(0, 0, 6, 0)), -ENOSYS);
    assert_int_equal(*word(B), 3 | 1 << 4);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void map(struct vspace *space, vaddr_t addr, const struct vma_ops *ops, void *object)
{
    struct vspace_map_request r = {.addr = addr,
                                   .size = PAGE_SIZE,
                                   .flags = VMA_READ | VMA_WRITE | (object ? VMA_SHARED : 0),
                                   .options = VSPACE_FIXED,
                                   .ops = ops,
                                   .object = object};

    assert_int_equal(vspace_map(space, &r, &addr), 0);
}

/* One word at two addresses of two processes; the same address of private memory is not one. */
static void shared_memory_is_known_by_its_object(void **state)
{
    struct process *other = make_process(11, p, &cred_kernel);
    struct vma_shared_object *object = vma_shared_create(PAGE_SIZE);
    vaddr_t there = MEMORY + PAGE_SIZE, own = MEMORY + 2 * PAGE_SIZE;

    (void)state;
    other->vspace = vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1));
    map(vs, MEMORY, &vma_shared, object);
    map(other->vspace, there, &vma_shared, object);
    map(vs, own, &vma_anonymous, NULL);
    map(other->vspace, own, &vma_anonymous, NULL);
    (void)sleep_of(other, there + 8, WAIT, 0, 0);
    (void)sleep_of(other, own, WAIT, 0, 0);
    assert_int_equal(sys_futex(MEMORY + 4, WAKE, 9, 0, 0, 0), 0);
    assert_int_equal(sys_futex(MEMORY + 8, WAKE | PRIVATE, 9, 0, 0, 0), 0);
    assert_int_equal(sys_futex(own, WAKE, 9, 0, 0, 0), 0);
    assert_int_equal(sys_futex(MEMORY + 8, WAKE, 9, 0, 0, 0), 1);
    other->leader->vspace = other->vspace;
    act_as(other->leader);
    assert_int_equal(sys_futex(own, WAKE | PRIVATE, 9, 0, 0, 0), 0);
    assert_int_equal(sys_futex(own, WAKE, 9, 0, 0, 0), 1);
    thread_yield();
    assert_awake("11");
    vma_shared_put(object);
    vspace_activate(NULL);
    vspace_put(other->vspace);
}

/* --- the end of a thread ---------------------------------------------------------------------- */

struct lock {
    uint64_t next;
    uint32_t word, pad;
};

static struct {
    uint64_t next;
    int64_t offset;
    uint64_t pending;
} *const list = (void *)(MEMORY + PAGE_SIZE);
static struct lock *const locks = (void *)(MEMORY + PAGE_SIZE + 64);

static void link_locks(unsigned nr)
{
    *word(A) = 0;
    list->next = (uint64_t)(uintptr_t)&locks[0];
    list->offset = offsetof(struct lock, word);
    for (unsigned i = 0; i < nr; i++) {
        locks[i].next = (uint64_t)(uintptr_t)(i + 1 < nr ? (void *)&locks[i + 1] : (void *)list);
        locks[i].word = 10;
    }
    assert_int_equal(sys_set_robust_list((vaddr_t)list, 24), 0);
}

static void locks_of_a_thread_that_ends(void **state)
{
    (void)state;
    link_locks(4);
    map(vs, MEMORY + PAGE_SIZE, &vma_anonymous, NULL);
    locks[0].word = 10 | WAITERS;
    locks[1].word = 77;                             /* somebody else's */
    list->pending = (uint64_t)(uintptr_t)&locks[3]; /* about to be taken out */
    (void)sleep_of(p, (vaddr_t)&locks[0].word, WAIT, 0, 0);
    (void)sleep_of(p, (vaddr_t)&locks[0].word, WAIT, 0, 0);
    futex_thread_exit(p->leader);
    thread_yield();
    assert_awake("10");
    assert_int_equal(locks[0].word, WAITERS | OWNER_DIED);
    assert_int_equal(locks[1].word, 77);
    assert_int_equal(locks[2].word, OWNER_DIED);
    assert_int_equal(locks[3].word, OWNER_DIED);
    assert_int_equal(p->leader->robust_list, 0);
    assert_int_equal(sys_futex((vaddr_t)&locks[0].word, WAKE, 1, 0, 0, 0), 1);
    thread_yield();
}

/* The list is the program's: without an end, or into nowhere. */
static void lists_that_are_none(void **state)
{
    (void)state;
    link_locks(2);
    locks[1].next = (uint64_t)(uintptr_t)&locks[0];
    futex_thread_exit(p->leader);
    assert_int_equal(locks[1].word, OWNER_DIED);
    link_locks(3);
    locks[0].next = PAGE_SIZE;
    futex_thread_exit(p->leader);
    assert_int_equal(locks[0].word, OWNER_DIED);
    assert_int_equal(locks[1].word, 10);
    assert_int_equal(sys_set_robust_list(PAGE_SIZE, 24), 0);
    futex_thread_exit(p->leader);
    assert_int_equal(sys_set_robust_list((vaddr_t)list, 16), -EINVAL);
}

static void who_may_see_a_list(void **state)
{
    struct process *user = make_process(11, p, &user_1000);
    uint64_t head = 0, size = 0;

    (void)state;
    link_locks(1);
    assert_int_equal(sys_get_robust_list(0, (vaddr_t)&head, (vaddr_t)&size), 0);
    assert_int_equal(head, (uint64_t)(uintptr_t)list);
    assert_int_equal(size, 24);
    act_as(user->leader);
    assert_int_equal(sys_get_robust_list(10, (vaddr_t)&head, (vaddr_t)&size), -EPERM);
    assert_int_equal(sys_get_robust_list(999, (vaddr_t)&head, (vaddr_t)&size), -ESRCH);
    assert_int_equal(sys_get_robust_list(11, (vaddr_t)&head, (vaddr_t)&size), 0);
    assert_int_equal(head, 0);
}

/* pthread_join waits for the word. Of the last thread nobody can see it. */
static void the_word_of_a_thread_is_cleared(void **state)
{
    struct user_thread *ut = p->leader;

    (void)state;
    *word(A) = *word(B) = 10;
    ut->clear_child_tid = A;
    futex_thread_exit(ut);
    assert_int_equal(*word(A), 10);
    map(vs, MEMORY, &vma_anonymous, NULL);
    (void)sleep_of(p, B, WAIT, 0, 0);
    ut->clear_child_tid = B;
    futex_thread_exit(ut);
    thread_yield();
    assert_int_equal(*word(B), 0);
    assert_awake("1");
}

static int set_up(void **state)
{
    void *memory = mmap((void *)MEMORY, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    host_program = program;
    return memory != (void *)MEMORY || world_init(state) != 0 ? -1 : (vspace_boot(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_oldest_are_woken_and_no_more),
        TEST(calls_that_do_not_sleep),
        TEST(only_those_with_a_common_bit),
        TEST(sleeps_that_end_by_themselves),
        TEST(requeue_wakes_some_and_moves_some),
        TEST(one_that_was_moved_is_interrupted),
        TEST(wake_op_changes_and_compares),
        TEST(shared_memory_is_known_by_its_object),
        TEST(locks_of_a_thread_that_ends),
        TEST(lists_that_are_none),
        TEST(who_may_see_a_list),
        TEST(the_word_of_a_thread_is_cleared),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
