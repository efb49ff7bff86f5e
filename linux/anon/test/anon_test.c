/*
 * Files without a name: what each call refuses, and what reading such a file tells. eventfd's
 * counting is fs/eventfd's test.
 */
#include "../../task/test/world.h"

#include <abi/clock.h>
#include <abi/syscalls.h>
#include <fd/fd.h>
#include <pending/pending.h>

#define MFD_CLOEXEC       1u
#define MFD_ALLOW_SEALING 2u
#define EFD_SEMAPHORE     1u
#define TFD_ABSTIME       1u
#define PIDFD_NONBLOCK    04000u

static int setup(void **state)
{
    return program_world_init();
}

static struct file *file_of(int64_t fd)
{
    struct fd_ref ref;

    assert_true(fd >= 0);
    assert_int_equal(fd_ref_get((int)fd, &ref), 0);
    fd_ref_put(&ref); /* the table has it */
    return ref.file;
}

static ssize_t read_of(int64_t fd, void *buf, size_t size)
{
    struct uio uio;

    uio_init_kernel(&uio, buf, size);
    return file_read_uio(file_of(fd), &uio, NULL);
}

static void assert_closes_on_exec(int64_t fd, bool closes)
{
    assert_int_equal(fd_table_get_cloexec(process_current()->files, (int)fd), closes);
}

static void eventfd(void **state)
{
    uint64_t value = 0;
    int64_t fd = sys_eventfd2(3, O_CLOEXEC | O_NONBLOCK);

    assert_int_equal(sys_eventfd2(0, 2), -EINVAL);
    assert_closes_on_exec(fd, true);
    assert_closes_on_exec(sys_eventfd2(0, 0), false);
    assert_int_equal(read_of(fd, &value, 8), 8);
    assert_int_equal(value, 3);
    assert_int_equal(read_of(fd, &value, 8), -EAGAIN);
    fd = sys_eventfd2(3, EFD_SEMAPHORE);
    assert_int_equal(read_of(fd, &value, 8), 8);
    assert_int_equal(value, 1);
}

static void memfd(void **state)
{
    char name[NAME_MAX + 1];
    int64_t fd = sys_memfd_create(USER("mine"), MFD_CLOEXEC);

    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    assert_int_equal(sys_memfd_create(BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_memfd_create(USER(name), 0), -EINVAL);
    assert_int_equal(sys_memfd_create(USER(name + 5), 0), -EINVAL); /* with "memfd:" NAME_MAX */
    assert_int_equal(sys_memfd_create(USER(name + 6), 0), fd + 1);
    assert_int_equal(sys_memfd_create(USER("mine"), MFD_ALLOW_SEALING), -EINVAL);
    assert_closes_on_exec(fd, true);
    assert_int_equal(file_pwrite(file_of(fd), "abc", 3, PAGE_SIZE), 3);
    assert_int_equal(file_inode(file_of(fd))->size, PAGE_SIZE + 3);
    assert_int_equal(file_inode(file_of(fd))->nlink, 0);
    assert_int_equal(file_inode(file_of(fd + 1))->size, 0); /* each is another file */
}

static void timerfd(void **state)
{
    struct linux_itimerspec its = {{1, 500}, {5, 0}}, old;
    int64_t fd = sys_timerfd_create(CLOCK_MONOTONIC, O_NONBLOCK), other = sys_eventfd2(0, 0);
    uint64_t nr;

    assert_int_equal(sys_timerfd_create(77, 0), -EINVAL);
    assert_int_equal(sys_timerfd_create(CLOCK_MONOTONIC, 1), -EINVAL);
    assert_int_equal(read_of(fd, &nr, 8), -EAGAIN);
    assert_int_equal(read_of(fd, &nr, 7), -EINVAL);
    assert_int_equal(sys_timerfd_settime((int)fd, 0, USER(&its), 0), 0);
    assert_int_equal(sys_timerfd_gettime((int)fd, USER(&old)), 0);
    assert_int_equal(old.it_value.tv_sec, 5);
    assert_int_equal(old.it_interval.tv_nsec, 500);
    host_ticks += 2 * NS_PER_SEC;
    its.it_value = (struct linux_timespec){0, 0}; /* disarms, and tells what was left */
    assert_int_equal(sys_timerfd_settime((int)fd, 0, USER(&its), USER(&old)), 0);
    assert_int_equal(old.it_value.tv_sec, 3);
    assert_int_equal(sys_timerfd_gettime((int)fd, USER(&old)), 0);
    assert_int_equal(old.it_value.tv_sec, 0);

    its.it_value = (struct linux_timespec){(int64_t)(time_now_ns() / NS_PER_SEC) + 10, 0};
    assert_int_equal(sys_timerfd_settime((int)fd, TFD_ABSTIME, USER(&its), 0), 0);
    assert_int_equal(sys_timerfd_gettime((int)fd, USER(&old)), 0);
    assert_in_range(old.it_value.tv_sec, 9, 10);

    assert_int_equal(sys_timerfd_settime((int)fd, 4, USER(&its), 0), -EINVAL);
    assert_int_equal(sys_timerfd_settime((int)fd, 0, BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_timerfd_settime((int)other, 0, USER(&its), 0), -EINVAL);
    assert_int_equal(sys_timerfd_settime(77, 0, USER(&its), 0), -EBADF);
    assert_int_equal(sys_timerfd_gettime((int)other, USER(&old)), -EINVAL);
    its.it_value.tv_nsec = (int64_t)NS_PER_SEC;
    assert_int_equal(sys_timerfd_settime((int)fd, 0, USER(&its), 0), -EINVAL);
    its.it_value = (struct linux_timespec){-1, 0};
    assert_int_equal(sys_timerfd_settime((int)fd, 0, USER(&its), 0), -EINVAL);
    its = (struct linux_itimerspec){{0, 0}, {0, 0}};
    assert_int_equal(sys_timerfd_settime((int)fd, 0, USER(&its), 0), 0);
}

static void signalfd(void **state)
{
    sigset64_t mask = SIGSET(SIGHUP) | SIGSET(SIGKILL);
    char info[128];
    int64_t fd = sys_signalfd4(-1, USER(&mask), sizeof(mask), O_NONBLOCK);

    assert_int_equal(sys_signalfd4(-1, USER(&mask), 4, 0), -EINVAL);
    assert_int_equal(sys_signalfd4(-1, USER(&mask), sizeof(mask), 1), -EINVAL);
    assert_int_equal(sys_signalfd4(-1, BAD_ADDRESS, sizeof(mask), 0), -EFAULT);
    assert_int_equal(sys_signalfd4(77, USER(&mask), sizeof(mask), 0), -EBADF);
    assert_int_equal(sys_signalfd4((int)sys_eventfd2(0, 0), USER(&mask), sizeof(mask), 0), -EINVAL);
    assert_int_equal(sys_signalfd4((int)fd, USER(&mask), sizeof(mask), 0), fd);
    assert_int_equal(read_of(fd, info, sizeof(info)), -EAGAIN);
    assert_int_equal(read_of(fd, info, sizeof(info) - 1), -EINVAL);
}

static void pidfd(void **state)
{
    int64_t me = sys_pidfd_open(1, 0), event = sys_eventfd2(7, O_NONBLOCK), copy;
    struct process *other = program_create(20);
    int64_t it = sys_pidfd_open(20, PIDFD_NONBLOCK);
    uint64_t value = 0;

    assert_non_null(other);
    assert_closes_on_exec(me, true);
    assert_true(it >= 0);
    assert_int_equal(sys_pidfd_open(99, 0), -ESRCH);
    assert_int_equal(sys_pidfd_open(0, 0), -EINVAL);
    assert_int_equal(sys_pidfd_open(1, 1), -EINVAL);
    assert_int_equal(sys_pidfd_getfd((int)me, (int)event, 1), -EINVAL);
    assert_int_equal(sys_pidfd_getfd((int)event, 0, 0), -EBADF);
    assert_int_equal(sys_pidfd_getfd((int)me, 77, 0), -EBADF);
    copy = sys_pidfd_getfd((int)me, (int)event, 0);
    assert_int_equal(read_of(copy, &value, 8), 8); /* the same open file */
    assert_int_equal(value, 7);
    assert_int_equal(read_of(event, &value, 8), -EAGAIN);
    program_become(1000);
    assert_int_equal(sys_pidfd_getfd((int)it, 0, 0), -EPERM);
    program_become_root();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eventfd),  cmocka_unit_test(memfd), cmocka_unit_test(timerfd),
        cmocka_unit_test(signalfd), cmocka_unit_test(pidfd),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
