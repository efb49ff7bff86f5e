/* Threads through pthreads: futexes, joins, mutexes, condition variables, robust locks, exit. */
#include "check.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>

#define NR 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile long counter;
static int turn;
static __thread int local;

static void *add(void *arg)
{
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
    }
    local = (int)(long)arg;
    return (void *)((long)arg * 2 + local - (long)arg);
}

static void mutexes_and_joins(void)
{
    pthread_t t[NR];
    void *ret;

    for (long i = 0; i < NR; i++)
        CHECK(pthread_create(&t[i], NULL, add, (void *)i) == 0);
    for (long i = 0; i < NR; i++)
        CHECK(pthread_join(t[i], &ret) == 0 && ret == (void *)(i * 2));
    CHECK(counter == NR * 10000);
}

static void *take_turns(void *arg)
{
    int me = (int)(long)arg;

    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&lock);
        while (turn % 2 != me)
            pthread_cond_wait(&cond, &lock);
        turn++;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void conditions(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, take_turns, (void *)0);
    pthread_create(&b, NULL, take_turns, (void *)1);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    CHECK(turn == 400);
}

static void timed_waits(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 20000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    CHECK(pthread_cond_timedwait(&cond, &lock, &t) == ETIMEDOUT);
    pthread_mutex_unlock(&lock);
    uint32_t word = 1;
    struct timespec rel = {0, 10000000};
    CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL), EAGAIN);
    CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &rel), ETIMEDOUT);
    CHECK_ERRNO(syscall(SYS_futex, (char *)&word + 1, FUTEX_WAIT, 1, &rel), EINVAL);
    CHECK_ERRNO(syscall(SYS_futex, 8, FUTEX_WAIT, 1, &rel), EFAULT);
    CHECK(syscall(SYS_futex, &word, FUTEX_WAKE, 1) == 0);
}

static void shared_futex(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t *m =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    long *n = (long *)(m + 1);

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(m, &attr);
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            for (int j = 0; j < 2000; j++) {
                pthread_mutex_lock(m);
                long seen = *n;

                if (j % 100 == 0)
                    sched_yield();
                *n = seen + 1;
                pthread_mutex_unlock(m);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        wait(NULL);
    CHECK(*n == 8000);
}

static void robust_locks(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t *m =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(m, &attr);
    if (fork() == 0) {
        pthread_mutex_lock(m);
        _exit(0);
    }
    wait(NULL);
    CHECK(pthread_mutex_lock(m) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(m) == 0);
    CHECK(pthread_mutex_unlock(m) == 0);
}

static void *spin_for_ever(void *arg)
{
    (void)arg;
    for (;;)
        ;
    return NULL;
}

static void *sleep_for_ever(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

static void exit_with_threads(void)
{
    pthread_t t;

    for (int i = 0; i < 4; i++)
        pthread_create(&t, NULL, i % 2 ? spin_for_ever : sleep_for_ever, NULL);
    usleep(10000);
    exit(17);
}

static void exit_group_ends_all(void)
{
    int status = in_child(exit_with_threads);

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 17);
}

static void *crash(void *arg)
{
    *(volatile int *)arg = 1;
    return NULL;
}

static void crash_with_threads(void)
{
    pthread_t t;

    pthread_create(&t, NULL, sleep_for_ever, NULL);
    pthread_create(&t, NULL, crash, (void *)16);
    pthread_join(t, NULL);
}

static void deadly_signal_ends_all(void)
{
    int status = in_child(crash_with_threads);

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static volatile pid_t handler_tid;
static void note_tid(int signal)
{
    (void)signal;
    handler_tid = (pid_t)syscall(SYS_gettid);
}

static void *wait_for_signal(void *arg)
{
    *(volatile pid_t *)arg = (pid_t)syscall(SYS_gettid);
    while (!handler_tid)
        usleep(1000);
    return NULL;
}

static void signal_to_thread(void)
{
    volatile pid_t tid = 0;
    pthread_t t;

    signal(SIGUSR1, note_tid);
    pthread_create(&t, NULL, wait_for_signal, (void *)&tid);
    while (!tid)
        usleep(1000);
    CHECK(pthread_kill(t, SIGUSR1) == 0);
    pthread_join(t, NULL);
    CHECK(handler_tid == tid && tid != getpid());
}

static void *exec_from_thread(void *arg)
{
    char *const argv[] = {"/proc/self/exe", NULL};

    (void)arg;
    (void)argv;
    execl("/bin/true", "true", NULL);
    execl("/bin/busybox", "true", NULL);
    _exit(99);
}

static void exec_thread_child(void)
{
    pthread_t t;

    pthread_create(&t, NULL, sleep_for_ever, NULL);
    pthread_create(&t, NULL, exec_from_thread, NULL);
    pause();
}

static void exec_ends_other_threads(void)
{
    int status = in_child(exec_thread_child);

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *nothing(void *arg)
{
    return arg;
}

static void many_threads(void)
{
    pthread_t t[64];

    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 64; i++)
            CHECK(pthread_create(&t[i], NULL, nothing, NULL) == 0);
        for (int i = 0; i < 64; i++)
            pthread_join(t[i], NULL);
    }
}

static void *floats(void *arg)
{
    double x = (double)(long)arg, y = x;

    for (int i = 0; i < 200000; i++) {
        y = y * 0.5 + x * 0.5;
        if (i % 1000 == 0)
            sched_yield();
    }
    return (void *)(long)(y == x);
}

static void floats_are_per_thread(void)
{
    pthread_t t[4];
    void *good;

    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, floats, (void *)(i + 3));
    for (long i = 0; i < 4; i++)
        CHECK(pthread_join(t[i], &good) == 0 && good);
}

CONFORMANCE_MAIN(TEST(mutexes_and_joins), TEST(conditions), TEST(timed_waits), TEST(shared_futex),
                 TEST(robust_locks), TEST(exit_group_ends_all), TEST(deadly_signal_ends_all),
                 TEST(signal_to_thread), TEST(exec_ends_other_threads), TEST(many_threads),
                 TEST(floats_are_per_thread))
