/*
 * Raw mode and its times, output processing, stopping and starting, settings and other ioctls.
 */
#include "terminal.h"

/* --- raw mode --------------------------------------------------------------------------------- */

static void bytes_come_as_they_are(void **state)
{
    char buf[10];

    (void)state;
    raw_set(1, 0);
    type("\x7f\4\x15\n");
    assert_int_equal(file_read(slave, buf, 3), 3);
    assert_memory_equal(buf, "\x7f\4\x15", 3);
    assert_read("\n");
    assert_no_input();
    assert_seen("");
}

static void without_a_least_number_a_read_does_not_wait(void **state)
{
    char c;

    (void)state;
    raw_set(0, 0);
    assert_int_equal(file_read(slave, &c, 1), 0);
    type("a");
    assert_read("a");
}

static void a_read_waits_for_the_least_number(void **state)
{
    (void)state;
    raw_set(3, 0);
    call_begin(slave, false, 10);
    type("ab");
    assert_call(SLEEPS);
    type("c");
    assert_call(3);
    call_begin(slave, false, 2); /* or for as much as it wants */
    type("de");
    assert_call(2);
}

/* poll(2) is not to promise what a read then waits for. */
static void poll_knows_the_least_number(void **state)
{
    (void)state;
    raw_set(3, 0);
    type("ab");
    assert_false(file_poll(slave, NULL) & POLLIN);
    type("c");
    assert_true(file_poll(slave, NULL) & POLLIN);
    assert_read("abc");
    raw_set(3, 1); /* here a read returns with what there is when the time is over */
    type("a");
    assert_true(file_poll(slave, NULL) & POLLIN);
    assert_read("a");
    raw_set(0, 0);
    assert_false(file_poll(slave, NULL) & POLLIN);
}

static void the_time_between_bytes(void **state)
{
    (void)state;
    raw_set(0, 5);
    call_begin(slave, false, 10);
    thread_sleep_ns(400 * NS_PER_MSEC);
    assert_int_equal(call.result, SLEEPS);
    thread_sleep_ns(600 * NS_PER_MSEC);
    assert_call(0); /* nothing came in time */
    raw_set(3, 5);
    call_begin(slave, false, 10);
    thread_sleep_ns(1000 * NS_PER_MSEC);
    assert_call(SLEEPS); /* the time begins with the first byte */
    type("a");
    assert_call(SLEEPS);
    thread_sleep_ns(1000 * NS_PER_MSEC);
    assert_call(1);
}

static void what_was_typed_before_the_mode_changed(void **state)
{
    (void)state;
    type("unfinished");
    assert_no_input();
    raw_set(1, 0);
    assert_read("unfinished");
    type("raw");
    lflag_set(0, ICANON);
    assert_read("raw");
    type("next\n");
    assert_read("next\n");
}

static void a_sleeping_reader_sees_the_mode_change(void **state)
{
    (void)state;
    call_begin(slave, false, 10);
    type("ab");
    assert_call(SLEEPS);
    raw_set(1, 0);
    assert_call(2);
}

static void a_signal_ends_a_read(void **state)
{
    (void)state;
    call_begin(slave, false, 10);
    thread_interrupt(&caller->thread);
    assert_call(-EINTR);
    type("line\n");
    assert_read("line\n");
}

/* --- output ----------------------------------------------------------------------------------- */

static void newlines_and_returns(void **state)
{
    (void)state;
    print("a\nb\rc\r\r");
    assert_seen("a\r\nb\rc\r\r");
    oflag_set(ONLCR, OCRNL);
    print("a\nb\r");
    assert_seen("a\nb\n");
    oflag_set(OCRNL, ONOCR | ONLCR);
    print("x\n\rx\r\r"); /* at the beginning of a line they are left out */
    assert_seen("x\r\nx\r");
    oflag_set(OPOST, 0);
    print("a\n\r\t");
    assert_seen("a\n\r\t");
}

static void tabs_become_blanks(void **state)
{
    (void)state;
    oflag_set(TABDLY, XTABS);
    print("\tab\t\xc3\xa4\b\b\t\1\tx\n\ty");
    assert_seen("        ab      \xc3\xa4\b\b \1        x\r\n        y");
}

static void capitals(void **state)
{
    (void)state;
    oflag_set(0, OLCUC);
    print("aZ1");
    assert_seen("AZ1");
}

/* What the count says was written has gone, and nothing more: what comes again would be twice. */
static void a_count_is_what_has_gone(void **state)
{
    static char line[6000], seen[20000];
    size_t nr_written = 0, nr_seen = 0;
    ssize_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(line); i++)
        line[i] = i % 3 == 2 ? '\n' : (char)('a' + i % 26);
    while (nr_written < sizeof(line)) {
        n = file_write(slave, line + nr_written, sizeof(line) - nr_written);
        nr_written += n > 0 ? n : 0;
        assert_true(n > 0 || n == -EAGAIN);
        n = file_read(master, seen + nr_seen, 99);
        assert_true(n > 0);
        nr_seen += n;
    }
    while ((n = file_read(master, seen + nr_seen, 99)) > 0)
        nr_seen += n;
    assert_int_equal(nr_seen, sizeof(line) / 3 * 4);
    for (size_t i = 0, at = 0; i < sizeof(line); i++) {
        if (line[i] == '\n')
            assert_int_equal(seen[at++], '\r');
        assert_int_equal(seen[at++], line[i]);
    }
}

static void a_writer_waits_for_room(void **state)
{
    static char seen[5000];

    (void)state;
    memset(call.bytes, 'x', sizeof(call.bytes));
    call_begin(slave, true, 5000);
    assert_call(SLEEPS);
    assert_false(file_poll(slave, NULL) & POLLOUT);
    assert_int_equal(file_read(master, seen, 100), 100);
    assert_call(SLEEPS);
    assert_int_equal(file_read(master, seen, 4096), 4096);
    assert_call(5000);
    assert_true(file_poll(slave, NULL) & POLLOUT);
    assert_int_equal(file_read(master, seen, 5000), 5000 - 4196);
}

/* A signal ends the write with what has gone. */
static void a_signal_ends_a_write(void **state)
{
    (void)state;
    memset(call.bytes, 'x', sizeof(call.bytes));
    call_begin(slave, true, 5000);
    thread_interrupt(&caller->thread);
    assert_call(4096);
    call_begin(slave, true, 10);
    thread_interrupt(&caller->thread);
    assert_call(-EINTR);
}

static void bytes_that_are_nowhere(void **state)
{
    struct uio uio;

    (void)state;
    uio_init_user(&uio, BAD_ADDRESS, 10);
    assert_int_equal(file_write_uio(slave, &uio, NULL), -EFAULT);
    uio_init_user(&uio, BAD_ADDRESS, 10);
    assert_int_equal(file_write_uio(master, &uio, NULL), -EFAULT);
    assert_int_equal(file_write(slave, "", 0), 0);
    assert_seen("");
}

/* --- stop and start --------------------------------------------------------------------------- */

static void output_stops_and_starts(void **state)
{
    (void)state;
    type("\x13");
    assert_int_equal(file_write(slave, "x", 1), -EAGAIN);
    assert_false(file_poll(slave, NULL) & POLLOUT);
    memcpy(call.bytes, "later", 5);
    call_begin(slave, true, 5);
    type("a");
    assert_call(SLEEPS);
    type("\x11");
    assert_call(5);
    assert_true(file_poll(slave, NULL) & POLLOUT);
    assert_seen("alater");
    type("\n");
    assert_read("a\n"); /* neither character is input */
}

static void any_character_starts(void **state)
{
    (void)state;
    iflag_set(0, IXANY);
    type("\x13x\n");
    assert_int_equal(file_write(slave, "y", 1), 1);
    assert_read("x\n");
    iflag_set(IXON | IXANY, 0);
    type("\x13\n");
    assert_read("\x13\n");
}

/* Who is stopped when the program gives the characters up would be stopped for ever. */
static void without_the_characters_nothing_is_stopped(void **state)
{
    (void)state;
    type("\x13");
    iflag_set(IXON, 0);
    assert_int_equal(file_write(slave, "x", 1), 1);
}

static void programs_stop_and_start(void **state)
{
    (void)state;
    assert_int_equal(file_ioctl(slave, TCXONC, 0), 0);
    assert_int_equal(file_write(slave, "x", 1), -EAGAIN);
    assert_int_equal(file_ioctl(slave, TCXONC, 1), 0);
    assert_int_equal(file_ioctl(slave, TCXONC, 2), 0);
    assert_int_equal(file_ioctl(slave, TCXONC, 3), 0);
    assert_seen("\x13\x11");
    assert_int_equal(file_ioctl(slave, TCXONC, 4), -EINVAL);
}

/* --- ioctls ----------------------------------------------------------------------------------- */

static void settings_are_what_was_set(void **state)
{
    struct {
        struct tty_termios termios;
        uint32_t behind;
    } t = {.termios.ispeed = 7, .behind = 77};

    (void)state;
    assert_int_equal(file_ioctl(slave, TCGETS, USER(&t)), 0);
    assert_int_equal(t.termios.ispeed, 7); /* struct termios has no speeds */
    assert_int_equal(file_ioctl(slave, TCGETS2, USER(&t)), 0);
    assert_int_equal(t.termios.ispeed, 115200);
    t.termios.ospeed = 9600;
    t.termios.line = 5; /* there is only one */
    t.termios.cc[VINTR] = 'x';
    assert_int_equal(file_ioctl(slave, TCSETS2, USER(&t)), 0);
    memset(&t.termios, 0, sizeof(t.termios));
    assert_int_equal(file_ioctl(master, TCGETS2, USER(&t)), 0); /* both sides have the one */
    assert_int_equal(t.termios.ospeed, 9600);
    assert_int_equal(t.termios.line, 0);
    assert_int_equal(t.termios.cc[VINTR], 'x');
    assert_int_equal(t.behind, 77);
}

static void bad_addresses(void **state)
{
    static const unsigned cmds[] = {
        TCGETS,  TCGETS2,  TCSETS,    TCSETSF,   TIOCGWINSZ, TIOCSWINSZ, FIONREAD,   TIOCOUTQ,
        TIOCSTI, TIOCGETD, TIOCGPGRP, TIOCSPGRP, TIOCGSID,   TIOCGPTN,   TIOCSPTLCK, TIOCGPTLCK};
    struct tty_termios before, after;

    (void)state;
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    type("kept\n");
    assert_int_equal(file_ioctl(slave, TCGETS2, USER(&before)), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cmds); i++)
        assert_int_equal(file_ioctl(i < 13 ? slave : master, cmds[i], BAD_ADDRESS), -EFAULT);
    assert_int_equal(file_ioctl(slave, TCGETS2, USER(&after)), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_read("kept\n");
    assert_int_equal(file_ioctl(slave, 0x54ff, 0), -ENOTTY);
    assert_int_equal(file_ioctl(slave, TIOCGPTN, USER(&before)), -ENOTTY);
}

static void queues_are_flushed(void **state)
{
    struct tty_termios termios;

    (void)state;
    type("lost\n");
    assert_int_equal(file_ioctl(slave, TCGETS, USER(&termios)), 0);
    assert_int_equal(file_ioctl(slave, TCSETSF, USER(&termios)), 0);
    assert_no_input();
    type("kept\n");
    assert_seen("lost\r\nkept\r\n");
    print("lost");
    assert_int_equal(file_ioctl(slave, TCFLSH, TCOFLUSH), 0);
    assert_seen("");
    assert_read("kept\n");
    type("in\n");
    print("out");
    assert_int_equal(file_ioctl(slave, TCFLSH, TCIOFLUSH), 0);
    assert_no_input();
    assert_seen("");
    assert_int_equal(file_ioctl(slave, TCFLSH, 3), -EINVAL);
}

static void the_window(void **state)
{
    struct tty_winsize size = {1, 1, 1, 1};

    (void)state;
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    assert_int_equal(file_ioctl(slave, TIOCGWINSZ, USER(&size)), 0);
    assert_true(size.rows == 0 && size.columns == 0 && size.xpixel == 0 && size.ypixel == 0);
    size = (struct tty_winsize){24, 80, 640, 480};
    assert_int_equal(file_ioctl(master, TIOCSWINSZ, USER(&size)), 0);
    assert_int_equal(signals_of(shell), SIGSET(SIGWINCH));
    assert_int_equal(file_ioctl(master, TIOCSWINSZ, USER(&size)), 0);
    assert_int_equal(signals_of(shell), 0); /* it has not changed */
    memset(&size, 0, sizeof(size));
    assert_int_equal(file_ioctl(slave, TIOCGWINSZ, USER(&size)), 0);
    assert_true(size.rows == 24 && size.columns == 80 && size.xpixel == 640 && size.ypixel == 480);
}

/* TIOCSTI is input as if typed; into another's terminal only the administrator puts any. */
static void input_that_a_program_types(void **state)
{
    (void)state;
    assert_int_equal(file_ioctl(slave, TIOCSTI, USER("a")), 0);
    program_become(1000);
    assert_int_equal(file_ioctl(slave, TIOCSTI, USER("b")), -EPERM);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    assert_int_equal(file_ioctl(slave, TIOCSTI, USER("c")), 0);
    assert_int_equal(file_ioctl(slave, TIOCSTI, USER("\n")), 0);
    program_become_root();
    assert_read("ac\n");
    assert_seen("ac\r\n");
}

static int setup(void **state)
{
    (void)state;
    return terminals_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_come_as_they_are),
        TEST(without_a_least_number_a_read_does_not_wait),
        TEST(a_read_waits_for_the_least_number),
        TEST(poll_knows_the_least_number),
        TEST(the_time_between_bytes),
        TEST(what_was_typed_before_the_mode_changed),
        TEST(a_sleeping_reader_sees_the_mode_change),
        TEST(a_signal_ends_a_read),
        TEST(newlines_and_returns),
        TEST(tabs_become_blanks),
        TEST(capitals),
        TEST(a_count_is_what_has_gone),
        TEST(a_writer_waits_for_room),
        TEST(a_signal_ends_a_write),
        TEST(bytes_that_are_nowhere),
        TEST(output_stops_and_starts),
        TEST(any_character_starts),
        TEST(without_the_characters_nothing_is_stopped),
        TEST(programs_stop_and_start),
        TEST(settings_are_what_was_set),
        TEST(bad_addresses),
        TEST(queues_are_flushed),
        TEST(the_window),
        TEST(input_that_a_program_types),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
