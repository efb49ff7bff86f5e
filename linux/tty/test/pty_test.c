/*
 * Pseudoterminals: their names, their two sides, and what is left when one has gone.
 */
#include "terminal.h"

static char name[32];

static const char *slave_path(struct file *file)
{
    int32_t number = -1;

    assert_int_equal(ioctl_int(file, TIOCGPTN, &number), 0);
    snprintf(name, sizeof(name), "/dev/pts/%d", number);
    return name;
}

static uint64_t heap_blocks(void)
{
    struct heap_stats stats;

    heap_stats(&stats);
    return stats.nr_blocks;
}

/* --- names ------------------------------------------------------------------------------------ */

static void locked_until_the_master_unlocks(void **state)
{
    struct file *file = file_open("/dev/ptmx", O_RDWR);
    int32_t is_locked = 7;

    (void)state;
    assert_int_equal(ioctl_int(file, TIOCGPTLCK, &is_locked), 0);
    assert_int_equal(is_locked, 1);
    assert_int_equal(open_error(slave_path(file), O_RDWR), -EIO);
    is_locked = 0;
    assert_int_equal(ioctl_int(file, TIOCSPTLCK, &is_locked), 0);
    file_put(file_open(slave_path(file), O_RDWR));
    is_locked = 1;
    assert_int_equal(ioctl_int(file, TIOCSPTLCK, &is_locked), 0);
    assert_int_equal(open_error(slave_path(file), O_RDWR), -EIO);
    file_put(file);
}

static void the_lowest_number_that_is_free(void **state)
{
    struct file *one = file_open("/dev/ptmx", O_RDWR), *two = file_open("/dev/ptmx", O_RDWR);
    struct vfs_stat st;

    (void)state; /* number 0 is every test's */
    assert_string_equal(slave_path(one), "/dev/pts/1");
    assert_string_equal(slave_path(two), "/dev/pts/2");
    assert_int_equal(stat_file("/dev/pts/01", &st), -ENOENT);
    assert_int_equal(stat_file("/dev/pts/3", &st), -ENOENT);
    assert_int_equal(stat_file("/dev/pts/256", &st), -ENOENT);
    file_put(one);
    assert_int_equal(stat_file("/dev/pts/1", &st), -ENOENT);
    assert_int_equal(stat_file("/dev/pts/2", &st), 0);
    one = file_open("/dev/ptmx", O_RDWR);
    assert_string_equal(slave_path(one), "/dev/pts/1");
    file_put(one);
    file_put(two);
}

struct names {
    struct dir_sink sink;
    char text[64];
};

static bool collect(struct dir_sink *sink, const char *entry, size_t len, uint64_t ino,
                    unsigned type, uint64_t pos)
{
    struct names *names = container_of(sink, struct names, sink);

    (void)ino;
    (void)type;
    (void)pos;
    strncat(names->text, entry, len);
    strcat(names->text, " ");
    return true;
}

static void the_folder_lists_who_lives(void **state)
{
    struct names names = {.sink.emit = collect};
    struct file *one = file_open("/dev/ptmx", O_RDWR), *two = file_open("/dev/ptmx", O_RDWR);
    struct file *dir = file_open("/dev/pts", O_RDONLY | O_DIRECTORY);

    (void)state;
    file_put(one);
    while (file_iterate(dir, &names.sink) == 0 && dir->pos != 0 && strlen(names.text) < 50) {
        size_t before = strlen(names.text);

        assert_int_equal(file_iterate(dir, &names.sink), 0);
        if (strlen(names.text) == before)
            break;
    }
    assert_string_equal(names.text, ". .. 0 2 ");
    file_put(dir);
    file_put(two);
}

static void it_belongs_to_who_opened_the_master(void **state)
{
    struct file *file;
    struct vfs_stat st;

    (void)state;
    program_become(1000);
    file = file_open("/dev/ptmx", O_RDWR);
    program_become_root();
    assert_int_equal(stat_file(slave_path(file), &st), 0);
    assert_int_equal(st.mode, S_IFCHR | 0620);
    assert_int_equal(st.uid, 1000);
    assert_int_equal(st.gid, 1000);
    assert_int_equal(st.rdev, DEVNO(136, 1));
    file_put(file);
}

static void there_are_256(void **state)
{
    struct file *files[256];
    uint64_t before = heap_blocks();

    (void)state;
    for (int i = 1; i < 256; i++)
        files[i] = file_open("/dev/ptmx", O_RDWR);
    assert_string_equal(slave_path(files[255]), "/dev/pts/255");
    assert_int_equal(open_error("/dev/ptmx", O_RDWR), -ENOSPC);
    for (int i = 1; i < 256; i++)
        file_put(files[i]);
    assert_int_equal(heap_blocks(), before);
}

/* --- the two sides ---------------------------------------------------------------------------- */

static void the_program_writes_and_the_master_reads(void **state)
{
    int32_t n = -1;
    char buf[4];

    (void)state;
    assert_false(file_poll(master, NULL) & POLLIN);
    assert_int_equal(file_read(master, buf, 4), -EAGAIN);
    print("hello\n");
    assert_true(file_poll(master, NULL) & POLLIN);
    assert_int_equal(ioctl_int(master, FIONREAD, &n), 0);
    assert_int_equal(n, 7);
    assert_int_equal(file_read(master, buf, 0), 0);
    assert_int_equal(file_read(master, buf, 4), 4);
    assert_seen("o\r\n");
    assert_int_equal(file_seek(master, 0, SEEK_CUR), -ESPIPE);
    assert_int_equal(file_pread(slave, buf, 1, 0), -ESPIPE);
}

static void a_bad_buffer_loses_nothing(void **state)
{
    struct uio uio;

    (void)state;
    print("kept");
    uio_init_user(&uio, BAD_ADDRESS, 10);
    assert_int_equal(file_read_uio(master, &uio, NULL), -EFAULT);
    assert_seen("kept");
}

static void the_master_sleeps_for_output(void **state)
{
    (void)state;
    call_begin(master, false, 10);
    assert_call(SLEEPS);
    print("out");
    assert_call(3);
    call_begin(master, false, 10);
    thread_interrupt(&caller->thread);
    assert_call(-EINTR);
}

static void the_master_sleeps_for_room(void **state)
{
    static char line[4097];

    (void)state;
    lflag_set(ECHO, 0);
    memset(call.bytes, 'x', sizeof(call.bytes));
    call.bytes[4000] = call.bytes[5000] = '\n';
    call_begin(master, true, 5001);
    assert_call(SLEEPS);
    assert_int_equal(file_read(slave, line, sizeof(line)), 4001);
    assert_call(5001);
    assert_int_equal(file_read(slave, line, sizeof(line)), 1000);
}

/* What each side calls its input is the other's output. */
static void the_master_flushes(void **state)
{
    (void)state;
    lflag_set(ECHO, 0);
    type("in\n");
    print("out");
    assert_int_equal(file_ioctl(master, TCFLSH, TCIFLUSH), 0);
    assert_seen("");
    assert_read("in\n");
    type("in\n");
    print("out");
    assert_int_equal(file_ioctl(master, TCFLSH, TCOFLUSH), 0);
    assert_no_input();
    assert_seen("out");
    assert_int_equal(file_ioctl(master, TCFLSH, 3), -EINVAL);
}

/* --- one side goes ---------------------------------------------------------------------------- */

static void the_programs_are_gone(void **state)
{
    struct file *second = file_open(slave_path(master), O_RDWR | O_NOCTTY);
    char c;

    (void)state;
    print("rest");
    file_put(slave);
    slave = NULL;
    assert_false(file_poll(master, NULL) & POLLHUP);
    file_put(second);
    assert_true(file_poll(master, NULL) & POLLHUP);
    assert_seen("rest");
    assert_int_equal(file_read(master, &c, 1), -EIO);
    slave = file_open(slave_path(master), O_RDWR | O_NOCTTY | O_NONBLOCK); /* another comes */
    assert_false(file_poll(master, NULL) & POLLHUP);
    assert_int_equal(file_read(master, &c, 1), -EAGAIN);
}

/* Before the first has come it is no end that there is none. */
static void no_program_yet(void **state)
{
    struct file *file = file_open("/dev/ptmx", O_RDWR | O_NONBLOCK);
    char c;

    (void)state;
    assert_int_equal(file_read(file, &c, 1), -EAGAIN);
    assert_false(file_poll(file, NULL) & POLLHUP);
    file_put(file);
}

static void a_sleeping_master_sees_the_end(void **state)
{
    (void)state;
    call_begin(master, false, 10);
    file_put(slave);
    slave = NULL;
    assert_call(-EIO);
}

/* Its number is another's by then. */
static void a_slave_that_outlives_its_master(void **state)
{
    struct file *old = slave;
    char c;

    (void)state;
    slave = NULL;
    pair_close();
    assert_int_equal(open_error("/dev/pts/0", O_RDWR), -ENOENT);
    pair_open();
    assert_string_equal(slave_path(master), "/dev/pts/0");
    type("new\n");
    assert_int_equal(file_read(old, &c, 1), 0);
    assert_int_equal(file_write(old, "x", 1), -EIO);
    assert_read("new\n");
    assert_seen("new\r\n");
    file_put(old);
    print("still here");
    assert_seen("still here");
}

static void nothing_is_left(void **state)
{
    uint64_t before;

    (void)state;
    pair_close();
    before = heap_blocks();
    pair_open();
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    type("line\n");
    pair_close();
    signals_of(shell);
    assert_int_equal(heap_blocks(), before);
    pair_open();
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    file_put(master);
    master = NULL;
    pair_close();
    signals_of(shell);
    assert_int_equal(heap_blocks(), before);
}

static int setup(void **state)
{
    (void)state;
    return terminals_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(locked_until_the_master_unlocks),
        TEST(the_lowest_number_that_is_free),
        TEST(the_folder_lists_who_lives),
        TEST(it_belongs_to_who_opened_the_master),
        TEST(there_are_256),
        TEST(the_program_writes_and_the_master_reads),
        TEST(a_bad_buffer_loses_nothing),
        TEST(the_master_sleeps_for_output),
        TEST(the_master_sleeps_for_room),
        TEST(the_master_flushes),
        TEST(the_programs_are_gone),
        TEST(no_program_yet),
        TEST(a_sleeping_master_sees_the_end),
        TEST(a_slave_that_outlives_its_master),
        TEST(nothing_is_left),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
