/*
 * Terminals for host tests: three processes in two sessions, /dev with the console, and a
 * pseudoterminal whose two sides the test has. Files do not block unless the test lets a thread
 * sleep.
 */
#ifndef TTY_TEST_TERMINAL_H
#define TTY_TEST_TERMINAL_H

#include "../../task/test/world.h"

#include <console/console.h>
#include <devfs/devfs.h>
#include <host_user/host_user.h>
#include <pending/pending.h>
#include <task/group.h>
#include <tty/session.h>
#include <work/work.h>

#include "../internal.h"

#define TCGETS     0x5401u
#define TCSETS     0x5402u
#define TCSETSF    0x5404u
#define TCXONC     0x540au
#define TIOCSCTTY  0x540eu
#define TIOCGPGRP  0x540fu
#define TIOCSPGRP  0x5410u
#define TIOCOUTQ   0x5411u
#define TIOCSTI    0x5412u
#define TIOCGWINSZ 0x5413u
#define TIOCSWINSZ 0x5414u
#define FIONREAD   0x541bu
#define TIOCNOTTY  0x5422u
#define TIOCGETD   0x5424u
#define TIOCGSID   0x5429u
#define TIOCGPTN   0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCGPTLCK 0x80045439u
#define TCGETS2    0x802c542au
#define TCSETS2    0x402c542bu

#define HANDLER 0x10000

/* The shell leads session 10; the job is its child in a group of its own; the other leads session
 * 20. */
static struct process *shell, *job, *other;
static struct file *master, *slave;

static char shown[256]; /* what the console's device got */
static size_t nr_shown;

static inline void show(struct console *con, const char *bytes, size_t n)
{
    (void)con;
    for (size_t i = 0; i < n && nr_shown < sizeof(shown) - 1; i++)
        shown[nr_shown++] = bytes[i];
    shown[nr_shown] = '\0';
}

static struct console screen = {.name = "screen", .write = show};

/* In the group, or NULL: in a session of its own. */
static inline struct process *member_create(pid_t pid, struct process_group *group)
{
    struct process *p = program_create(pid);

    assert_non_null(p);
    if (group == NULL) {
        group = group_create(pid, session_create(pid));
        group->session->leader = p;
    }
    group_join(p, group);
    for (int i = 0; i < NR_SIGNALS; i++)
        p->actions[i].handler = HANDLER;
    return p;
}

/* What was sent to the process, which forgets it. */
static inline sigset64_t signals_of(struct process *p)
{
    sigset64_t set = p->pending.set;

    pending_flush(&p->pending, ~0ull);
    p->leader->thread.arch.user_work = 0;
    return set;
}

static inline struct file *file_open(const char *name, unsigned flags)
{
    struct file *file;

    assert_int_equal(vfs_open(CTX, NULL, name, flags, 0, &file), 0);
    return file;
}

static inline int open_error(const char *name, unsigned flags)
{
    struct file *file;

    return vfs_open(CTX, NULL, name, flags, 0, &file);
}

static inline int ioctl_int(struct file *file, unsigned cmd, int32_t *value)
{
    return (int)file_ioctl(file, cmd, USER(value));
}

/* --- the two sides ---------------------------------------------------------------------------- */

/* Both do not block; the slave is nobody's controlling terminal. */
static inline void pair_open(void)
{
    int32_t unlocked = 0, number;
    char name[16];

    master = file_open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_int_equal(ioctl_int(master, TIOCSPTLCK, &unlocked), 0);
    assert_int_equal(ioctl_int(master, TIOCGPTN, &number), 0);
    snprintf(name, sizeof(name), "/dev/pts/%d", number);
    slave = file_open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
}

static inline void pair_close(void)
{
    if (slave != NULL)
        file_put(slave);
    if (master != NULL)
        file_put(master);
    master = slave = NULL;
}

static inline void type(const char *text)
{
    assert_int_equal(file_write(master, text, strlen(text)), strlen(text));
}

static inline void print(const char *text)
{
    assert_int_equal(file_write(slave, text, strlen(text)), strlen(text));
}

static inline void assert_gives(struct file *file, const char *expected)
{
    char text[5000] = "";
    ssize_t n = file_read(file, text, sizeof(text) - 1);

    if (n == -EAGAIN)
        n = 0;
    assert_true(n >= 0);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

/* One read of the program: a line, or what there is. */
static inline void assert_read(const char *expected)
{
    assert_gives(slave, expected);
}

static inline void assert_no_input(void)
{
    char c;

    assert_int_equal(file_read(slave, &c, 1), -EAGAIN);
}

/* What the terminal showed since the last look. */
static inline void assert_seen(const char *expected)
{
    assert_gives(master, expected);
}

/* --- settings --------------------------------------------------------------------------------- */

static inline void flags_change(uint32_t *flags, uint32_t clear, uint32_t set,
                                struct tty_termios *termios)
{
    *flags = (*flags & ~clear) | set;
    assert_int_equal(file_ioctl(slave, TCSETS, USER(termios)), 0);
}

#define SETTING_FUNCTION(name)                                                                     \
    static inline void name##_set(uint32_t clear, uint32_t set)                                    \
    {                                                                                              \
        struct tty_termios termios;                                                                \
                                                                                                   \
        assert_int_equal(file_ioctl(slave, TCGETS, USER(&termios)), 0);                            \
        flags_change(&termios.name, clear, set, &termios);                                         \
    }
SETTING_FUNCTION(iflag)
SETTING_FUNCTION(oflag)
SETTING_FUNCTION(lflag)

static inline void cc_set(unsigned which, uint8_t c)
{
    struct tty_termios termios;

    assert_int_equal(file_ioctl(slave, TCGETS, USER(&termios)), 0);
    termios.cc[which] = c;
    assert_int_equal(file_ioctl(slave, TCSETS, USER(&termios)), 0);
}

static inline void raw_set(uint8_t vmin, uint8_t vtime)
{
    lflag_set(ICANON | ECHO, 0);
    cc_set(VMIN, vmin);
    cc_set(VTIME, vtime);
}

/* --- a thread that sleeps ----------------------------------------------------------------------
 */

#define SLEEPS 12345 /* a result that no call has */

/* One read or write, by a further thread of the shell. */
static struct {
    struct file *file;
    bool is_write;
    char bytes[6000];
    size_t n;
    ssize_t result;
} call;
static struct user_thread *caller;

static inline void call_run(struct trap_frame *frame)
{
    (void)frame;
    call.file->flags &= ~O_NONBLOCK;
    call.result = call.is_write ? file_write(call.file, call.bytes, call.n)
                                : file_read(call.file, call.bytes, call.n);
    user_thread_unpublish(user_current());
    thread_exit();
}

/* Until it sleeps or is over. */
static inline void call_begin(struct file *file, bool is_write, size_t n)
{
    caller = user_thread_alloc(shell, "caller");
    assert_non_null(caller);
    caller->tid = 11;
    caller->vspace = shell->vspace;
    caller->credentials = shell->credentials;
    credentials_get(caller->credentials);
    user_thread_publish(caller);
    call.file = file;
    call.is_write = is_write;
    call.n = n;
    call.result = SLEEPS;
    thread_start(&caller->thread);
    thread_detach(&caller->thread);
    thread_yield();
}

static inline void assert_call(ssize_t expected)
{
    thread_yield();
    assert_int_equal(call.result, expected);
}

/* --- beginning and end of a test ----------------------------------------------------------------
 */

static inline void terminal_lost(struct process *leader)
{
    tty_session_leader_exit(leader);
    assert_null(leader->group->session->terminal);
}

static inline int begin(void **state)
{
    (void)state;
    program_run(shell);
    pair_open();
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    pair_close();
    terminal_lost(shell);
    terminal_lost(other);
    signals_of(shell);
    signals_of(job);
    signals_of(other);
    nr_shown = 0;
    shown[0] = '\0';
    return 0;
}

static inline int terminals_init(void)
{
    struct session *session;

    host_program = call_run;
    if (program_world_init() != 0 || devfs_init() != 0 || work_system_init() != 0 ||
        vfs_mkdir(CTX, NULL, "/dev", 0755) != 0 ||
        vfs_mount(CTX, "dev", "/dev", "devtmpfs", 0, "") != 0 || tty_boot() != 0 ||
        vfs_mkdir(CTX, NULL, "/dev/pts", 0755) != 0 ||
        vfs_mount(CTX, "devpts", "/dev/pts", "devpts", 0, "") != 0)
        return -1;
    console_register(&screen);
    shell = member_create(10, NULL);
    session = shell->group->session;
    job = member_create(12, group_create(12, session));
    job->parent = shell;
    other = member_create(20, NULL);
    program_run(shell);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
