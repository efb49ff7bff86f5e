/*
 * Identity of a process: the calls of setuid(2) and relatives, groups, capabilities, prctl(2). The
 * rules themselves are tested in linux/cred; here is that a call keeps to them, for whom it holds,
 * and what it refuses.
 */
#include <abi/syscalls.h>
#include <string/string.h>

#include "../../task/test/processes.h"

static struct process *init, *me;
static struct user_thread *second; /* of me */

static int begin(void **state)
{
    (void)state;
    init = make_leader(1, NULL, &cred_kernel);
    me = make_leader(10, init, &cred_kernel);
    second = make_thread(me, 11);
    act_as(me->leader);
    return 0;
}

static int end(void **state)
{
    (void)state;
    drop_process(me);
    drop_process(init);
    return 0;
}

static void assert_uids(uint32_t uid, uint32_t euid, uint32_t suid)
{
    uint32_t ids[3];

    assert_int_equal(sys_getresuid(USER(&ids[0]), USER(&ids[1]), USER(&ids[2])), 0);
    assert_int_equal(ids[0], uid);
    assert_int_equal(ids[1], euid);
    assert_int_equal(ids[2], suid);
    assert_int_equal(sys_getuid(), uid);
    assert_int_equal(sys_geteuid(), euid);
}

static void numbers(void **state)
{
    (void)state;
    assert_int_equal(sys_getpid(), 10);
    assert_int_equal(sys_gettid(), 10);
    assert_int_equal(sys_getppid(), 1);
    act_as(second);
    assert_int_equal(sys_getpid(), 10);
    assert_int_equal(sys_gettid(), 11);
    act_as(init->leader);
    assert_int_equal(sys_getppid(), 0);
}

static void a_user_takes_ids_that_it_has(void **state)
{
    (void)state;
    assert_int_equal(sys_setresuid(1000, 1001, 1002), 0);
    assert_uids(1000, 1001, 1002);
    assert_int_equal(sys_setresuid(CRED_KEEP, 0, CRED_KEEP), -EPERM);
    assert_int_equal(sys_setresuid(1002, CRED_KEEP, 7), -EPERM); /* all of it or nothing */
    assert_uids(1000, 1001, 1002);
    assert_int_equal(sys_setresuid(1002, 1000, 1001), 0);
    assert_uids(1002, 1000, 1001);
    assert_int_equal(sys_setuid(CRED_KEEP), -EINVAL);
    assert_int_equal(sys_setreuid(0, CRED_KEEP), -EPERM);
    assert_int_equal(sys_setuid(1001), 0);
    assert_uids(1002, 1001, 1001);
}

static void group_ids(void **state)
{
    uint32_t ids[3];

    (void)state;
    assert_int_equal(sys_setresgid(100, 101, 102), 0);
    assert_int_equal(sys_getresgid(USER(&ids[0]), USER(&ids[1]), USER(&ids[2])), 0);
    assert_int_equal(ids[0], 100);
    assert_int_equal(ids[1], 101);
    assert_int_equal(ids[2], 102);
    assert_int_equal(sys_getgid(), 100);
    assert_int_equal(sys_getegid(), 101);
    assert_int_equal(sys_setuid(1000), 0);
    assert_int_equal(sys_setresgid(0, CRED_KEEP, CRED_KEEP), -EPERM);
    assert_int_equal(sys_setregid(101, CRED_KEEP), 0);
    assert_int_equal(sys_getgid(), 101);
    assert_int_equal(sys_getresgid(USER(&ids[0]), USER(&ids[1]), BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_getresuid(BAD_ADDRESS, USER(&ids[1]), USER(&ids[2])), -EFAULT);
}

/* Credentials are a thread's: the C library tells the others. The process shows its leader's. */
static void each_thread_has_its_own(void **state)
{
    (void)state;
    act_as(second);
    assert_int_equal(sys_setuid(1000), 0);
    assert_int_equal(sys_getuid(), 1000);
    assert_int_equal(me->credentials->cred.uid, 0);
    act_as(me->leader);
    assert_int_equal(sys_getuid(), 0);
    assert_int_equal(sys_setuid(2000), 0);
    assert_int_equal(me->credentials->cred.uid, 2000);
    act_as(second);
    assert_int_equal(sys_getuid(), 1000);
}

static void the_ids_for_files_tell_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(sys_setfsuid(1000), 0);
    assert_int_equal(sys_setfsuid(CRED_KEEP), 1000);
    assert_int_equal(sys_setfsgid(100), 0);
    assert_int_equal(sys_setfsgid(CRED_KEEP), 100);
    become(me->leader, &user_1000);
    assert_int_equal(sys_setfsuid(0), 1000); /* refused, and no error */
    assert_int_equal(sys_setfsuid(CRED_KEEP), 1000);
}

static void supplementary_groups(void **state)
{
    static uint32_t groups[CRED_NR_GROUPS + 1], back[CRED_NR_GROUPS];

    (void)state;
    for (uint32_t i = 0; i < ARRAY_SIZE(groups); i++)
        groups[i] = 500 + i;
    assert_int_equal(sys_setgroups(CRED_NR_GROUPS + 1, USER(groups)), -EINVAL);
    assert_int_equal(sys_setgroups(1, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_setgroups(CRED_NR_GROUPS, USER(groups)), 0);
    assert_int_equal(sys_getgroups(0, 0), CRED_NR_GROUPS);
    assert_int_equal(sys_getgroups(CRED_NR_GROUPS - 1, USER(back)), -EINVAL);
    assert_int_equal(sys_getgroups(-1, USER(back)), -EINVAL);
    assert_int_equal(sys_getgroups(CRED_NR_GROUPS, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_getgroups(CRED_NR_GROUPS, USER(back)), CRED_NR_GROUPS);
    assert_memory_equal(back, groups, sizeof(back));
    assert_int_equal(sys_setgroups(2, USER(groups)), 0);
    become(me->leader, &user_1000);
    assert_int_equal(sys_setgroups(0, 0), -EPERM);
}

/* ---- process groups and sessions ---- */

static void a_session_of_ones_own(void **state)
{
    struct process *child = make_leader(20, me, &cred_kernel);

    (void)state;
    group_join(child, me->group);
    assert_int_equal(sys_getpgid(20), 10);
    act_as(child->leader);
    assert_int_equal(sys_setsid(), 20);
    assert_int_equal(sys_getsid(0), 20);
    assert_int_equal(sys_getpgid(0), 20);
    assert_int_equal(sys_setsid(), -EPERM);      /* it leads a group */
    assert_int_equal(sys_setpgid(0, 0), -EPERM); /* and the session */
    assert_int_equal(sys_getsid(99), -ESRCH);
    assert_int_equal(sys_getpgid(99), -ESRCH);
    drop_process(child);
}

static void groups_within_a_session(void **state)
{
    struct process *child = make_leader(20, me, &cred_kernel);
    struct process *other = make_leader(30, init, &cred_kernel);

    (void)state;
    group_join(child, me->group);
    assert_int_equal(sys_setpgid(20, -1), -EINVAL);
    assert_int_equal(sys_setpgid(99, 0), -ESRCH);
    assert_int_equal(sys_setpgid(30, 0), -ESRCH);  /* neither me nor a child */
    assert_int_equal(sys_setpgid(20, 30), -EPERM); /* a group of another session */
    assert_int_equal(sys_setpgid(20, 40), -EPERM); /* there is none */
    assert_int_equal(sys_setpgid(20, 0), 0);
    assert_int_equal(sys_getpgid(20), 20);
    assert_int_equal(sys_getsid(20), 10);
    assert_int_equal(sys_setpgid(20, 10), 0);
    assert_int_equal(sys_getpgid(20), 10);
    child->has_execed = true;
    assert_int_equal(sys_setpgid(20, 20), -EACCES);
    child->state = PROCESS_ZOMBIE;
    assert_int_equal(sys_setpgid(20, 20), -ESRCH);
    drop_process(other);
    drop_process(child);
}

/* ---- capabilities ---- */

#define VERSION_1 0x19980330u
#define VERSION_3 0x20080522u

struct header {
    uint32_t version;
    int32_t pid;
};
struct data {
    uint32_t effective, permitted, inheritable;
};

static void capget_and_its_versions(void **state)
{
    struct header h = {VERSION_3, 0};
    struct data d[2];

    (void)state;
    assert_int_equal(sys_capget(USER(&h), USER(d)), 0);
    assert_int_equal(d[0].effective, (uint32_t)CAP_ALL);
    assert_int_equal(d[1].permitted, (uint32_t)(CAP_ALL >> 32));
    d[1].effective = 77;
    h.version = VERSION_1; /* one word a set */
    assert_int_equal(sys_capget(USER(&h), USER(d)), 0);
    assert_int_equal(d[1].effective, 77);
    h.version = 1;
    assert_int_equal(sys_capget(USER(&h), USER(d)), -EINVAL);
    assert_int_equal(h.version, VERSION_3); /* the one to use */
    h.version = 1;
    assert_int_equal(sys_capget(USER(&h), 0), 0); /* a question for it */
    h = (struct header){VERSION_3, -1};
    assert_int_equal(sys_capget(USER(&h), USER(d)), -EINVAL);
    h.pid = 99;
    assert_int_equal(sys_capget(USER(&h), USER(d)), -ESRCH);
    h.pid = 11;
    assert_int_equal(sys_capget(USER(&h), USER(d)), 0);
    assert_int_equal(sys_capget(BAD_ADDRESS, USER(d)), -EFAULT);
    h.pid = 0;
    assert_int_equal(sys_capget(USER(&h), BAD_ADDRESS), -EFAULT);
}

static void capset_of_oneself_alone(void **state)
{
    struct header h = {VERSION_3, 1};
    struct data d[2] = {{1u << CAP_KILL, 1u << CAP_KILL, 0}};

    (void)state;
    assert_int_equal(sys_capset(USER(&h), USER(d)), -EPERM);
    h.pid = 10;
    assert_int_equal(sys_capset(USER(&h), USER(d)), 0);
    assert_int_equal(cred_current()->cap_permitted, 1u << CAP_KILL);
    d[0].permitted |= 1u << CAP_CHOWN; /* given up for good */
    assert_int_equal(sys_capset(USER(&h), USER(d)), -EPERM);
    assert_int_equal(sys_setuid(5), -EPERM);
}

/* ---- prctl, personality ---- */

#define PR_SET_PDEATHSIG    1
#define PR_GET_PDEATHSIG    2
#define PR_GET_DUMPABLE     3
#define PR_SET_DUMPABLE     4
#define PR_GET_KEEPCAPS     7
#define PR_SET_KEEPCAPS     8
#define PR_SET_NAME         15
#define PR_GET_NAME         16
#define PR_CAPBSET_READ     23
#define PR_CAPBSET_DROP     24
#define PR_SET_NO_NEW_PRIVS 38
#define PR_GET_NO_NEW_PRIVS 39
#define PR_CAP_AMBIENT      47

static int64_t prctl(int option, uint64_t arg2, uint64_t arg3)
{
    return sys_prctl(option, arg2, arg3, 0, 0);
}

static void what_a_process_says_of_itself(void **state)
{
    uint32_t signal = 0;

    (void)state;
    assert_int_equal(prctl(PR_SET_PDEATHSIG, 9, 0), 0);
    assert_int_equal(prctl(PR_SET_PDEATHSIG, NR_SIGNALS + 1, 0), -EINVAL);
    assert_int_equal(prctl(PR_GET_PDEATHSIG, USER(&signal), 0), 0);
    assert_int_equal(signal, 9);
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0), 1);
    assert_int_equal(prctl(PR_SET_DUMPABLE, 2, 0), -EINVAL);
    assert_int_equal(prctl(PR_SET_DUMPABLE, 0, 0), 0);
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 0, 0), -EINVAL); /* there is no way back */
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 1), -EINVAL);
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0), 0);
    assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0), 1);
    assert_int_equal(prctl(12345, 0, 0), -EINVAL);
    assert_int_equal(sys_personality(0x20000), 0);
    assert_int_equal(sys_personality(0xffffffff), 0x20000);
    assert_int_equal(sys_personality(0), 0x20000);
}

static void names_of_threads(void **state)
{
    char name[16];

    (void)state;
    assert_int_equal(prctl(PR_SET_NAME, USER("a name that is too long"), 0), 0);
    assert_int_equal(prctl(PR_GET_NAME, USER(name), 0), 0);
    assert_string_equal(name, "a name that is ");
    assert_string_equal(me->name, "a name that is ");
    act_as(second);
    assert_int_equal(prctl(PR_SET_NAME, USER("worker"), 0), 0);
    assert_string_equal(second->name, "worker");
    assert_string_equal(me->name, "a name that is "); /* the leader's */
    assert_int_equal(prctl(PR_SET_NAME, BAD_ADDRESS, 0), -EFAULT);
}

static void sets_that_prctl_changes(void **state)
{
    enum { IS_SET = 1, RAISE, LOWER, CLEAR_ALL };

    (void)state;
    assert_int_equal(prctl(PR_CAPBSET_READ, CAP_KILL, 0), 1);
    assert_int_equal(prctl(PR_CAPBSET_READ, CAP_LAST + 1, 0), -EINVAL);
    assert_int_equal(prctl(PR_CAPBSET_DROP, CAP_LAST + 1, 0), -EINVAL);
    assert_int_equal(prctl(PR_CAPBSET_DROP, CAP_KILL, 0), 0);
    assert_int_equal(prctl(PR_CAPBSET_READ, CAP_KILL, 0), 0);
    assert_int_equal(prctl(PR_CAP_AMBIENT, RAISE, CAP_KILL), -EPERM); /* not inheritable */
    assert_int_equal(prctl(PR_CAP_AMBIENT, IS_SET, 64 + CAP_KILL), -EINVAL);
    assert_int_equal(prctl(PR_CAP_AMBIENT, CLEAR_ALL, 1), -EINVAL);
    assert_int_equal(prctl(PR_SET_KEEPCAPS, 2, 0), -EINVAL);
    assert_int_equal(prctl(PR_SET_KEEPCAPS, 1, 0), 0);
    assert_int_equal(prctl(PR_GET_KEEPCAPS, 0, 0), 1);
    assert_int_equal(sys_setuid(1000), 0);
    assert_int_equal(cred_current()->cap_permitted, CAP_ALL);
    assert_int_equal(prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0), -EPERM); /* no longer effective */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers),
        TEST(a_user_takes_ids_that_it_has),
        TEST(group_ids),
        TEST(each_thread_has_its_own),
        TEST(the_ids_for_files_tell_the_one_before),
        TEST(supplementary_groups),
        TEST(a_session_of_ones_own),
        TEST(groups_within_a_session),
        TEST(capget_and_its_versions),
        TEST(capset_of_oneself_alone),
        TEST(what_a_process_says_of_itself),
        TEST(names_of_threads),
        TEST(sets_that_prctl_changes),
    };

    return cmocka_run_group_tests(tests, world_init, NULL);
}
