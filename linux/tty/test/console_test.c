/*
 * The console's terminal: what is typed arrives in interrupts and waits for who reads; its files.
 */
#include "terminal.h"

#include <bootargs/bootargs.h>

static struct file *console;

static void typed(const char *text)
{
    console_received(text, strlen(text));
}

/* Lines of ten bytes, numbered. */
static void typed_lines(int nr)
{
    char line[16];

    for (int i = 0; i < nr; i++) {
        snprintf(line, sizeof(line), "%09d\n", i);
        typed(line);
    }
}

static int begin_console(void **state)
{
    struct tty_termios termios;

    (void)state;
    program_run(shell);
    console = file_open("/dev/ttyS0", O_RDWR | O_NONBLOCK);
    assert_int_equal(file_ioctl(console, TCGETS, USER(&termios)), 0);
    termios.lflag |= ECHO;
    termios.lflag &= ~NOFLSH;
    return (int)file_ioctl(console, TCSETS, USER(&termios));
}

static int end_console(void **state)
{
    typed("\3");
    thread_yield();
    file_put(console);
    return end(state);
}

static void echo_off(void)
{
    struct tty_termios termios;

    assert_int_equal(file_ioctl(console, TCGETS, USER(&termios)), 0);
    termios.lflag &= ~ECHO;
    assert_int_equal(file_ioctl(console, TCSETS, USER(&termios)), 0);
}

/* --- input ------------------------------------------------------------------------------------ */

static void what_is_typed_is_work_for_later(void **state)
{
    (void)state;
    typed("ls\r");
    assert_string_equal(shown, ""); /* nothing is done in the interrupt */
    thread_yield();
    assert_string_equal(shown, "ls\r\n");
    assert_gives(console, "ls\n");
}

static void a_reader_is_woken(void **state)
{
    (void)state;
    call_begin(console, false, 100);
    typed("a");
    assert_call(SLEEPS);
    typed("b\n");
    thread_yield();
    assert_call(3);
}

static void a_long_paste_waits_for_the_reader(void **state)
{
    char line[16], expected[16];

    (void)state;
    echo_off();
    typed_lines(3000);
    thread_yield();
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(file_read(console, line, sizeof(line)), 10);
        snprintf(expected, sizeof(expected), "%09d\n", i);
        assert_memory_equal(line, expected, 10);
        thread_yield();
    }
    assert_int_equal(file_read(console, line, sizeof(line)), -EAGAIN);
}

static void too_long_a_paste_is_cut(void **state)
{
    char line[16];
    int nr = 0;

    (void)state;
    echo_off();
    typed_lines(5000);
    thread_yield();
    while (file_read(console, line, sizeof(line)) == 10) {
        nr++;
        thread_yield();
    }
    assert_in_range(nr, 32768 / 10, 32768 / 10 + 410);
    typed("\3after\n");
    thread_yield();
    assert_gives(console, "after\n");
}

/* A program that reads nothing ends all the same. */
static void an_interrupt_overtakes(void **state)
{
    (void)state;
    echo_off();
    typed_lines(1000);
    typed("\3after\n");
    thread_yield();
    assert_int_equal(signals_of(shell), SIGSET(SIGINT));
    assert_gives(console, "after\n");
    assert_gives(console, "");
}

/* Where it is not to throw away what was typed before, it waits in its place. */
static void an_interrupt_that_keeps_its_place(void **state)
{
    struct tty_termios termios;
    char line[16];

    (void)state;
    echo_off();
    assert_int_equal(file_ioctl(console, TCGETS, USER(&termios)), 0);
    termios.lflag |= NOFLSH;
    assert_int_equal(file_ioctl(console, TCSETS, USER(&termios)), 0);
    typed_lines(500);
    typed("\3");
    thread_yield();
    assert_int_equal(signals_of(shell), 0);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(file_read(console, line, sizeof(line)), 10);
        thread_yield();
    }
    assert_int_equal(signals_of(shell), SIGSET(SIGINT));
}

static void stopping_by_keys(void **state)
{
    (void)state;
    typed("\x13");
    thread_yield();
    assert_int_equal(file_write(console, "x", 1), -EAGAIN);
    typed("\x11");
    thread_yield();
    assert_int_equal(file_write(console, "x\n", 2), 2);
    assert_string_equal(shown, "x\r\n");
}

/* --- files ------------------------------------------------------------------------------------ */

static void which_of_its_files_can_control(void **state)
{
    struct file *file;
    int32_t pgid = 0;

    (void)state;
    terminal_lost(shell);
    signals_of(shell);
    file = file_open("/dev/console", O_RDWR | O_NONBLOCK);
    assert_null(shell->group->session->terminal);
    assert_int_equal(open_error("/dev/tty", O_RDWR), -ENXIO);
    file_put(file_open("/dev/ttyS0", O_RDWR | O_NOCTTY));
    assert_null(shell->group->session->terminal);
    file_put(file_open("/dev/ttyS0", O_WRONLY));
    assert_null(shell->group->session->terminal);
    file_put(file_open("/dev/ttyS0", O_RDWR));
    assert_ptr_equal(shell->group->session->terminal, &tty_console);
    assert_int_equal(tty_session_devno(shell->group->session), DEVNO(4, 64));
    assert_int_equal(ioctl_int(file, TIOCGPGRP, &pgid), 0); /* it is the same terminal */
    assert_int_equal(pgid, 10);
    file_put(file);
    file = file_open("/dev/tty", O_RDWR);
    assert_int_equal(file_write(file, "x", 1), 1);
    assert_string_equal(shown, "x");
    file_put(file);
}

/* The terminal lasts, whoever closes what. */
static void it_is_never_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        file_put(file_open("/dev/console", O_RDWR));
    assert_int_equal(tty_console.nr_files, 1);
    assert_int_equal(tty_console.nr_refs, 3); /* itself, the session, the file */
}

static void its_size_is_the_command_lines(void **state)
{
    struct tty_winsize size = {0};

    (void)state;
    assert_int_equal(file_ioctl(console, TIOCGWINSZ, USER(&size)), 0);
    assert_int_equal(size.rows, 24);
    assert_int_equal(size.columns, 80);
}

static int setup(void **state)
{
    (void)state;
    /* The bad ones are told and change nothing. */
    bootargs_parse("tty.size=24x80 tty.size tty.size=1 tty.size=1x tty.size=x1 tty.size=1x65536 "
                   "tty.size=1x1x1");
    return terminals_init();
}

#define CONSOLE_TEST(name) cmocka_unit_test_setup_teardown(name, begin_console, end_console)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONSOLE_TEST(what_is_typed_is_work_for_later),
        CONSOLE_TEST(a_reader_is_woken),
        CONSOLE_TEST(a_long_paste_waits_for_the_reader),
        CONSOLE_TEST(too_long_a_paste_is_cut),
        CONSOLE_TEST(an_interrupt_overtakes),
        CONSOLE_TEST(an_interrupt_that_keeps_its_place),
        CONSOLE_TEST(stopping_by_keys),
        CONSOLE_TEST(which_of_its_files_can_control),
        CONSOLE_TEST(it_is_never_freed),
        CONSOLE_TEST(its_size_is_the_command_lines),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
