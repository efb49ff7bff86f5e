/*
 * epoll(7): level and edge, one shot, changes and removals, files that go, epoll files that watch
 * each other.
 */
#include "world.h"

#define EPOLL_CTL_ADD  1
#define EPOLL_CTL_DEL  2
#define EPOLL_CTL_MOD  3
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLONESHOT   (1u << 30)
#define EPOLLET        (1u << 31)

struct epoll_event {
    uint32_t events, pad;
    uint64_t data;
};

static struct epoll_event got[8];

static int setup(void **state)
{
    (void)state;
    return program_world_init();
}

static int64_t control(int ep, int op, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = 1000u + (unsigned)fd};

    return sys_epoll_ctl(ep, op, fd, USER(&event));
}

static int64_t wait_now(int ep, int max)
{
    memset(got, 0, sizeof(got));
    return sys_epoll_pwait(ep, USER(got), max, 0, 0, 0);
}

static int epoll(void)
{
    int ep = (int)sys_epoll_create1(0);

    assert_true(ep >= 0);
    return ep;
}

static void level_and_edge(void **state)
{
    struct source level, edge;
    int ep = epoll(), a = source_open(&level, 0), b = source_open(&edge, 0);

    (void)state;
    assert_int_equal(control(ep, EPOLL_CTL_ADD, a, POLLIN), 0);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, b, POLLIN | EPOLLET), 0);
    assert_int_equal(wait_now(ep, 8), 0);
    source_set(&level, POLLIN | POLLOUT);
    source_set(&edge, POLLIN);
    assert_int_equal(wait_now(ep, 8), 2);
    assert_int_equal(got[0].events, POLLIN);
    assert_int_equal(got[0].data, 1000 + a);
    assert_int_equal(got[1].data, 1000 + b);
    assert_int_equal(wait_now(ep, 8), 1); /* the edge was told */
    assert_int_equal(got[0].data, 1000 + a);
    source_set(&edge, POLLIN); /* there is more: another edge */
    assert_int_equal(wait_now(ep, 8), 2);
    level.events = 0; /* read out, of which nobody is told */
    assert_int_equal(wait_now(ep, 8), 0);
    source_set(&level, POLLERR | POLLHUP); /* come unasked */
    assert_int_equal(wait_now(ep, 8), 1);
    assert_int_equal(got[0].events, POLLERR | POLLHUP);
    close_all();
}

static void one_shot(void **state)
{
    struct source source;
    int ep = epoll(), fd = source_open(&source, POLLIN);

    (void)state;
    assert_int_equal(control(ep, EPOLL_CTL_ADD, fd, POLLIN | EPOLLONESHOT), 0);
    assert_int_equal(wait_now(ep, 8), 1); /* what held before counts */
    source_set(&source, POLLIN | POLLHUP);
    assert_int_equal(wait_now(ep, 8), 0);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, fd, POLLIN), -EEXIST); /* it is there still */
    assert_int_equal(control(ep, EPOLL_CTL_MOD, fd, POLLIN | EPOLLONESHOT), 0);
    assert_int_equal(wait_now(ep, 8), 1);
    assert_int_equal(wait_now(ep, 8), 0);
    close_all();
}

/* Each is told in its turn, though the room is for fewer. */
static void events_take_turns(void **state)
{
    struct source sources[4];
    int ep = epoll();
    uint64_t told = 0;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(control(ep, EPOLL_CTL_ADD, source_open(&sources[i], POLLIN), POLLIN), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wait_now(ep, 2), 2);
        told |= 1ull << (got[0].data - 1000) | 1ull << (got[1].data - 1000);
    }
    assert_int_equal(told, 0xfull << 1);
    close_all();
}

static void changes_and_removals(void **state)
{
    struct source source;
    int ep = epoll(), fd = source_open(&source, POLLIN | POLLOUT), copy;
    struct epoll_event event = {.events = POLLOUT, .data = 77};

    (void)state;
    assert_int_equal(control(ep, EPOLL_CTL_MOD, fd, POLLIN), -ENOENT);
    assert_int_equal(control(ep, EPOLL_CTL_DEL, fd, 0), -ENOENT);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, fd, POLLIN), 0);
    assert_int_equal(sys_epoll_ctl(ep, EPOLL_CTL_MOD, fd, USER(&event)), 0);
    assert_int_equal(wait_now(ep, 8), 1);
    assert_int_equal(got[0].events, POLLOUT);
    assert_int_equal(got[0].data, 77);
    assert_int_equal(sys_epoll_ctl(ep, EPOLL_CTL_DEL, fd, 0), 0); /* its event may be NULL */
    assert_int_equal(wait_now(ep, 8), 0);

    /* An item is of a number and a file; it goes with the last of the file's numbers. */
    assert_int_equal(control(ep, EPOLL_CTL_ADD, fd, POLLIN), 0);
    struct file *file = fd_table_file(process_current()->files, fd);

    copy = fd_install_or_put(file, false);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, copy, POLLIN), 0);
    assert_int_equal(wait_now(ep, 8), 2);
    assert_int_equal(fd_close(fd), 0);
    assert_int_equal(wait_now(ep, 8), 2);
    assert_int_equal(fd_close(copy), 0);
    assert_int_equal(wait_now(ep, 8), 0);
    assert_true(list_is_empty(&UNLOCKED(source.head.entries, "one thread runs")));
    close_all();
}

static void bad_arguments(void **state)
{
    struct source source;
    int ep = epoll(), fd = source_open(&source, POLLIN);
    struct file *file;

    (void)state;
    assert_int_equal(sys_epoll_create1(O_NONBLOCK), -EINVAL);
    assert_int_equal(control(ep, 4, fd, POLLIN), -EINVAL);
    assert_int_equal(control(fd, EPOLL_CTL_ADD, ep, POLLIN), -EINVAL);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, ep, POLLIN), -EINVAL);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, 99, POLLIN), -EBADF);
    assert_int_equal(control(99, EPOLL_CTL_ADD, fd, POLLIN), -EBADF);
    assert_int_equal(sys_epoll_ctl(ep, EPOLL_CTL_ADD, fd, BAD_ADDRESS), -EFAULT);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_CREAT | O_RDWR, 0600, &file), 0);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, fd_install_or_put(file, false), POLLIN), -EPERM);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, fd, POLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT),
                     -EINVAL);
    assert_int_equal(control(ep, EPOLL_CTL_ADD, fd, POLLIN | EPOLLEXCLUSIVE), 0);
    assert_int_equal(control(ep, EPOLL_CTL_MOD, fd, POLLIN), -EINVAL);
    assert_int_equal(wait_now(ep, 0), -EINVAL);
    assert_int_equal(wait_now(ep, -1), -EINVAL);
    assert_int_equal(wait_now(ep, INT32_MAX), -EINVAL);
    assert_int_equal(wait_now(fd, 1), -EINVAL);
    assert_int_equal(wait_now(99, 1), -EBADF);
    assert_int_equal(sys_epoll_pwait(ep, BAD_ADDRESS, 1, 0, 0, 0), -EFAULT);
    assert_int_equal(wait_now(ep, 1), 1); /* which lost nothing */
    close_all();
}

/* epoll_ctl(2), ELOOP: no circle, and no more than five epoll files in a chain. */
static void chains_of_epoll_files(void **state)
{
    struct source source;
    int eps[6];

    (void)state;
    for (int i = 0; i < 6; i++)
        eps[i] = epoll();
    for (int i = 0; i < 4; i++)
        assert_int_equal(control(eps[i], EPOLL_CTL_ADD, eps[i + 1], POLLIN), 0);
    assert_int_equal(control(eps[4], EPOLL_CTL_ADD, eps[5], POLLIN), -ELOOP);
    assert_int_equal(control(eps[5], EPOLL_CTL_ADD, eps[0], POLLIN), -ELOOP);
    assert_int_equal(control(eps[4], EPOLL_CTL_ADD, eps[0], POLLIN), -ELOOP);
    assert_int_equal(control(eps[1], EPOLL_CTL_ADD, eps[0], POLLIN), -ELOOP);
    assert_int_equal(control(eps[0], EPOLL_CTL_ADD, eps[5], POLLIN | EPOLLEXCLUSIVE), -EINVAL);
    /* An event of the innermost goes up to the outermost. */
    assert_int_equal(control(eps[4], EPOLL_CTL_ADD, source_open(&source, 0), POLLIN), 0);
    assert_int_equal(wait_now(eps[0], 8), 0);
    source_set(&source, POLLIN);
    assert_int_equal(wait_now(eps[0], 8), 1);
    assert_int_equal(got[0].data, 1000 + eps[1]);
    source.events = 0;
    assert_int_equal(wait_now(eps[0], 8), 0);
    close_all();
}

/* Linux's limits of ways that an event can go up: 1000 of none, 500 of one step. */
static void too_many_ways(void **state)
{
    struct source source;
    int middle = epoll(), fd = source_open(&source, 0);

    (void)state;
    assert_int_equal(control(middle, EPOLL_CTL_ADD, fd, POLLIN), 0);
    for (int i = 0; i < 500; i++)
        assert_int_equal(control(epoll(), EPOLL_CTL_ADD, middle, POLLIN), 0);
    assert_int_equal(control(epoll(), EPOLL_CTL_ADD, middle, POLLIN), -EINVAL);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_and_edge),    cmocka_unit_test(one_shot),
        cmocka_unit_test(events_take_turns), cmocka_unit_test(changes_and_removals),
        cmocka_unit_test(bad_arguments),     cmocka_unit_test(chains_of_epoll_files),
        cmocka_unit_test(too_many_ways),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
