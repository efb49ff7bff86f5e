/*
 * core/file: references and ends, what is refused before an op is asked, positions, and poll heads:
 * whom an event reaches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>
#include <file/file.h>

#include "world.h"

static unsigned nr_released;

static void count_release(struct file *file)
{
    (void)file;
    nr_released++;
}

/* Reads as many bytes as asked, each the low byte of its position. */
static ssize_t count_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    size_t nr_done = 0;

    (void)file;
    while (uio->nr_left > 0) {
        uint8_t byte = (uint8_t)*pos;

        if (uio_copy_to(uio, &byte, 1) != 1)
            break;
        ++*pos;
        nr_done++;
    }
    return (ssize_t)nr_done;
}

static const struct file_ops seekable_ops = {.read = count_read, .release = count_release};
static const struct file_ops stream_ops = {
    .read = count_read, .release = count_release, .is_stream = true};
static const struct file_ops no_ops = {.release = count_release};

static int setup(void **state)
{
    (void)state;
    return world_init();
}

static void test_references(void **state)
{
    struct file *file = file_alloc(&no_ops, O_RDWR);

    (void)state;
    nr_released = 0;
    file_get(file);
    file_put(file);
    assert_int_equal(nr_released, 0);
    file_put(file);
    assert_int_equal(nr_released, 1);
    file_discard(file_alloc(&no_ops, O_RDWR)); /* without its release */
    file_discard(NULL);
    assert_int_equal(nr_released, 1);
}

static void test_refused(void **state)
{
    struct file *file = file_alloc(&no_ops, O_RDONLY);
    char c = 'x';

    (void)state;
    assert_int_equal(file_read(file, &c, 1), -EINVAL);
    assert_int_equal(file_write(file, &c, 1), -EBADF);
    assert_int_equal(file_ioctl(file, 1, 0), -ENOTTY);
    assert_int_equal(file_mmap(file, NULL), -ENODEV);
    assert_int_equal(file_fsync(file, false), -EINVAL);
    assert_int_equal(file_fallocate(file, 0, 0, 1), -EBADF);
    assert_int_equal(file_poll(file, NULL), POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
    file_put(file);
    file = file_alloc(&stream_ops, O_RDWR);
    assert_int_equal(file_seek(file, 0, SEEK_SET), -ESPIPE);
    assert_int_equal(file_pread(file, &c, 1, 0), -ESPIPE);
    assert_int_equal(file_write(file, &c, 1), -EINVAL);
    file_put(file);
}

static void test_positions(void **state)
{
    struct file *file = file_alloc(&seekable_ops, O_RDONLY);
    uint8_t bytes[4];

    (void)state;
    assert_int_equal(file_read(file, bytes, 4), 4);
    assert_int_equal(file->pos, 4);
    assert_int_equal(file_pread(file, bytes, 2, 100), 2);
    assert_int_equal(bytes[1], 101);
    assert_int_equal(file->pos, 4);
    assert_int_equal(file_seek(file, 6, SEEK_CUR), 10);
    assert_int_equal(file_seek(file, -11, SEEK_CUR), -EINVAL);
    assert_int_equal(file_seek(file, INT64_MAX, SEEK_CUR), -EOVERFLOW);
    assert_int_equal(file_seek(file, 3, SEEK_END), 3); /* its kind has no size */
    assert_int_equal(file_seek(file, 0, SEEK_DATA), -ENXIO);
    assert_int_equal(file_seek(file, 0, 77), -EINVAL);
    assert_int_equal(file->pos, 3);
    file_put(file);
}

/* ---- poll heads ---- */

struct waiter {
    struct poll_entry entry;
    unsigned wanted, nr_told;
    struct poll_head *next; /* told in turn */
};

static bool waiter_wake(struct poll_entry *entry, unsigned events)
{
    struct waiter *waiter = container_of(entry, struct waiter, entry);

    if ((events & waiter->wanted) == 0)
        return false;
    waiter->nr_told++;
    if (waiter->next != NULL)
        poll_notify_from(waiter->next, entry->head, events);
    return true;
}

static void waiter_add(struct poll_head *head, struct waiter *waiter, unsigned wanted,
                       bool is_exclusive)
{
    *waiter = (struct waiter){.wanted = wanted};
    waiter->entry.wake = waiter_wake;
    waiter->entry.is_exclusive = is_exclusive;
    poll_add(head, &waiter->entry);
}

static void test_poll_entries(void **state)
{
    struct poll_head head;
    struct waiter in, out;

    (void)state;
    poll_head_init(&head);
    poll_notify(&head, POLLIN); /* nobody */
    waiter_add(&head, &in, POLLIN, false);
    waiter_add(&head, &out, POLLOUT, false);
    poll_notify(&head, POLLIN);
    assert_int_equal(in.nr_told, 1);
    assert_int_equal(out.nr_told, 0);
    poll_notify(&head, POLLIN | POLLOUT);
    assert_int_equal(in.nr_told, 2);
    assert_int_equal(out.nr_told, 1);
    poll_remove(&in.entry);
    poll_notify(&head, POLLIN | POLLOUT);
    assert_int_equal(in.nr_told, 2);
    assert_int_equal(out.nr_told, 2);
    poll_remove(&out.entry);
}

/* One exclusive entry takes the event, the oldest that wants it; the others are told always. */
static void test_poll_exclusive(void **state)
{
    struct poll_head head;
    struct waiter first, second, other, shared;

    (void)state;
    poll_head_init(&head);
    waiter_add(&head, &other, POLLOUT, true);
    waiter_add(&head, &first, POLLIN, true);
    waiter_add(&head, &second, POLLIN, true);
    waiter_add(&head, &shared, POLLIN, false);
    poll_notify(&head, POLLIN);
    assert_int_equal(shared.nr_told, 1);
    assert_int_equal(other.nr_told, 0);
    assert_int_equal(first.nr_told, 1);
    assert_int_equal(second.nr_told, 0);
    poll_remove(&first.entry);
    poll_notify(&head, POLLIN);
    assert_int_equal(shared.nr_told, 2);
    assert_int_equal(second.nr_told, 1);
    poll_remove(&second.entry);
    poll_remove(&other.entry);
    poll_remove(&shared.entry);
}

/* A head whose entry tells another head, as an epoll file does. */
static void test_poll_chain(void **state)
{
    struct poll_head heads[4];
    struct waiter waiters[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        poll_head_init(&heads[i]);
        waiter_add(&heads[i], &waiters[i], POLLIN, false);
    }
    for (int i = 0; i < 3; i++)
        waiters[i].next = &heads[i + 1];
    poll_notify(&heads[0], POLLIN);
    for (int i = 0; i < 4; i++)
        assert_int_equal(waiters[i].nr_told, 1);
    poll_notify(&heads[2], POLLIN);
    assert_int_equal(waiters[1].nr_told, 1);
    assert_int_equal(waiters[3].nr_told, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_positions),      cmocka_unit_test(test_poll_entries),
        cmocka_unit_test(test_poll_exclusive), cmocka_unit_test(test_poll_chain),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
