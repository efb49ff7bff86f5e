/*
 * Job control: whose terminal it is, which group is in the foreground, what the others may do, and
 * what happens at the end.
 */
#include "terminal.h"

static struct session *session_of(const struct process *p)
{
    return p->group->session;
}

static char slave_name[16];

static struct file *slave_open_again(unsigned flags)
{
    int32_t number;

    assert_int_equal(ioctl_int(master, TIOCGPTN, &number), 0);
    snprintf(slave_name, sizeof(slave_name), "/dev/pts/%d", number);
    return file_open(slave_name, flags | O_NONBLOCK);
}

static int foreground(struct file *file)
{
    int32_t pgid = -77;
    int err = ioctl_int(file, TIOCGPGRP, &pgid);

    return err ? err : pgid;
}

static int foreground_set(int32_t pgid)
{
    return ioctl_int(slave, TIOCSPGRP, &pgid);
}

/* The shell has the terminal, and its job is in the foreground. */
static void job_runs(void)
{
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    assert_int_equal(foreground_set(12), 0);
}

/* --- whose it is ------------------------------------------------------------------------------ */

static void a_leader_gets_it_by_opening(void **state)
{
    struct file *file;

    (void)state;
    assert_null(session_of(shell)->terminal); /* O_NOCTTY */
    program_run(job);                         /* no leader */
    file_put(slave_open_again(O_RDWR));
    assert_null(session_of(shell)->terminal);
    program_run(shell);
    file_put(slave_open_again(O_WRONLY)); /* or write(1)'s users could read */
    assert_null(session_of(shell)->terminal);
    file = slave_open_again(O_RDONLY);
    assert_non_null(session_of(shell)->terminal);
    assert_int_equal(foreground(slave), 10);
    assert_int_equal(tty_session_foreground(session_of(shell)), 10);
    assert_int_equal(DEVNO_MAJOR(tty_session_devno(session_of(shell))), 136);
    assert_int_equal(tty_session_devno(session_of(other)), 0);
    assert_int_equal(tty_session_foreground(session_of(other)), -1);
    program_run(other); /* it is the shell's */
    file_put(slave_open_again(O_RDWR));
    assert_null(session_of(other)->terminal);
    file_put(file);
}

static void a_session_has_one(void **state)
{
    struct tty *first;

    (void)state;
    file_put(slave_open_again(O_RDWR));
    first = session_of(shell)->terminal;
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0); /* this it has */
    struct file *console = file_open("/dev/ttyS0", O_RDWR);
    assert_ptr_equal(session_of(shell)->terminal, first);
    assert_int_equal(file_ioctl(console, TIOCSCTTY, 1), -EPERM);
    assert_ptr_equal(session_of(shell)->terminal, first);
    file_put(console);
}

static void who_may_ask_for_it(void **state)
{
    struct file *write_only = slave_open_again(O_WRONLY | O_NOCTTY);

    (void)state;
    program_run(job);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), -EPERM);
    program_run(shell);
    program_become(1000);
    assert_int_equal(file_ioctl(write_only, TIOCSCTTY, 0), -EPERM);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    program_become_root();
    file_put(write_only);
}

static void root_takes_it_from_others(void **state)
{
    (void)state;
    job_runs();
    program_run(other);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), -EPERM);
    program_become(1000);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 1), -EPERM);
    program_become_root();
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 1), 0);
    assert_null(session_of(shell)->terminal);
    assert_int_equal(foreground(slave), 20);
    type("\3");
    assert_int_equal(signals_of(other), SIGSET(SIGINT));
    assert_int_equal(signals_of(job), 0);
}

static void dev_tty_is_ones_own(void **state)
{
    struct file *file;

    (void)state;
    assert_int_equal(open_error("/dev/tty", O_RDWR), -ENXIO);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    file = file_open("/dev/tty", O_RDWR | O_NONBLOCK);
    assert_int_equal(file_write(file, "x", 1), 1);
    assert_seen("x");
    program_run(other);
    assert_int_equal(open_error("/dev/tty", O_RDWR), -ENXIO);
    program_run(shell);
    assert_int_equal(file_ioctl(file, TIOCNOTTY, 0), 0);
    assert_int_equal(open_error("/dev/tty", O_RDWR), -ENXIO);
    assert_int_equal(file_write(file, "y", 1), 1); /* what is open stays */
    assert_seen("y");
    file_put(file);
}

/* --- the foreground --------------------------------------------------------------------------- */

static void the_foreground_is_set_and_told(void **state)
{
    int32_t sid = 0;

    (void)state;
    assert_int_equal(foreground(slave), -ENOTTY);
    assert_int_equal(foreground_set(10), -ENOTTY);
    assert_int_equal(ioctl_int(slave, TIOCGSID, &sid), -ENOTTY);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    assert_int_equal(foreground_set(-1), -EINVAL);
    assert_int_equal(foreground_set(99), -ESRCH);
    assert_int_equal(foreground_set(20), -EPERM); /* of another session */
    assert_int_equal(foreground(slave), 10);
    assert_int_equal(foreground_set(12), 0);
    assert_int_equal(foreground(slave), 12);
    assert_int_equal(ioctl_int(slave, TIOCGSID, &sid), 0);
    assert_int_equal(sid, 10);
    program_run(other);
    assert_int_equal(foreground(slave), -ENOTTY);
    assert_int_equal(foreground_set(20), -ENOTTY);
    assert_int_equal(ioctl_int(slave, TIOCGSID, &sid), -ENOTTY);
}

/* Who has the master asks for the terminal of others: a terminal's window shows what runs. */
static void the_master_knows_the_foreground(void **state)
{
    int32_t sid = 0;

    (void)state;
    assert_int_equal(foreground(master), 0);
    assert_int_equal(ioctl_int(master, TIOCGSID, &sid), -ENOTTY);
    job_runs();
    program_run(other);
    assert_int_equal(foreground(master), 12);
    assert_int_equal(ioctl_int(master, TIOCGSID, &sid), 0);
    assert_int_equal(sid, 10);
}

static void signals_go_to_the_foreground(void **state)
{
    (void)state;
    job_runs();
    type("\3");
    assert_int_equal(signals_of(job), SIGSET(SIGINT));
    assert_int_equal(signals_of(shell), 0);
    terminal_lost(shell);
    signals_of(job);
    type("\3");
    assert_int_equal(signals_of(job), 0);
}

/* --- the background --------------------------------------------------------------------------- */

/* The shell waits in the foreground; the job is behind. */
static void job_is_behind(void)
{
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
    type("line\n");
    program_run(job);
}

static ssize_t read_some(void)
{
    char buf[8];

    return file_read(slave, buf, sizeof(buf));
}

static void reading_in_the_background(void **state)
{
    (void)state;
    job_is_behind();
    assert_int_equal(read_some(), -ERESTARTSYS);
    assert_int_equal(signals_of(job), SIGSET(SIGTTIN));
    job->leader->blocked = SIGSET(SIGTTIN);
    assert_int_equal(read_some(), -EIO);
    job->leader->blocked = 0;
    job->actions[SIGTTIN - 1].handler = 1;
    assert_int_equal(read_some(), -EIO);
    job->actions[SIGTTIN - 1].handler = HANDLER;
    job->parent = NULL; /* nobody would continue it */
    assert_int_equal(read_some(), -EIO);
    job->parent = shell;
    assert_int_equal(signals_of(job), 0);
    program_run(other); /* it is not this one's, so nothing holds it */
    assert_int_equal(read_some(), 5);
}

static void writing_in_the_background(void **state)
{
    (void)state;
    job_is_behind();
    assert_int_equal(file_write(slave, "x", 1), 1);
    program_run(shell);
    lflag_set(0, TOSTOP);
    program_run(job);
    assert_int_equal(file_write(slave, "x", 1), -ERESTARTSYS);
    assert_int_equal(signals_of(job), SIGSET(SIGTTOU));
    job->actions[SIGTTOU - 1].handler = 1;
    assert_int_equal(file_write(slave, "x", 1), 1);
    job->actions[SIGTTOU - 1].handler = HANDLER;
    job->parent = NULL;
    assert_int_equal(file_write(slave, "x", 1), -EIO);
    job->parent = shell;
    assert_seen("line\r\nxx");
}

static void changing_in_the_background(void **state)
{
    struct tty_termios termios;
    int32_t pgid = 12;

    (void)state;
    job_is_behind();
    assert_int_equal(file_ioctl(slave, TCGETS, USER(&termios)), 0);
    assert_int_equal(foreground(slave), 10);
    const struct {
        unsigned cmd;
        uint64_t arg;
    } calls[] = {{TCSETS, USER(&termios)},
                 {TCXONC, 0},
                 {TCFLSH, 0},
                 {TIOCSPGRP, USER(&pgid)},
                 {0x5409, 1} /* TCSBRK */};

    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        assert_int_equal(file_ioctl(slave, calls[i].cmd, calls[i].arg), -ERESTARTSYS);
        assert_int_equal(signals_of(job), SIGSET(SIGTTOU));
    }
    job->parent = NULL;
    assert_int_equal(file_ioctl(slave, TCXONC, 0), -EIO);
    assert_int_equal(foreground_set(12), -ENOTTY);
    job->parent = shell;
    assert_int_equal(foreground(slave), 10);
    job->leader->blocked = SIGSET(SIGTTOU); /* as shells do to take it back */
    assert_int_equal(foreground_set(12), 0);
    job->leader->blocked = 0;
    assert_int_equal(read_some(), 5);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void the_leader_gives_it_up(void **state)
{
    (void)state;
    job_runs();
    program_run(other);
    assert_int_equal(file_ioctl(slave, TIOCNOTTY, 0), -ENOTTY);
    program_run(shell);
    assert_int_equal(file_ioctl(slave, TIOCNOTTY, 0), 0);
    assert_int_equal(signals_of(job), SIGSET(SIGHUP) | SIGSET(SIGCONT));
    assert_int_equal(signals_of(shell), 0);
    assert_int_equal(file_ioctl(slave, TIOCNOTTY, 0), -ENOTTY);
    program_run(other);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), 0);
}

static void the_leader_exits(void **state)
{
    (void)state;
    job_runs();
    tty_session_leader_exit(shell);
    assert_int_equal(signals_of(job), SIGSET(SIGHUP) | SIGSET(SIGCONT));
    assert_int_equal(foreground(slave), -ENOTTY);
    tty_session_leader_exit(shell); /* it has none: nothing happens */
    assert_int_equal(signals_of(job), 0);
}

static void the_line_is_cut(void **state)
{
    struct tty_termios termios;
    int32_t pgid = 10;

    (void)state;
    job_runs();
    type("typed\n");
    file_put(master);
    master = NULL;
    assert_int_equal(signals_of(shell), SIGSET(SIGHUP) | SIGSET(SIGCONT));
    assert_int_equal(signals_of(job), SIGSET(SIGHUP));
    assert_null(session_of(shell)->terminal);
    assert_int_equal(file_poll(slave, NULL) & (POLLIN | POLLOUT | POLLHUP),
                     POLLIN | POLLOUT | POLLHUP);
    assert_int_equal(file_write(slave, "x", 1), -EIO);
    assert_int_equal(file_ioctl(slave, TCGETS, USER(&termios)), -EIO);
    assert_int_equal(ioctl_int(slave, TIOCSPGRP, &pgid), -ENOTTY);
    assert_int_equal(file_ioctl(slave, TIOCSCTTY, 0), -EIO); /* it is no terminal any more */
    assert_null(session_of(shell)->terminal);
}

static void a_cut_line_ends_what_sleeps(void **state)
{
    (void)state;
    call_begin(slave, false, 10);
    assert_call(SLEEPS);
    file_put(master);
    master = NULL;
    assert_call(0);
    assert_int_equal(read_some(), 0);
    pair_close();
    pair_open();
    memset(call.bytes, 'x', sizeof(call.bytes));
    call_begin(slave, true, 5000);
    assert_call(SLEEPS);
    file_put(master);
    master = NULL;
    assert_call(4096);
    pair_close();
    pair_open();
    type("\x13");
    call_begin(slave, true, 1);
    assert_call(SLEEPS);
    file_put(master);
    master = NULL;
    assert_call(-EIO);
}

static int setup(void **state)
{
    (void)state;
    return terminals_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_leader_gets_it_by_opening),
        TEST(a_session_has_one),
        TEST(who_may_ask_for_it),
        TEST(root_takes_it_from_others),
        TEST(dev_tty_is_ones_own),
        TEST(the_foreground_is_set_and_told),
        TEST(the_master_knows_the_foreground),
        TEST(signals_go_to_the_foreground),
        TEST(reading_in_the_background),
        TEST(writing_in_the_background),
        TEST(changing_in_the_background),
        TEST(the_leader_gives_it_up),
        TEST(the_leader_exits),
        TEST(the_line_is_cut),
        TEST(a_cut_line_ends_what_sleeps),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
