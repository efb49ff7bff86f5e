/*
 * /proc/PID: which names there are, what is told of a process and a thread, and what of one that
 * ends.
 */
#include "proc.h"

#include <abi/abi.h>

static int setup(void **state)
{
    (void)state;
    return proc_world_init();
}

/* The field of /proc/PID/stat by its number in proc(5). */
static const char *stat_field(const char *name, int number)
{
    static char value[64];
    const char *at;

    assert_true(proc_read(name) > 0);
    at = strrchr(text, ')') + 2;
    for (; number > 3; number--)
        at = strchr(at, ' ') + 1;
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, " \n"), at);
    return value;
}

static void expect_stat(const char *name, int number, const char *expected)
{
    assert_string_equal(stat_field(name, number), expected);
}

/* --- names ------------------------------------------------------------------------------------ */

static void who_is_there(void **state)
{
    (void)state;
    assert_int_equal(proc_error("/proc/1"), 0);
    assert_int_equal(proc_error("/proc/10/task/10/stat"), 0);
    assert_int_equal(proc_error("/proc/99"), -ENOENT);
    assert_int_equal(proc_error("/proc/0"), -ENOENT);
    assert_int_equal(proc_error("/proc/010"), -ENOENT);
    assert_int_equal(proc_error("/proc/+1"), -ENOENT);
    assert_int_equal(proc_error("/proc/1x"), -ENOENT);
    assert_int_equal(proc_error("/proc/4294967297"), -ENOENT);
    assert_int_equal(proc_error("/proc/99999999999999999999"), -ENOENT);
    assert_non_null(strstr(listing("/proc"), " 1 10 12 "));
}

/* A thread is found by its number and not listed, but among its own process's. */
static void threads(void **state)
{
    (void)state;
    assert_int_equal(proc_error("/proc/11/stat"), 0);
    assert_string_equal(listing("/proc/10/task"), "10 11 ");
    assert_string_equal(listing("/proc/12/task"), "12 ");
    assert_int_equal(proc_error("/proc/10/task/12"), -ENOENT);
    assert_int_equal(proc_error("/proc/10/task/011"), -ENOENT);
    assert_int_equal(proc_error("/proc/10/task/11/task"), -ENOENT);
    expect("/proc/10/task/11/comm", "worker\n");
    expect("/proc/10/task/10/comm", "test\n");
    expect_field("/proc/11/status", "Pid:\t", "11");
    expect_field("/proc/11/status", "Tgid:\t", "10");
}

static void oneself(void **state)
{
    (void)state;
    program_run(child);
    expect_link("/proc/self", "12");
    expect_link("/proc/thread-self", "12/task/12");
    host_current = &second->thread.arch;
    expect_link("/proc/self", "10");
    expect_link("/proc/thread-self", "10/task/11");
    expect_field("/proc/self/status", "Pid:\t", "10");
    expect_field("/proc/thread-self/status", "Pid:\t", "11");
    expect_link("/proc/mounts", "self/mounts");
    program_run(init);
}

static void whose_they_are(void **state)
{
    struct vfs_stat st;

    (void)state;
    assert_int_equal(stat_file("/proc/10", &st), 0);
    assert_int_equal(st.mode, S_IFDIR | 0555);
    assert_int_equal(st.uid, USER_ID);
    assert_int_equal(st.gid, USER_ID);
    assert_int_equal(stat_file("/proc/1/status", &st), 0);
    assert_int_equal(st.uid, 0);
    assert_int_equal(stat_file("/proc/10/fd", &st), 0);
    assert_int_equal(st.mode, S_IFDIR | 0500);
}

/* --- stat and status -------------------------------------------------------------------------- */

static void relations(void **state)
{
    (void)state;
    expect_stat("/proc/12/stat", 4, "10");
    expect_stat("/proc/12/stat", 5, "12");
    expect_stat("/proc/12/stat", 6, "10");
    expect_stat("/proc/12/stat", 7, "0");  /* no terminal */
    expect_stat("/proc/12/stat", 8, "-1"); /* no foreground */
    expect_stat("/proc/1/stat", 4, "0");
    expect_stat("/proc/10/stat", 20, "2");
    expect_field("/proc/12/status", "PPid:\t", "10");
    expect_field("/proc/12/status", "NSpgid:\t", "12");
    expect_field("/proc/10/status", "Threads:\t", "2");
    expect_field("/proc/12/status", "Uid:\t", "1000\t1000\t1000\t1000");
    expect_field("/proc/12/status", "CapEff:\t", "0000000000000000");
    expect_field("/proc/1/status", "CapEff:\t", "000001ffffffffff");
}

/* Programs look for the last ')'. */
static void names_may_be_anything(void **state)
{
    (void)state;
    strcpy(child->name, "a) R (b");
    expect("/proc/12/comm", "a) R (b\n");
    assert_int_equal(strncmp((proc_read("/proc/12/stat"), text), "12 (a) R (b) ", 13), 0);
    expect_stat("/proc/12/stat", 4, "10");
    strcpy(child->name, "test");
}

static void states(void **state)
{
    struct thread *t = &child->leader->thread;

    (void)state;
    t->state = THREAD_INTERRUPTIBLE;
    expect_stat("/proc/12/stat", 3, "S");
    expect_field("/proc/12/status", "State:\t", "S (sleeping)");
    t->state = THREAD_BLOCKED;
    expect_field("/proc/12/status", "State:\t", "D (disk sleep)");
    child->state = PROCESS_STOPPED;
    expect_field("/proc/12/status", "State:\t", "T (stopped)");
    child->state = PROCESS_ALIVE;
    t->state = THREAD_NEW;
}

static void signals(void **state)
{
    (void)state;
    child->actions[SIGINT - 1].handler = 0x1000;
    child->actions[SIGHUP - 1].handler = 1;
    child->leader->blocked = SIGSET(SIGUSR1) | SIGSET(64);
    assert_int_equal(pending_add(&child->pending, child->credentials->account, 9, SIGUSR1, NULL),
                     0);
    assert_int_equal(
        pending_add(&child->leader->pending, child->credentials->account, 9, SIGTERM, NULL), 0);
    expect_field("/proc/12/status", "SigPnd:\t", "0000000000004000");
    expect_field("/proc/12/status", "ShdPnd:\t", "0000000000000200");
    expect_field("/proc/12/status", "SigBlk:\t", "8000000000000200");
    expect_field("/proc/12/status", "SigIgn:\t", "0000000000000001");
    expect_field("/proc/12/status", "SigCgt:\t", "0000000000000002");
    expect_stat("/proc/12/stat", 32, "512"); /* what fits 31 bits */
    pending_flush(&child->pending, ~0ull);
    pending_flush(&child->leader->pending, ~0ull);
    child->leader->blocked = 0;
}

/* A process's times are all its threads', and of those that have left; a thread's are its own. */
static void times(void **state)
{
    const uint64_t tick = NS_PER_SEC / LINUX_TICK_HZ;

    (void)state;
    shell->leader->thread.run_ticks = 70 * tick;
    shell->leader->thread.user_clock = 50 * tick << THREAD_CLOCK_SHIFT;
    second->thread.run_ticks = 7 * tick;
    second->thread.user_clock = 5 * tick << THREAD_CLOCK_SHIFT;
    shell->dead_utime_ns = 1000 * tick;
    shell->child_utime_ns = 3 * tick;
    shell->child_stime_ns = 4 * tick;
    expect_stat("/proc/10/stat", 14, "1055");
    expect_stat("/proc/10/stat", 15, "22");
    expect_stat("/proc/10/stat", 16, "3");
    expect_stat("/proc/10/stat", 17, "4");
    expect_stat("/proc/10/task/11/stat", 14, "5");
    expect_stat("/proc/10/task/11/stat", 15, "2");
    expect_stat("/proc/10/task/10/stat", 14, "50");
}

static void niceness(void **state)
{
    (void)state;
    child->nice = -5;
    expect_stat("/proc/12/stat", 18, "15");
    expect_stat("/proc/12/stat", 19, "-5");
    child->nice = 0;
}

/* --- limits and oom_score_adj ----------------------------------------------------------------- */

static void limits(void **state)
{
    (void)state;
    child->limits[RLIMIT_NOFILE] = (struct linux_rlimit){256, 4096};
    expect_field("/proc/12/limits", "Max open files            ",
                 "256                  4096                 files     ");
    expect_field("/proc/12/limits", "Max cpu time              ",
                 "unlimited            unlimited            seconds   ");
    expect_field("/proc/12/limits", "Max realtime timeout      ",
                 "unlimited            unlimited            us        ");
}

static void the_score(void **state)
{
    (void)state;
    program_run(child);
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "500\n"), 4);
    expect("/proc/12/oom_score_adj", "500\n");
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "100"), 3); /* not below the least */
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "-1"), -EACCES);
    program_run(init);
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "-1000"), 5);
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "1001"), -EINVAL);
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "-1001"), -EINVAL);
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "7x"), -EINVAL);
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "\n"), -EINVAL);
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "7\n\n"), -EINVAL);
    expect("/proc/12/oom_score_adj", "-1000\n");
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "300"), 3);
    program_run(child);
    assert_int_equal(proc_write("/proc/12/oom_score_adj", "299"),
                     -EACCES); /* that was a new least */
    assert_int_equal(proc_write("/proc/10/oom_score_adj", "400"), 3);
    assert_int_equal(proc_write("/proc/1/oom_score_adj", "400"), -EACCES);
    program_run(init);
}

/* --- the end ---------------------------------------------------------------------------------- */

static struct process *mortal_create(void)
{
    struct process *p = member_create(50, shell->group);

    strcpy(p->name, "mortal");
    child_join(p, init);
    return p;
}

static void a_zombie(void **state)
{
    struct process *p = mortal_create();

    (void)state;
    process_die(p, EXIT_STATUS_CODE(3));
    expect_stat("/proc/50/stat", 3, "Z");
    expect_stat("/proc/50/stat", 23, "0");
    expect_stat("/proc/50/stat", 52, "768");
    expect_field("/proc/50/status", "State:\t", "Z (zombie)");
    expect("/proc/50/comm", "mortal\n");
    expect("/proc/50/cmdline", "");
    expect("/proc/50/environ", "");
    expect("/proc/50/auxv", "");
    expect("/proc/50/maps", "");
    expect("/proc/50/statm", "0 0 0 0 0 0 0\n");
    assert_string_equal(listing("/proc/50/fd"), "");
    assert_string_equal(listing("/proc/50/task"), "");
    assert_int_equal(proc_error("/proc/50/fd/0"), -ENOENT);
    assert_int_equal(proc_readlink("/proc/50/cwd", text, sizeof(text)), -ENOENT);
    assert_int_equal(proc_readlink("/proc/50/exe", text, sizeof(text)), -ENOENT);
    process_reap(p);
    assert_int_equal(proc_error("/proc/50"), -ENOENT);
}

/* A file of a process that has gone answers, with an error; a number that comes again is another's.
 */
static void files_outlive_their_process(void **state)
{
    static const char *const names[] = {"stat",    "status", "statm", "comm",   "cmdline",
                                        "environ", "auxv",   "maps",  "limits", "oom_score_adj"};
    struct process *p = mortal_create();
    struct file *files[ARRAY_SIZE(names)], *dir;
    struct path fds;
    char name[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(name, sizeof(name), "/proc/50/%s", names[i]);
        assert_int_equal(vfs_open(CTX, NULL, name, O_RDONLY, 0, &files[i]), 0);
    }
    assert_int_equal(vfs_open(CTX, NULL, "/proc/50", O_RDONLY | O_DIRECTORY, 0, &dir), 0);
    assert_int_equal(vfs_lookup(CTX, NULL, "/proc/50/fd", 0, &fds), 0);
    process_die(p, 0);
    process_reap(p);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(file_read(files[i], text, sizeof(text)), -ESRCH);
        file_put(files[i]);
    }
    struct path found;

    assert_int_equal(vfs_lookup(CTX, file_path(dir), "stat", 0, &found), -ENOENT);
    assert_int_equal(vfs_lookup(CTX, &fds, "0", 0, &found), -ENOENT);
    file_put(dir);
    path_put(&fds);
}

/* The first thread may leave before the others. */
static void without_its_first_thread(void **state)
{
    struct process *p = mortal_create();
    struct user_thread *first = p->leader, *ut = thread_add(p, 51, "last");

    (void)state;
    p->leader = NULL;
    user_thread_unpublish(first);
    user_thread_free_unstarted(first);
    expect_stat("/proc/50/stat", 20, "1");
    expect("/proc/50/comm", "mortal\n");
    assert_string_equal(listing("/proc/50/task"), "51 ");
    p->leader = ut;
    process_die(p, 0);
    process_reap(p);
}

/* Whoever looks keeps nothing. */
static void nobody_is_kept(void **state)
{
    struct vspace *vs = child->vspace;

    (void)state;
    assert_int_equal(child->refcount, 2); /* itself and its thread */
    assert_int_equal(vs->refcount, 1);
    assert_int_equal(child->fs->refcount, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_there),
        cmocka_unit_test(threads),
        cmocka_unit_test(oneself),
        cmocka_unit_test(whose_they_are),
        cmocka_unit_test(relations),
        cmocka_unit_test(names_may_be_anything),
        cmocka_unit_test(states),
        cmocka_unit_test(signals),
        cmocka_unit_test(times),
        cmocka_unit_test(niceness),
        cmocka_unit_test(limits),
        cmocka_unit_test(the_score),
        cmocka_unit_test(a_zombie),
        cmocka_unit_test(files_outlive_their_process),
        cmocka_unit_test(without_its_first_thread),
        cmocka_unit_test(nobody_is_kept),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
