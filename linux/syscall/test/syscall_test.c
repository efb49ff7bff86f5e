/*
 * From a program's registers to the handler and back: numbers, arguments by their types, results,
 * whose time it is.
 */
#include "../../task/test/world.h"

#include <arch/trap.h>
#include <fd/fd.h>
#include <log/log.h>
#include <user/upcalls.h>

/* The numbers as Linux's own header has them, where it knows the name: "63", else "__NR_name". */
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_SYS_CLONE3
#include <asm-generic/unistd.h>
#define TEXT(value)        #value
#define NUMBER_TEXT(macro) TEXT(macro)

static const struct entry {
    unsigned number;
    const char *name;
    const char *linux_number;
    bool is_absent;
} table[] = {
#define CALL(n, call, ...)       {n, #call, NUMBER_TEXT(__NR_##call), false},
#define PART(n, call, what, ...) {n, #call, NUMBER_TEXT(__NR_##call), false},
#define ABSENT(n, call)          {n, #call, NUMBER_TEXT(__NR_##call), true},
#include <abi/table.h>
};

#define NR_CALLS 512

static int64_t call6(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                     uint64_t f)
{
    struct trap_frame frame = {
        .call = number, .arguments = {a, b, c, d, e, f}, .trap = HOST_TRAP_CALL};

    return user_ecall(&frame);
}

static int64_t call3(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    return call6(number, a, b, c, 0, 0, 0);
}

/* The calls that only one machine has: these see what arrives. */
static struct {
    vaddr_t a;
    size_t b, c;
    vaddr_t d;
    unsigned e;
} arrived;

int64_t sys_riscv_hwprobe(vaddr_t a, size_t b, size_t c, vaddr_t d, unsigned e)
{
    arrived.a = a;
    arrived.b = b;
    arrived.c = c;
    arrived.d = d;
    arrived.e = e;
    return INT64_MIN;
}

int64_t sys_riscv_flush_icache(vaddr_t start, vaddr_t end, uint64_t flags)
{
    return (int64_t)(start + end * 2 + flags * 4);
}

static int setup(void **state)
{
    (void)state;
    return program_world_init();
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void numbers_are_linux_s(void **state)
{
    unsigned nr_known = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (table[i].linux_number[0] < '0' || table[i].linux_number[0] > '9')
            continue;
        nr_known++;
        if (atoi(table[i].linux_number) != (int)table[i].number)
            fail_msg("%s is %u, not %s", table[i].name, table[i].number, table[i].linux_number);
    }
    assert_true(nr_known > 250);
}

/* Twice in the table, one of the two would never be called. */
static void each_number_once(void **state)
{
    static const char *seen[NR_CALLS];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        assert_in_range(table[i].number, 0, NR_CALLS - 1);
        if (seen[table[i].number])
            fail_msg("%u is %s and %s", table[i].number, seen[table[i].number], table[i].name);
        seen[table[i].number] = table[i].name;
    }
}

/* How often the log has the text. */
static unsigned logged(const char *text)
{
    static char lines[65536];
    uint64_t pos = 0;
    unsigned nr = 0;

    lines[log_read(&pos, lines, sizeof(lines) - 1)] = '\0';
    for (const char *at = lines; (at = strstr(at, text)) != NULL; at++)
        nr++;
    return nr;
}

static void absent_calls_are_refused_and_told_once(void **state)
{
    char text[128];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (!table[i].is_absent)
            continue;
        snprintf(text, sizeof(text), "system call %s (%u) is absent", table[i].name,
                 table[i].number);
        assert_int_equal(call3(table[i].number, 1, 2, 3), -ENOSYS);
        assert_int_equal(logged(text), 1);
        assert_int_equal(call3(table[i].number, 1, 2, 3), -ENOSYS);
        assert_int_equal(logged(text), 1);
    }
}

static void numbers_that_nobody_has(void **state)
{
    static bool is_named[NR_CALLS];
    const uint64_t beyond[] = {NR_CALLS,  100000,    1ull << 32, (1ull << 32) + __NR_getpid,
                               INT64_MAX, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        is_named[table[i].number] = true;
    for (unsigned number = 0; number < NR_CALLS; number++)
        if (!is_named[number])
            assert_int_equal(call3(number, 1, 2, 3), -ENOSYS);
    for (size_t i = 0; i < ARRAY_SIZE(beyond); i++)
        assert_int_equal(call3(beyond[i], 1, 2, 3), -ENOSYS);
}

/* --- arguments and results -------------------------------------------------------------------- */

static void a_call_without_arguments(void **state)
{
    (void)state;
    assert_int_equal(call3(__NR_getpid, 77, 77, 77), 1);
    assert_int_equal(call3(__NR_gettid, 77, 77, 77), 1);
}

static void arguments_arrive_by_their_types(void **state)
{
    const uint64_t high = 1ull << 63 | 1ull << 32;

    (void)state;
    assert_int_equal(call6(258, high | 1, high | 2, high | 3, high | 4, high | 5, 6), INT64_MIN);
    assert_int_equal(arrived.a, high | 1);
    assert_int_equal(arrived.b, high | 2);
    assert_int_equal(arrived.c, high | 3);
    assert_int_equal(arrived.d, high | 4);
    assert_int_equal(arrived.e, 5);
    assert_int_equal(call3(259, 1, 10, 100ull << 32), 21 + (400ll << 32));
}

static int open_file(const char *name)
{
    struct file *file;

    assert_int_equal(vfs_open(CTX, NULL, name, O_RDWR | O_CREAT, 0600, &file), 0);
    return fd_install_or_put(file, false);
}

/* An int is the low half of its register: the ABI leaves the other to the caller. */
static void ints_are_half_a_register(void **state)
{
    const uint64_t garbage = 0xabcdull << 32;
    int fd = open_file("/narrow");

    (void)state;
    assert_int_equal(call3(__NR_lseek, garbage | (unsigned)fd, 5, garbage | SEEK_SET), 5);
    assert_int_equal(call3(__NR_lseek, garbage | 0xffffffff, 5, SEEK_SET), -EBADF);
    assert_int_equal(call3(__NR_dup3, garbage | (unsigned)fd, 9, garbage), 9);
    assert_int_equal(call3(__NR_close, garbage | 9, 0, 0), 0);
    assert_int_equal(call3(__NR_close, fd, 0, 0), 0);
}

static void wide_arguments_are_whole(void **state)
{
    int fd = open_file("/wide");
    char c = 'x';

    (void)state;
    assert_int_equal(call3(__NR_lseek, fd, 5ull << 32, SEEK_SET), 5ll << 32); /* so is a result */
    assert_int_equal(call3(__NR_lseek, fd, (uint64_t) - (1ll << 32), SEEK_CUR), 4ll << 32);
    assert_int_equal(call3(__NR_lseek, fd, (uint64_t)-1, SEEK_SET), -EINVAL);
    assert_int_equal(call6(__NR_pwrite64, fd, USER(&c), 1, 3ull << 20, 0, 0), 1);
    c = 0;
    assert_int_equal(call6(__NR_pread64, fd, USER(&c), 1, 3ull << 20, 0, 0), 1);
    assert_int_equal(c, 'x');
    assert_int_equal(call3(__NR_ftruncate, fd, 7, 0), 0);
    assert_int_equal(call3(__NR_lseek, fd, 0, SEEK_END), 7);
    assert_int_equal(call3(__NR_close, fd, 0, 0), 0);
}

/* Each register is its own parameter: a place, a size, rights, flags, a file, an offset. */
static void six_arguments(void **state)
{
    int fd = open_file("/mapped");
    const struct vma *vma;
    struct vspace *vs = user_current()->vspace;

    (void)state;
    assert_int_equal(call6(__NR_mmap, 0x20000000, 3 * PAGE_SIZE, 3, 0x11 /* MAP_SHARED, FIXED */,
                           fd, 5 * PAGE_SIZE),
                     0x20000000);
    mutex_lock(&vs->lock);
    vma = vspace_find(vs, 0x20000000);
    assert_non_null(vma);
    assert_int_equal(vma->start, 0x20000000);
    assert_int_equal(vma->end - vma->start, 3 * PAGE_SIZE);
    assert_int_equal(vma->offset, 5 * PAGE_SIZE);
    assert_int_equal(vma->flags & (VMA_READ | VMA_WRITE | VMA_EXEC), VMA_READ | VMA_WRITE);
    mutex_unlock(&vs->lock);
    assert_int_equal(call3(__NR_munmap, 0x20000000, 3 * PAGE_SIZE, 0), 0);
    assert_int_equal(call3(__NR_close, fd, 0, 0), 0);
}

static void names_and_structures(void **state)
{
    struct vfs_stat st;
    char cwd[16];

    (void)state;
    assert_int_equal(call3(__NR_mkdirat, (uint64_t)-100, USER("/made"), 0750), 0);
    assert_int_equal(stat_file("/made", &st), 0);
    assert_int_equal(st.mode & 07777, 0750);
    assert_int_equal(call3(__NR_chdir, USER("/made"), 0, 0), 0);
    assert_int_equal(call3(__NR_getcwd, USER(cwd), sizeof(cwd), 0), 6);
    assert_string_equal(cwd, "/made");
    assert_int_equal(call3(__NR_getcwd, USER(cwd), 3, 0), -ERANGE);
    assert_int_equal(call3(__NR_chdir, USER("/"), 0, 0), 0);
    assert_int_equal(call3(__NR_unlinkat, (uint64_t)-100, USER("/made"), 0x200), 0);
}

/* --- time ------------------------------------------------------------------------------------- */

static ssize_t slow_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    (void)file;
    (void)uio;
    (void)pos;
    host_ticks += 5000;
    return 0;
}

static const struct file_ops slow_ops = {.read = slow_read, .is_stream = true};

/* The thread's clock is stopped to be read. */
static uint64_t user_time(void)
{
    struct user_thread *ut = user_current();
    uint64_t ns;

    user_time_stops(ut);
    ns = thread_user_ns(&ut->thread);
    user_time_starts(ut);
    return ns;
}

/* What passes in a call is the system's, what passes between calls is the user's. */
static void whose_time_it_is(void **state)
{
    int fd = fd_install_or_put(file_alloc(&slow_ops, O_RDWR), false);
    uint64_t before;
    char c;

    (void)state;
    user_time_starts(user_current());
    assert_int_equal(call3(__NR_getpid, 0, 0, 0), 1);
    before = user_time();
    host_ticks += 300;
    assert_int_equal(call3(__NR_read, fd, USER(&c), 1), 0);
    assert_in_range(user_time() - before, 300, 400);
    host_ticks += 20;
    assert_int_equal(call3(NR_CALLS, 0, 0, 0), -ENOSYS);
    assert_in_range(user_time() - before, 320, 500);
    user_time_stops(user_current());
    assert_int_equal(call3(__NR_close, fd, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_linux_s),
        cmocka_unit_test(each_number_once),
        cmocka_unit_test(absent_calls_are_refused_and_told_once),
        cmocka_unit_test(numbers_that_nobody_has),
        cmocka_unit_test(a_call_without_arguments),
        cmocka_unit_test(arguments_arrive_by_their_types),
        cmocka_unit_test(ints_are_half_a_register),
        cmocka_unit_test(wide_arguments_are_whole),
        cmocka_unit_test(six_arguments),
        cmocka_unit_test(names_and_structures),
        cmocka_unit_test(whose_time_it_is),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
