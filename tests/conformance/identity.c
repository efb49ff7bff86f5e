/* Ids and capabilities: credentials(7), capabilities(7); limits that count by real user. */
#include "check.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sys/fsuid.h>
#include <sys/klog.h>
#include <sys/prctl.h>

#define BIT(cap) (1ull << (cap))
#define CAPS_OF_FILES                                                                              \
    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) |         \
     BIT(CAP_FSETID) | BIT(CAP_MKNOD) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MAC_OVERRIDE))

struct sets {
    uint64_t effective, permitted, inheritable;
};

static struct sets get_caps(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2] = {0};

    CHECK(syscall(SYS_capget, &header, d) == 0);
    return (struct sets){d[0].effective | (uint64_t)d[1].effective << 32,
                         d[0].permitted | (uint64_t)d[1].permitted << 32,
                         d[0].inheritable | (uint64_t)d[1].inheritable << 32};
}

static int set_caps(struct sets s)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2] = {
        {(uint32_t)s.effective, (uint32_t)s.permitted, (uint32_t)s.inheritable},
        {(uint32_t)(s.effective >> 32), (uint32_t)(s.permitted >> 32),
         (uint32_t)(s.inheritable >> 32)},
    };

    return (int)syscall(SYS_capset, &header, d);
}

static void make_secret(void)
{
    int fd = open("/tmp/secret", O_RDWR | O_CREAT, 0600);

    CHECK(fd >= 0 && fchmod(fd, 0600) == 0 && close(fd) == 0);
}

static bool can_read_secret(void)
{
    int fd = open("/tmp/secret", O_RDONLY);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* ---- ids ---- */

static void the_rights_to_files_go_with_the_fsuid(void)
{
    struct sets all = get_caps();

    make_secret();
    CHECK(setfsuid(1000) == 0 && setfsuid(-1) == 1000);
    CHECK(get_caps().effective == (all.effective & ~CAPS_OF_FILES));
    CHECK(get_caps().permitted == all.permitted);
    CHECK(!can_read_secret());
    CHECK_ERRNO(chown("/tmp/secret", 1000, 1000), EPERM);
    CHECK_ERRNO(mknod("/tmp/node", S_IFCHR | 0600, 0x103), EPERM);
    CHECK(kill(1, 0) == 0); /* the other rights stay */
    CHECK(setfsuid(0) == 1000);
    CHECK(get_caps().effective == all.effective && can_read_secret());
}

static void root_is_left_for_good(void)
{
    make_secret();
    CHECK(setresuid(1000, 1000, 1000) == 0);
    struct sets none = get_caps();
    CHECK(none.effective == 0 && none.permitted == 0);
    CHECK(!can_read_secret());
    CHECK_ERRNO(setuid(0), EPERM);
    CHECK_ERRNO(setresuid(-1, 0, -1), EPERM);
    setfsuid(0);
    CHECK(setfsuid(-1) == 1000);
    CHECK_ERRNO(klogctl(5, NULL, 0), EPERM);
    CHECK_ERRNO(sethostname("other", 5), EPERM);
}

static void root_is_left_for_a_while(void)
{
    struct sets all = get_caps();

    make_secret();
    CHECK(seteuid(1000) == 0);
    CHECK(get_caps().effective == 0 && get_caps().permitted == all.permitted);
    CHECK(!can_read_secret());
    CHECK(seteuid(0) == 0 && get_caps().effective == all.effective && can_read_secret());
}

static void who_may_take_which_id(void)
{
    CHECK(setresuid(10, 20, 30) == 0);
    CHECK_ERRNO(setuid(20), EPERM); /* only the real and the saved one */
    CHECK_ERRNO(setreuid(30, -1), EPERM);
    CHECK(setuid(30) == 0 && geteuid() == 30 && getuid() == 10);
    CHECK(setreuid(-1, 10) == 0 && geteuid() == 10);
    CHECK(setresuid(-1, 30, -1) == 0 && geteuid() == 30);
    CHECK_ERRNO(setresuid(20, -1, -1), EPERM);
    CHECK(setresuid(30, 10, 10) == 0 && getuid() == 30);
}

/* ---- keeping capabilities ---- */

static void permitted_ones_can_be_kept(void)
{
    struct sets all = get_caps();

    make_secret();
    CHECK(prctl(PR_GET_KEEPCAPS) == 0);
    CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
    CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1);
    CHECK(prctl(PR_GET_SECUREBITS) == 1 << 4);
    CHECK(setresuid(1000, 1000, 1000) == 0);
    CHECK(get_caps().effective == 0 && get_caps().permitted == all.permitted);
    struct sets some = {BIT(CAP_DAC_OVERRIDE), BIT(CAP_DAC_OVERRIDE), 0};
    CHECK(set_caps(some) == 0 && can_read_secret());
    CHECK_ERRNO(set_caps(all), EPERM);
    CHECK_ERRNO(setuid(0), EPERM);
    pid_t pid = fork();
    if (pid == 0)
        _exit(prctl(PR_GET_KEEPCAPS) != 1 || get_caps().permitted != BIT(CAP_DAC_OVERRIDE));
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void bounds_and_ambients(void)
{
    CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT) == 1);
    CHECK(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT) == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_BOOT) == 0);
    CHECK_ERRNO(prctl(PR_CAPBSET_DROP, 63), EINVAL);
    struct sets s = get_caps();
    s.inheritable = BIT(CAP_SYS_BOOT);
    CHECK_ERRNO(set_caps(s), EPERM); /* beyond the bounds */
    CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM);
    s.inheritable = BIT(CAP_KILL);
    CHECK(set_caps(s) == 0);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 1);
    s.inheritable = 0;
    CHECK(set_caps(s) == 0);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 0);
    CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 63, 0, 0), EINVAL);
    s.effective &= ~BIT(CAP_SETPCAP);
    CHECK(set_caps(s) == 0);
    CHECK_ERRNO(prctl(PR_CAPBSET_DROP, CAP_KILL), EPERM);
}

static void versions_of_capget(void)
{
    struct __user_cap_header_struct header = {0x12345678, 0};
    struct __user_cap_data_struct d[2] = {0};

    CHECK_ERRNO(syscall(SYS_capget, &header, d), EINVAL);
    CHECK(header.version == _LINUX_CAPABILITY_VERSION_3);
    header.version = _LINUX_CAPABILITY_VERSION_1;
    d[1].effective = 77;
    CHECK(syscall(SYS_capget, &header, d) == 0 && d[0].effective != 0 && d[1].effective == 77);
    header = (struct __user_cap_header_struct){_LINUX_CAPABILITY_VERSION_3, -1};
    CHECK_ERRNO(syscall(SYS_capget, &header, d), EINVAL);
    header.pid = 1;
    CHECK(syscall(SYS_capget, &header, d) == 0);
    CHECK_ERRNO(syscall(SYS_capset, &header, d), EPERM);
}

/* ---- execve ---- */

static char self[256];

/* This program again, which prints nothing but exits with whether it has what is in argv. */
static int exec_and_compare(uint64_t permitted, uint64_t effective, uint64_t ambient)
{
    char words[3][32];

    snprintf(words[0], sizeof(words[0]), "%llx", (unsigned long long)permitted);
    snprintf(words[1], sizeof(words[1]), "%llx", (unsigned long long)effective);
    snprintf(words[2], sizeof(words[2]), "%llx", (unsigned long long)ambient);
    return IN_CHILD(execl(self, self, words[0], words[1], words[2], NULL); _exit(9));
}

static int compare(char **words)
{
    char line[128];
    uint64_t found[3] = {0};
    FILE *f = fopen("/proc/self/status", "r");

    while (f && fgets(line, sizeof(line), f)) {
        static const char *const names[3] = {"CapPrm:", "CapEff:", "CapAmb:"};

        for (int i = 0; i < 3; i++)
            if (strncmp(line, names[i], 7) == 0)
                found[i] = strtoull(line + 7, NULL, 16);
    }
    for (int i = 0; i < 3; i++)
        if (found[i] != strtoull(words[i], NULL, 16))
            return 10 + i;
    return prctl(PR_GET_KEEPCAPS) == 0 ? 0 : 20;
}

static void capabilities_over_exec(void)
{
    struct sets all = get_caps();

    CHECK(exec_and_compare(all.permitted, all.permitted, 0) == 0);
    CHECK(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT) == 0);
    uint64_t most = all.permitted & ~BIT(CAP_SYS_BOOT);
    CHECK(exec_and_compare(most, most, 0) == 0);
    CHECK(set_caps((struct sets){0, most, BIT(CAP_KILL)}) == 0);
    CHECK(exec_and_compare(most, most, 0) == 0); /* root gets them back */
    CHECK(set_caps((struct sets){most, most, BIT(CAP_KILL)}) == 0 && seteuid(1000) == 0);
    CHECK(exec_and_compare(most, 0, 0) == 0);
    CHECK(seteuid(0) == 0 && set_caps((struct sets){most, most, BIT(CAP_KILL)}) == 0);
    CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && setresuid(1000, 1000, 1000) == 0);
    CHECK(get_caps().permitted == most);
    CHECK(exec_and_compare(0, 0, 0) == 0); /* kept for the process, not for the next program */
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
    CHECK(exec_and_compare(BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_KILL)) == 0);
}

static void no_new_privileges(void)
{
    struct sets few = {BIT(CAP_KILL), BIT(CAP_KILL), 0};

    CHECK(set_caps(few) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(exec_and_compare(few.permitted, few.permitted, 0) == 0);
}

/* ---- limits by real user ---- */

static int fill_queue(void)
{
    int nr = 0;

    while (nr < 100000 && sigqueue(getpid(), SIGRTMIN, (union sigval){0}) == 0)
        nr++;
    CHECK(errno == EAGAIN);
    return nr;
}

static void block_realtime(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGRTMIN + 1);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool status_says(const char *wanted)
{
    char line[128];
    bool is_found = false;
    FILE *f = fopen("/proc/self/status", "r");

    while (f && fgets(line, sizeof(line), f))
        is_found |= strcmp(line, wanted) == 0;
    if (f)
        fclose(f);
    return is_found;
}

static void queued_signals_count_by_user(void)
{
    struct rlimit limit = {40, 100};
    int ready[2];
    char byte;

    block_realtime();
    CHECK(pipe(ready) == 0 && setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
    CHECK(setresuid(2001, 2001, 2001) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(fill_queue() == 40 && status_says("SigQ:\t40/40\n"));
        CHECK(write(ready[1], nr_bad ? "n" : "y", 1) == 1);
        pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1 && byte == 'y');
    /* The same user has no more, but kill and a higher limit go on. */
    CHECK_ERRNO(sigqueue(getpid(), SIGRTMIN, (union sigval){0}), EAGAIN);
    CHECK(kill(getpid(), SIGUSR1) == 0 && kill(getpid(), SIGRTMIN + 1) == 0);
    CHECK(status_says("SigQ:\t41/40\n")); /* SIGUSR1 with its info, the real-time one without */
    limit.rlim_cur = 42;
    CHECK(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
    CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){0}) == 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    CHECK(status_says("SigQ:\t2/42\n"));
}

static void other_users_have_their_own(void)
{
    block_realtime();
    CHECK(fill_queue() > 0);
    CHECK_ERRNO(sigqueue(getpid(), SIGRTMIN, (union sigval){0}), EAGAIN);
    CHECK(setresuid(2002, 2002, 2002) == 0);
    CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){0}) == 0);
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    int nr = 0;
    while (sigtimedwait(&set, &info, &(struct timespec){0}) == SIGRTMIN)
        nr++;
    CHECK(nr > 1); /* those of before are still there, and in the former user's account */
}

/* setresuid without the C library, which would have all threads do it. */
static void *becomes_a_user(void *unused)
{
    (void)unused;
    CHECK(syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
    CHECK(syscall(SYS_getuid) == 1000 && get_caps().permitted == 0);
    CHECK(!can_read_secret());
    CHECK(syscall(SYS_setresgid, 1000, 1000, 1000) == -1 && errno == EPERM);
    return NULL;
}

static void a_thread_has_credentials_of_its_own(void)
{
    pthread_t thread;

    make_secret();
    CHECK(pthread_create(&thread, NULL, becomes_a_user, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(getuid() == 0 && get_caps().effective != 0);
    CHECK(can_read_secret());
    CHECK(syscall(SYS_setresgid, 0, 0, 0) == 0);
}

/* What a thread is born with: its maker's, which need not be the first thread's. */
static void *makes_a_child(void *unused)
{
    CHECK(syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(getuid() == 1000 && status_says("Uid:\t1000\t1000\t1000\t1000\n") ? 0 : 1);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    return unused;
}

static void a_child_has_those_of_the_thread_that_forks(void)
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, makes_a_child, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(status_says("Uid:\t0\t0\t0\t0\n"));
}

int main(int argc, char **argv)
{
    static const struct check_test tests[] = {
        TEST(the_rights_to_files_go_with_the_fsuid),
        TEST(root_is_left_for_good),
        TEST(root_is_left_for_a_while),
        TEST(who_may_take_which_id),
        TEST(permitted_ones_can_be_kept),
        TEST(bounds_and_ambients),
        TEST(versions_of_capget),
        TEST(capabilities_over_exec),
        TEST(no_new_privileges),
        TEST(queued_signals_count_by_user),
        TEST(other_users_have_their_own),
        TEST(a_thread_has_credentials_of_its_own),
        TEST(a_child_has_those_of_the_thread_that_forks),
    };

    if (argc == 4)
        return compare(argv + 1);
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
        return 1;
    return check_main(__BASE_FILE__, tests, sizeof(tests) / sizeof(tests[0]));
}
