/*
 * Lines: when they can be read, how they are edited and shown, what the special characters do.
 */
#include "terminal.h"

static int nr_readable(void)
{
    int32_t n = -1;

    assert_int_equal(ioctl_int(slave, FIONREAD, &n), 0);
    return n;
}

static bool is_readable(void)
{
    return file_poll(slave, NULL) & POLLIN;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void a_line_is_there_when_it_is_whole(void **state)
{
    (void)state;
    type("ab");
    assert_no_input();
    assert_false(is_readable());
    assert_int_equal(nr_readable(), 0);
    type("c\nde");
    assert_true(is_readable());
    assert_int_equal(nr_readable(), 4);
    assert_read("abc\n");
    assert_no_input();
    assert_seen("abc\r\nde");
}

static void a_read_ends_with_the_line_or_the_buffer(void **state)
{
    char buf[10];

    (void)state;
    type("one\ntwo\nthree\n");
    assert_int_equal(file_read(slave, buf, 10), 4);
    assert_int_equal(file_read(slave, buf, 2), 2);
    assert_int_equal(file_read(slave, buf, 0), 0);
    assert_int_equal(file_read(slave, buf, 10), 2);
    assert_memory_equal(buf, "o\n", 2);
    assert_read("three\n");
}

static void a_bad_buffer_loses_nothing(void **state)
{
    struct uio uio;

    (void)state;
    type("line\n");
    uio_init_user(&uio, BAD_ADDRESS, 10);
    assert_int_equal(file_read_uio(slave, &uio, NULL), -EFAULT);
    assert_read("line\n");
}

static void an_end_of_file_is_an_empty_line(void **state)
{
    char buf[10];

    (void)state;
    type("\4");
    assert_true(is_readable());
    assert_int_equal(file_read(slave, buf, 10), 0);
    assert_no_input(); /* it is over with the one read */
    type("ab\4");
    assert_int_equal(nr_readable(), 2);
    assert_int_equal(file_read(slave, buf, 10), 2);
    assert_no_input();
    type("c\4\4d\n");
    assert_read("c");
    assert_int_equal(file_read(slave, buf, 10), 0);
    assert_read("d\n");
    assert_seen("abcd\r\n");
}

/* A buffer of just the line's size is no other case: the end of file goes with the line. */
static void a_buffer_may_be_as_long_as_the_line(void **state)
{
    char buf[2];

    (void)state;
    type("ab\4");
    assert_int_equal(file_read(slave, buf, 2), 2);
    assert_no_input();
    type("abcd\4");
    assert_int_equal(file_read(slave, buf, 2), 2);
    assert_int_equal(file_read(slave, buf, 2), 2);
    assert_no_input();
}

static void further_ends_of_lines(void **state)
{
    (void)state;
    cc_set(VEOL, ';');
    cc_set(VEOL2, ',');
    type("a;b,c\n");
    assert_read("a;");
    assert_read("b,");
    assert_read("c\n");
    lflag_set(IEXTEN, 0);
    type("a,b;");
    assert_read("a,b;");
}

/* 4095 characters and the newline; the excess is lost, not the line. */
static void a_line_has_a_greatest_length(void **state)
{
    static char buf[5000];

    (void)state;
    lflag_set(ECHO, 0);
    for (int i = 0; i < 500; i++)
        type("0123456789");
    assert_no_input();
    type("\n");
    assert_int_equal(file_read(slave, buf, sizeof(buf)), 4096);
    assert_memory_equal(buf + 4090, "01234\n", 6);
    type("next\n");
    assert_read("next\n");
}

/* What does not fit behind lines that nobody reads stays with the writer. */
static void full_of_lines(void **state)
{
    size_t nr_typed = 0;
    ssize_t n;

    (void)state;
    lflag_set(ECHO, 0);
    while ((n = file_write(master, "123456789\n", 10)) == 10)
        nr_typed += 10;
    nr_typed += n > 0 ? n : 0;
    assert_in_range(nr_typed, 4000, 4096);
    assert_int_equal(file_write(master, "x", 1), -EAGAIN);
    assert_false(file_poll(master, NULL) & POLLOUT);
    assert_read("123456789\n");
    assert_true(file_poll(master, NULL) & POLLOUT);
    assert_int_equal(file_write(master, "x", 1), 1);
    assert_int_equal(nr_readable() + 11, (nr_typed + 1) / 10 * 10 + 1);
}

/* --- what is typed and what comes ------------------------------------------------------------- */

static void carriage_returns(void **state)
{
    (void)state;
    type("a\r");
    assert_read("a\n");
    iflag_set(ICRNL, IGNCR);
    type("b\r\n");
    assert_read("b\n");
    iflag_set(IGNCR, INLCR);
    type("c\n\4");
    assert_read("c\r");
    iflag_set(INLCR, 0);
    type("d\r\n");
    assert_read("d\r\n");
}

static void the_eighth_bit_is_stripped(void **state)
{
    (void)state;
    type("\xe1\n");
    assert_read("\xe1\n");
    iflag_set(0, ISTRIP);
    type("\xe1\x8d");
    assert_read("a\n");
}

/* --- editing ---------------------------------------------------------------------------------- */

static void erasing_characters(void **state)
{
    (void)state;
    type("abc\x7f\x7fX\n");
    assert_read("aX\n");
    assert_seen("abc\b \b\b \bX\r\n");
    type("\x7f\x7f");
    assert_seen(""); /* there is nothing before the line */
    type("a\n\x7f\4");
    assert_read("a\n");
    assert_seen("a\r\n");
    lflag_set(ECHOE, 0);
    type("a\x7f");
    assert_seen("a^?");
}

static void erasing_what_is_wider(void **state)
{
    (void)state;
    type("\1\x7f");
    assert_seen("^A\b \b\b \b");
    type("ab\t\x7f");
    assert_seen("ab\t\b \b\b \b\b \b\b \b\b \b\b \b");
    type("\x15");
    iflag_set(0, IUTF8);
    assert_seen("\b \b\b \b");
    type("a\xc3\xa4\x7f\4"); /* one character of two bytes */
    assert_read("a");
    assert_seen("a\xc3\xa4\b \b");
}

static void erasing_words(void **state)
{
    (void)state;
    type("one two_2  \x17");
    assert_seen("one two_2  \b \b\b \b\b \b\b \b\b \b\b \b\b \b");
    type("x\x17\x17\x17y\n");
    assert_read("y\n");
    lflag_set(IEXTEN, 0);
    type("a\x17\n");
    assert_read("a\x17\n");
}

static void erasing_the_line(void **state)
{
    (void)state;
    type("old\x15new\n");
    assert_read("new\n");
    assert_seen("old\b \b\b \b\b \bnew\r\n");
    lflag_set(ECHOKE, 0);
    type("old\x15new");
    assert_seen("old^U\r\nnew");
    lflag_set(ECHOK, ECHOKE);
    type("\x15");
    assert_seen("^U");
}

static void showing_the_line_again(void **state)
{
    (void)state;
    type("ab\1\x12z\n");
    assert_seen("ab^A^R\r\nab^Az\r\n");
    assert_read("ab\1z\n");
}

static void the_next_character_is_only_itself(void **state)
{
    (void)state;
    type("\x16\3\x16\x15\x16\4\x16\x11\x16\n\n");
    assert_read("\3\x15\4\x11\n\n");
    assert_seen("^\b^C^\b^U^\b^D^\b^Q^\b^J\r\n");
    type("\x16\n\x7f"); /* and is erased as it was shown */
    assert_seen("^\b^J\b \b\b \b");
}

/* Nor is the one after a change of mode, that the program makes in between. */
static void a_mode_ends_the_quoting(void **state)
{
    (void)state;
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    type("\x16");
    raw_set(1, 0);
    type("\3");
    assert_int_equal(signals_of(shell), SIGSET(SIGINT));
    assert_no_input();
}

/* --- echo ------------------------------------------------------------------------------------- */

static void echo_on_and_off(void **state)
{
    (void)state;
    lflag_set(ECHO, 0);
    type("secret\n");
    assert_seen("");
    lflag_set(0, ECHONL);
    type("secret\n");
    assert_seen("\r\n");
    lflag_set(ECHOCTL, ECHO);
    type("\1\t");
    assert_seen("\1\t");
    lflag_set(ICANON | ECHO, 0);
    type("\n"); /* ECHONL is for lines */
    assert_seen("");
}

/* --- signals ---------------------------------------------------------------------------------- */

static void characters_that_send_signals(void **state)
{
    (void)state;
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    type("lost\3");
    assert_int_equal(signals_of(shell), SIGSET(SIGINT));
    type("lost\x1c");
    assert_int_equal(signals_of(shell), SIGSET(SIGQUIT));
    type("lost\x1a kept\n");
    assert_int_equal(signals_of(shell), SIGSET(SIGTSTP));
    assert_int_equal(signals_of(job), 0);
    assert_read(" kept\n");
    assert_no_input();
    assert_seen("lost^Clost^\\lost^Z kept\r\n");
}

static void a_signal_need_not_flush(void **state)
{
    (void)state;
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    lflag_set(0, NOFLSH);
    type("kept\3\n");
    assert_int_equal(signals_of(shell), SIGSET(SIGINT));
    assert_read("kept\n");
    lflag_set(ISIG, 0);
    type("\3\n");
    assert_int_equal(signals_of(shell), 0);
    assert_read("\3\n");
}

/* A character that is set to 0 is none, and no NUL does its work. */
static void special_characters_can_be_off(void **state)
{
    (void)state;
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    cc_set(VINTR, 0);
    cc_set(VEOF, 0);
    assert_int_equal(file_write(master, "\3\0\4\n", 4), 4);
    assert_int_equal(signals_of(shell), 0);
    assert_int_equal(nr_readable(), 4);
}

static int setup(void **state)
{
    (void)state;
    return terminals_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_there_when_it_is_whole),
        TEST(a_read_ends_with_the_line_or_the_buffer),
        TEST(a_bad_buffer_loses_nothing),
        TEST(an_end_of_file_is_an_empty_line),
        TEST(a_buffer_may_be_as_long_as_the_line),
        TEST(further_ends_of_lines),
        TEST(a_line_has_a_greatest_length),
        TEST(full_of_lines),
        TEST(carriage_returns),
        TEST(the_eighth_bit_is_stripped),
        TEST(erasing_characters),
        TEST(erasing_what_is_wider),
        TEST(erasing_words),
        TEST(erasing_the_line),
        TEST(showing_the_line_again),
        TEST(the_next_character_is_only_itself),
        TEST(a_mode_ends_the_quoting),
        TEST(echo_on_and_off),
        TEST(characters_that_send_signals),
        TEST(a_signal_need_not_flush),
        TEST(special_characters_can_be_off),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
