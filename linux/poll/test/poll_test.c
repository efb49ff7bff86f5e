/*
 * ppoll(2) and pselect(2): events asked for and not, numbers that are no descriptors, limits,
 * time-outs, and masks for the time of the call.
 */
#include "world.h"

struct pollfd {
    int32_t fd;
    uint16_t events, revents;
};

static const struct linux_timespec no_time;

static int setup(void **state)
{
    (void)state;
    return program_world_init();
}

static int64_t poll_now(struct pollfd *polls, unsigned nr)
{
    return sys_ppoll(USER(polls), nr, USER(&no_time), 0, 0);
}

static void events_asked_for_and_not(void **state)
{
    struct source in, both, broken;
    struct pollfd polls[6] = {{.events = POLLIN, .revents = 0xffff},
                              {.events = POLLOUT},
                              {.events = 0},
                              {.fd = 50, .events = POLLIN},
                              {.fd = -1, .events = POLLIN, .revents = 0xffff},
                              {.events = POLLOUT | POLLIN}};

    (void)state;
    polls[0].fd = polls[5].fd = source_open(&in, POLLIN | POLLRDNORM);
    polls[1].fd = source_open(&both, POLLIN | POLLOUT);
    polls[2].fd = source_open(&broken, POLLIN | POLLERR | POLLHUP);
    assert_int_equal(poll_now(polls, 6), 5);
    assert_int_equal(polls[0].revents, POLLIN);
    assert_int_equal(polls[1].revents, POLLOUT);
    assert_int_equal(polls[2].revents, POLLERR | POLLHUP); /* come unasked */
    assert_int_equal(polls[3].revents, POLLNVAL);
    assert_int_equal(polls[4].revents, 0); /* ignored, and cleared */
    assert_int_equal(polls[5].revents, POLLIN);
    in.events = 0;
    assert_int_equal(poll_now(polls, 1), 0);
    assert_int_equal(polls[0].revents, 0);
    close_all();
}

/* poll(2): regular files are always ready; an O_PATH descriptor is none. */
static void files_without_events(void **state)
{
    struct pollfd polls[2] = {{.fd = 0, .events = POLLIN | POLLOUT}, {.fd = 1, .events = POLLIN}};
    struct file *file;

    (void)state;
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_CREAT | O_RDWR, 0600, &file), 0);
    assert_int_equal(fd_install_or_put(file, false), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_PATH, 0, &file), 0);
    assert_int_equal(fd_install_or_put(file, false), 1);
    assert_int_equal(poll_now(polls, 2), 2);
    assert_int_equal(polls[0].revents, POLLIN | POLLOUT);
    assert_int_equal(polls[1].revents, POLLNVAL);
    close_all();
}

static void bad_arguments(void **state)
{
    struct linux_timespec ts = {0, NS_PER_SEC};
    static struct pollfd many[1025];
    uint64_t mask = 0;

    (void)state;
    assert_int_equal(sys_ppoll(BAD_ADDRESS, 1, USER(&no_time), 0, 0), -EFAULT);
    assert_int_equal(sys_ppoll(BAD_ADDRESS, 0, USER(&no_time), 0, 0), 0);
    assert_int_equal(sys_ppoll(USER(many), 1, USER(&ts), 0, 0), -EINVAL);
    ts = (struct linux_timespec){-1, 0};
    assert_int_equal(sys_ppoll(USER(many), 1, USER(&ts), 0, 0), -EINVAL);
    assert_int_equal(sys_ppoll(USER(many), 1, BAD_ADDRESS, 0, 0), -EFAULT);
    assert_int_equal(sys_ppoll(USER(many), 1, USER(&no_time), USER(&mask), 4), -EINVAL);
    assert_int_equal(sys_ppoll(USER(many), 1, USER(&no_time), BAD_ADDRESS, 8), -EFAULT);
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i].fd = -1;
    many[1023].fd = 7;
    assert_int_equal(poll_now(many, 1024), 1); /* RLIMIT_NOFILE */
    assert_int_equal(many[1023].revents, POLLNVAL);
    assert_int_equal(poll_now(many, 1025), -EINVAL);
}

/* The time that was left is told; an entry does not stay with the file. */
static void the_time_is_over(void **state)
{
    struct linux_timespec ts = {2, 5};
    struct pollfd poll = {.events = POLLIN};
    struct source source;

    (void)state;
    poll.fd = source_open(&source, 0);
    assert_int_equal(sys_ppoll(USER(&poll), 1, USER(&ts), 0, 0), 0);
    assert_true(list_is_empty(&UNLOCKED(source.head.entries, "one thread runs")));
    source.events = POLLIN;
    ts = (struct linux_timespec){2, 5};
    assert_int_equal(sys_ppoll(USER(&poll), 1, USER(&ts), 0, 0), 1);
    assert_int_equal(ts.tv_sec, 2); /* time stands here */
    assert_int_equal(ts.tv_nsec, 5);
    assert_int_equal(sys_ppoll(USER(&poll), 1, 0, 0, 0), 1);
    close_all();
}

static void a_signal_ends_the_call(void **state)
{
    struct linux_timespec ts = {1, 0};
    struct pollfd poll = {.events = POLLIN};
    sigset64_t blocks = SIGSET(SIGUSR1), none = 0;
    struct user_thread *ut = user_current();
    struct source source;

    (void)state;
    poll.fd = source_open(&source, POLLIN);
    signal_set_mask(SIGSET(SIGUSR1));
    send_signal(SIGUSR1);
    source.events = 0;
    assert_int_equal(sys_ppoll(USER(&poll), 1, USER(&no_time), USER(&blocks), 8), 0);
    source.events = POLLIN; /* what is ready counts more */
    assert_int_equal(sys_ppoll(USER(&poll), 1, USER(&ts), USER(&none), 8), 1);
    assert_false(ut->has_saved_blocked);
    assert_true(ut->blocked == SIGSET(SIGUSR1));
    source.events = 0;
    assert_int_equal(sys_ppoll(USER(&poll), 1, USER(&ts), USER(&none), 8), -ERESTARTNOHAND);
    assert_true(ut->has_saved_blocked); /* its handler runs with the call's mask */
    assert_true(ut->blocked == 0);
    signal_mask_restore();
    drop_signals();
    signal_set_mask(0);
    close_all();
}

static void select_counts_each_set(void **state)
{
    struct source in, out, high;
    uint64_t readable[2] = {0}, writable[2] = {0}, exceptional[2] = {0};

    (void)state;
    assert_int_equal(source_open(&in, POLLHUP), 0); /* the end can be read */
    assert_int_equal(source_open(&out, POLLIN | POLLOUT | POLLPRI), 1);
    assert_int_equal(fd_install(file_alloc(&source_ops, O_RDWR), 70, false), 70);
    process_current()->files->own_files[0]->private = &in;
    struct file *file = fd_table_file(process_current()->files, 70);

    poll_head_init(&high.head);
    high.events = POLLIN;
    file->private = &high;
    file_put(file);
    readable[0] = 3, readable[1] = 1ull << 6;
    writable[0] = 3;
    exceptional[0] = 3;
    assert_int_equal(
        sys_pselect6(71, USER(readable), USER(writable), USER(exceptional), USER(&no_time), 0), 5);
    assert_true(readable[0] == 3 && readable[1] == 1ull << 6);
    assert_int_equal(writable[0], 2);
    assert_int_equal(exceptional[0], 2);
    readable[0] = 1ull << 1, readable[1] = 1ull << 6; /* 70 is not below 70 */
    assert_int_equal(sys_pselect6(70, USER(readable), 0, 0, USER(&no_time), 0), 1);
    assert_true(readable[0] == 2 && readable[1] == 0);
    close_all();
}

static void select_refuses(void **state)
{
    uint64_t set = 1ull << 9;

    (void)state;
    assert_int_equal(sys_pselect6(-1, 0, 0, 0, USER(&no_time), 0), -EINVAL);
    assert_int_equal(sys_pselect6(10, USER(&set), 0, 0, USER(&no_time), 0), -EBADF);
    assert_int_equal(sys_pselect6(9, USER(&set), 0, 0, USER(&no_time), 0), 0);
    assert_int_equal(set, 0);
    assert_int_equal(sys_pselect6(10, BAD_ADDRESS, 0, 0, USER(&no_time), 0), -EFAULT);
    assert_int_equal(sys_pselect6(10, 0, 0, 0, USER(&no_time), BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_pselect6(0, 0, 0, 0, USER(&no_time), 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_asked_for_and_not),
        cmocka_unit_test(files_without_events),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(the_time_is_over),
        cmocka_unit_test(a_signal_ends_the_call),
        cmocka_unit_test(select_counts_each_set),
        cmocka_unit_test(select_refuses),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
