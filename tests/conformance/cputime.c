/* Processor time: what it is measured at, and the timers that run on it. setitimer(2),
 * getrlimit(2), getrusage(2). */
#include "check.h"

#include <pthread.h>

static volatile int nr_signals[65];

static void on_signal(int signal)
{
    nr_signals[signal]++;
}

static double cpu_seconds(int clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Processor time and not a call in between. */
static void burn(volatile int *until, int count)
{
    for (volatile uint64_t i = 0; *until < count && i < 20000000000ull; i++)
        ;
}

static void profiling_timer_ticks(void)
{
    struct itimerval timer = {{0, 20000}, {0, 20000}}, now, off = {0};

    signal(SIGPROF, on_signal);
    double before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);
    burn(&nr_signals[SIGPROF], 5);
    double used = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
    CHECK(nr_signals[SIGPROF] >= 5 && used >= 0.079 && used < 60);
    CHECK(getitimer(ITIMER_PROF, &now) == 0 && now.it_interval.tv_usec == 20000);
    CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_usec > 0 && now.it_value.tv_usec <= 30000);
    CHECK(setitimer(ITIMER_PROF, &off, &now) == 0 && now.it_interval.tv_usec == 20000);
    CHECK(getitimer(ITIMER_PROF, &now) == 0 && now.it_value.tv_usec == 0);
}

static void sleeping_uses_nothing(void)
{
    struct itimerval timer = {{0, 0}, {0, 200000}}; /* more than the host may take in a call */

    signal(SIGVTALRM, on_signal);
    signal(SIGPROF, on_signal);
    CHECK(setitimer(ITIMER_VIRTUAL, &timer, NULL) == 0);
    CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);
    usleep(800000);
    CHECK(nr_signals[SIGVTALRM] == 0 && nr_signals[SIGPROF] == 0);
    burn(&nr_signals[SIGVTALRM], 1); /* and goes on afterwards */
    CHECK(nr_signals[SIGVTALRM] == 1 && nr_signals[SIGPROF] == 1);
    burn(&nr_signals[SIGPROF], 1);
}

static void *burner(void *arg)
{
    burn(arg, 1);
    return NULL;
}

static void threads_count_together(void)
{
    struct itimerval timer = {{0, 0}, {0, 100000}};
    pthread_t threads[3];

    signal(SIGVTALRM, on_signal);
    CHECK(setitimer(ITIMER_VIRTUAL, &timer, NULL) == 0);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, burner, (void *)&nr_signals[SIGVTALRM]);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK(nr_signals[SIGVTALRM] == 1);
    CHECK(cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) >= 0.099);
}

static void children_have_none(void)
{
    struct itimerval timer = {{0, 10000}, {0, 10000}}, now;

    signal(SIGPROF, on_signal);
    CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);
    CHECK(IN_CHILD(_exit(getitimer(ITIMER_PROF, &now) != 0 || now.it_value.tv_usec ||
                         now.it_interval.tv_usec)) == 0);
}

static void limit_warns_then_kills(void)
{
    int status = IN_CHILD({
        struct rlimit limit = {1, 2};

        signal(SIGXCPU, on_signal);
        if (setrlimit(RLIMIT_CPU, &limit) != 0)
            _exit(1);
        burn(&nr_signals[SIGXCPU], 1);
        double used = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
        if (nr_signals[SIGXCPU] != 1 || used < 0.99)
            _exit(2);
        burn(&nr_signals[0], 1);
        _exit(3);
    });

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    status = IN_CHILD({
        struct rlimit limit = {1, RLIM_INFINITY};

        setrlimit(RLIMIT_CPU, &limit);
        if (fork() == 0) { /* a child has the limit, and a time of its own */
            burn(&nr_signals[0], 1);
            _exit(3);
        }
        int child;
        wait(&child);
        _exit(WIFSIGNALED(child) ? WTERMSIG(child) : 99);
    });
    CHECK(WEXITSTATUS(status) == SIGXCPU);
}

/* A program that computes and never calls: its time is its own, for others to see. */
static void time_in_user_mode_is_seen_from_outside(void)
{
    pid_t child = fork();
    char name[64], line[512];
    unsigned long utime = 0, stime = 0;

    if (child == 0) {
        burn(&nr_signals[0], 1);
        _exit(0);
    }
    snprintf(name, sizeof(name), "/proc/%d/stat", child);
    for (int i = 0; i < 1200 && (utime < 50 || utime <= stime * 4); i++) {
        FILE *f = fopen(name, "r");

        CHECK(f && fgets(line, sizeof(line), f));
        fclose(f);
        CHECK(sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                     &utime, &stime) == 2);
        usleep(50000);
    }
    CHECK(utime >= 50 && utime > stime * 4);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static volatile int is_over;

static void *in_and_out(void *arg)
{
    (void)arg;
    while (!is_over)
        syscall(SYS_getppid);
    return NULL;
}

static uint64_t user_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_utime.tv_sec * 1000000 + (uint64_t)usage.ru_utime.tv_usec;
}

/* Whoever asks while another thread goes in and out of the kernel never sees less than before. */
static void time_in_user_mode_never_runs_back(void)
{
    uint64_t last = 0, nr_back = 0;
    pthread_t thread;
    time_t end = time(NULL) + 2;

    is_over = 0;
    pthread_create(&thread, NULL, in_and_out, NULL);
    while (time(NULL) < end) {
        uint64_t now = user_us();

        nr_back += now < last;
        last = now;
    }
    is_over = 1;
    pthread_join(thread, NULL);
    CHECK(nr_back == 0);
}

CONFORMANCE_MAIN(TEST(profiling_timer_ticks), TEST(sleeping_uses_nothing),
                 TEST(threads_count_together), TEST(children_have_none),
                 TEST(limit_warns_then_kills), TEST(time_in_user_mode_is_seen_from_outside),
                 TEST(time_in_user_mode_never_runs_back))
