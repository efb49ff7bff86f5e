/*
 * fs/eventfd: what reads and writes do to the counter, its two ends, and who is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>
#include <eventfd/eventfd.h>

#include "../../../core/file/test/world.h"

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM)

static int setup(void **state)
{
    (void)state;
    return world_init();
}

static ssize_t add(struct file *file, uint64_t value)
{
    return file_write(file, &value, sizeof(value));
}

/* Read: the value, or -errno. */
static int64_t take(struct file *file)
{
    uint64_t value = 0;
    ssize_t ret = file_read(file, &value, sizeof(value));

    return ret == sizeof(value) ? (int64_t)value : ret;
}

static void test_counter(void **state)
{
    struct file *file = eventfd_create(3, false, O_NONBLOCK);

    (void)state;
    assert_int_equal(file_poll(file, NULL), READABLE | WRITABLE);
    assert_int_equal(add(file, 4), 8);
    assert_int_equal(take(file), 7);
    assert_int_equal(take(file), -EAGAIN);
    assert_int_equal(file_poll(file, NULL), WRITABLE);
    assert_int_equal(add(file, 0), 8);
    assert_int_equal(take(file), -EAGAIN);
    file_put(file);
}

static void test_semaphore(void **state)
{
    struct file *file = eventfd_create(0, true, O_NONBLOCK);

    (void)state;
    assert_int_equal(add(file, 2), 8);
    assert_int_equal(take(file), 1);
    assert_int_equal(take(file), 1);
    assert_int_equal(take(file), -EAGAIN);
    file_put(file);
}

/* The largest count is one less than what a write refuses. */
static void test_full(void **state)
{
    struct file *file = eventfd_create(0, false, O_NONBLOCK);

    (void)state;
    assert_int_equal(add(file, UINT64_MAX), -EINVAL);
    assert_int_equal(add(file, UINT64_MAX - 1), 8);
    assert_int_equal(file_poll(file, NULL), READABLE);
    assert_int_equal(add(file, 1), -EAGAIN);
    assert_int_equal(take(file), (int64_t)(UINT64_MAX - 1));
    assert_int_equal(file_poll(file, NULL), WRITABLE);
    file_put(file);
}

static void test_sizes(void **state)
{
    struct file *file = eventfd_create(1, false, O_NONBLOCK);
    uint64_t words[2] = {5, 6};

    (void)state;
    assert_int_equal(file_read(file, words, 7), -EINVAL);
    assert_int_equal(file_write(file, words, 7), -EINVAL);
    assert_int_equal(file_write(file, words, sizeof(words)), 8);
    assert_int_equal(file_read(file, words, sizeof(words)), 8);
    assert_int_equal(words[0], 6);
    assert_int_equal(file_seek(file, 0, SEEK_SET), -ESPIPE);
    file_put(file);
}

static unsigned told;

static bool note(struct poll_entry *entry, unsigned events)
{
    (void)entry;
    told |= events;
    return true;
}

static void test_told(void **state)
{
    struct file *file = eventfd_create(0, false, O_NONBLOCK);
    struct poll_entry entry = {.wake = note};
    struct poll_head *head;

    (void)state;
    (void)file_poll(file, &head);
    poll_add(head, &entry);
    assert_int_equal(add(file, 1), 8);
    assert_int_equal(told, READABLE);
    told = 0;
    assert_int_equal(take(file), 1);
    assert_int_equal(told, WRITABLE);
    told = 0;
    assert_int_equal(take(file), -EAGAIN);
    assert_int_equal(told, 0);
    poll_remove(&entry);
    file_put(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counter), cmocka_unit_test(test_semaphore),
        cmocka_unit_test(test_full),    cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_told),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
