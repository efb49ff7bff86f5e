/* Threads of one process, through the C library: clone, futexes, thread-local storage,
 * cancellation. */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>

static __thread int local = 5;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long total;

static void *add(void *times)
{
    for (long i = 0; i < (long)times; i++) {
        pthread_mutex_lock(&mutex);
        total++;
        pthread_mutex_unlock(&mutex);
    }
    local++;
    return (void *)(long)local;
}

static void mutual_exclusion(void)
{
    pthread_t t[8];
    void *result;

    total = 0;
    for (int i = 0; i < 8; i++)
        CHECK(pthread_create(&t[i], NULL, add, (void *)20000l) == 0);
    for (int i = 0; i < 8; i++)
        CHECK(pthread_join(t[i], &result) == 0 && (long)result == 6);
    CHECK(total == 160000 && local == 5);
}

static int turn;

static void *alternate(void *who)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != (int)(long)who)
            pthread_cond_wait(&changed, &mutex);
        turn = !turn;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void condition_variables(void)
{
    pthread_t a, b;

    turn = 0;
    CHECK(pthread_create(&a, NULL, alternate, (void *)0) == 0 &&
          pthread_create(&b, NULL, alternate, (void *)1) == 0);
    CHECK(pthread_join(a, NULL) == 0 && pthread_join(b, NULL) == 0);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 5000000;
    if (soon.tv_nsec >= 1000000000)
        soon.tv_sec++, soon.tv_nsec -= 1000000000;
    pthread_mutex_lock(&mutex);
    CHECK(pthread_cond_timedwait(&changed, &mutex, &soon) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
}

static void *nothing(void *x)
{
    return x;
}

static void many_threads_in_turn(void)
{
    for (long i = 0; i < 1000; i++) {
        pthread_t t;
        void *result;
        CHECK(pthread_create(&t, NULL, nothing, (void *)i) == 0 && pthread_join(t, &result) == 0 &&
              (long)result == i);
    }
}

static sem_t gate;

static void *wait_at_gate(void *x)
{
    sem_wait(&gate);
    return x;
}

static void many_threads_at_once(void)
{
    enum { N = 100 };
    pthread_t t[N];

    sem_init(&gate, 0, 0);
    for (int i = 0; i < N; i++)
        CHECK(pthread_create(&t[i], NULL, wait_at_gate, NULL) == 0);
    for (int i = 0; i < N; i++)
        sem_post(&gate);
    for (int i = 0; i < N; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
}

static void *sleep_forever(void *x)
{
    for (;;)
        pause();
}

static void cancellation(void)
{
    pthread_t t;
    void *result;

    CHECK(pthread_create(&t, NULL, sleep_forever, NULL) == 0);
    CHECK(pthread_cancel(t) == 0 && pthread_join(t, &result) == 0 && result == PTHREAD_CANCELED);
}

static void exit_takes_all_threads(void)
{
    int status = IN_CHILD({
        pthread_t t;
        for (int i = 0; i < 4; i++)
            pthread_create(&t, NULL, sleep_forever, NULL);
        exit(11);
    });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 11);
    status = IN_CHILD({
        pthread_t t;
        pthread_create(&t, NULL, sleep_forever, NULL);
        kill(getpid(), SIGTERM);
        pause();
    });
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void *exec_from_thread(void *x)
{
    execl("/bin/sh", "sh", "-c", "exit 21", (char *)NULL);
    return NULL;
}

static void exec_ends_other_threads(void)
{
    int status = IN_CHILD({
        pthread_t t;
        pthread_create(&t, NULL, sleep_forever, NULL);
        pthread_create(&t, NULL, exec_from_thread, NULL);
        pause();
    });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 21);
}

static volatile int handled_by;

static void on_signal(int signal)
{
    handled_by = (int)syscall(SYS_gettid);
}

static void *signalled(void *x)
{
    *(volatile int *)x = (int)syscall(SYS_gettid);
    while (!handled_by)
        sched_yield();
    return NULL;
}

static void signal_to_one_thread(void)
{
    pthread_t t;
    volatile int tid = 0;

    signal(SIGUSR1, on_signal);
    CHECK(pthread_create(&t, NULL, signalled, (void *)&tid) == 0);
    while (!tid)
        sched_yield();
    CHECK(pthread_kill(t, SIGUSR1) == 0 && pthread_join(t, NULL) == 0 && handled_by == tid);
}

static void robust_mutex(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(shared, &attributes);
    CHECK(IN_CHILD(pthread_mutex_lock(shared)) == 0);
    CHECK(pthread_mutex_lock(shared) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(shared) == 0 && pthread_mutex_unlock(shared) == 0);
    munmap(shared, 4096);
}

static void futex_arguments(void)
{
    static int word = 3;

    CHECK_ERRNO(syscall(SYS_futex, &word, 0, 4, NULL, NULL, 0), EAGAIN);
    CHECK(syscall(SYS_futex, &word, 1, 10, NULL, NULL, 0) == 0);
    CHECK_ERRNO(syscall(SYS_futex, (char *)&word + 1, 0, 3, NULL, NULL, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_futex, 8, 0, 3, NULL, NULL, 0), EFAULT);
    struct timespec soon = {.tv_nsec = 1000000};
    CHECK_ERRNO(syscall(SYS_futex, &word, 0, 3, &soon, NULL, 0), ETIMEDOUT);
    CHECK_ERRNO(syscall(SYS_futex, &word, 77, 3, NULL, NULL, 0), ENOSYS);
}

static void affinity(void)
{
    cpu_set_t set;

    CHECK(sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) >= 1);
    CHECK((long)CPU_COUNT(&set) == sysconf(_SC_NPROCESSORS_ONLN));
    int last = CPU_COUNT(&set) - 1;
    CPU_ZERO(&set);
    CPU_SET(last, &set);
    CHECK(IN_CHILD(if (sched_setaffinity(0, sizeof set, &set)) _exit(1);
                   if (sched_getcpu() != last) _exit(2)) == 0);
    CPU_ZERO(&set);
    CHECK_ERRNO(sched_setaffinity(0, sizeof set, &set), EINVAL);
}

/* --- one thread changes, another looks -------------------------------------------------------- */

static volatile int is_over;

/* The calls themselves: the C library would tell all threads. */
static void *change_ids(void *arg)
{
    for (unsigned i = 0; !is_over; i++)
        syscall(SYS_setresuid, i % 2, i % 2, 0);
    return arg;
}

static void *change_limit(void *arg)
{
    for (unsigned i = 0; !is_over; i++) {
        struct rlimit limit = {1 << 20 | i % 2, 1 << 20 | i % 2};

        setrlimit(RLIMIT_FSIZE, &limit);
    }
    return arg;
}

/* Looks for a while whether `is_whole`, beside a thread that runs `change`. */
static void changes_are_whole(void *(*change)(void *), bool (*is_whole)(void))
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, change, NULL) == 0);
    for (int i = 0; i < 20000 && nr_bad == 0; i++)
        CHECK(is_whole());
    is_over = 1;
    pthread_join(thread, NULL);
}

static bool ids_are_alike(void)
{
    uid_t uid, euid, suid;

    return getresuid(&uid, &euid, &suid) == 0 && uid == euid && suid == 0;
}

static bool limits_are_alike(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           (limit.rlim_cur == limit.rlim_max || limit.rlim_cur == RLIM_INFINITY);
}

static void identities_change_as_a_whole(void)
{
    changes_are_whole(change_ids, ids_are_alike);
}

static void limits_change_as_a_whole(void)
{
    changes_are_whole(change_limit, limits_are_alike);
}

static pthread_barrier_t barrier;

static void *set_alarm(void *arg)
{
    struct itimerval often = {{0, 1000}, {0, 1000}};

    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 5; i++)
        setitimer(ITIMER_REAL, &often, NULL);
    return arg;
}

/* The process's first timer, made by two threads at once. */
static void two_threads_set_the_first_timer(void)
{
    for (int round = 0; round < 100; round++)
        CHECK(IN_CHILD({
                  pthread_t thread;

                  signal(SIGALRM, SIG_IGN);
                  pthread_barrier_init(&barrier, NULL, 2);
                  pthread_create(&thread, NULL, set_alarm, NULL);
                  set_alarm(NULL);
                  pthread_join(thread, NULL);
                  usleep(2000);
              }) == 0);
}

CONFORMANCE_MAIN(TEST(mutual_exclusion), TEST(condition_variables), TEST(many_threads_in_turn),
                 TEST(many_threads_at_once), TEST(cancellation), TEST(exit_takes_all_threads),
                 TEST(exec_ends_other_threads), TEST(signal_to_one_thread), TEST(robust_mutex),
                 TEST(futex_arguments), TEST(affinity), TEST(identities_change_as_a_whole),
                 TEST(limits_change_as_a_whole), TEST(two_threads_set_the_first_timer))
