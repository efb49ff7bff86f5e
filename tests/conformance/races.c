/*
 * Page faults against everything that takes pages away at the same time: truncation, madvise,
 * munmap, fork, mremap. Whatever the order, a load gives a value that was there or SIGBUS, a store
 * reaches what is mapped then, and nobody else's memory. Each race runs for half a second.
 */
#include "race.h"

#include <linux/futex.h>

#define NR_PAGES 16
#define SIZE     (NR_PAGES * 4096ul)

static int fd;
static __thread sigjmp_buf beyond;
static __thread volatile bool is_touching;

static void on_fault(int signal)
{
    (void)signal;
    if (!is_touching)
        _exit(99);
    siglongjmp(beyond, 1);
}

static void catch_faults(void)
{
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};

    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
}

static void make_file(void)
{
    char page[4096];

    fd = open("/tmp/races", O_RDWR | O_CREAT | O_TRUNC, 0600);
    unlink("/tmp/races");
    memset(page, 'f', sizeof(page));
    for (int i = 0; i < NR_PAGES; i++)
        CHECK(pwrite(fd, page, sizeof(page), i * 4096) == sizeof(page));
}

static void race(void *(*const *fns)(void *), int nr)
{
    catch_faults();
    run_for_a_while(fns, nr);
}

/* --- a file that is cut and grown again ------------------------------------------------------- */

static void *cut(void *arg)
{
    while (!is_over) {
        if (ftruncate(fd, 0) != 0 || ftruncate(fd, SIZE) != 0)
            _exit(98);
        for (volatile int i = rand() % 20000; i > 0; i--)
            ;
    }
    return arg;
}

/* A page holds the file's bytes, the zeros it grew by, or what this thread wrote; whole. */
static void touch_file(volatile char *map, char mine)
{
    for (int i = 0; i < NR_PAGES; i++) {
        char before = map[i * 4096 + 1];

        map[i * 4096] = mine;
        char a = map[i * 4096], b = map[i * 4096 + 1];

        if ((before != 'f' && before != 0) || (b != 'f' && b != 0) || (a != mine && a != 0))
            _exit(97);
    }
}

static void map_and_touch(int flags, char mine)
{
    volatile char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (map == MAP_FAILED)
        _exit(96);
    is_touching = true;
    if (sigsetjmp(beyond, 1) == 0)
        touch_file(map, mine);
    is_touching = false;
    munmap((void *)map, SIZE);
    nr_rounds++;
}

static void *copy_privately(void *arg)
{
    while (!is_over)
        map_and_touch(MAP_PRIVATE, 'p');
    return arg;
}

static void *write_shared(void *arg)
{
    while (!is_over)
        map_and_touch(MAP_SHARED, 0);
    return arg;
}

static void copy_against_truncation(void)
{
    make_file();
    race((void *(*[])(void *)){cut, copy_privately, copy_privately, copy_privately}, 4);
}

static void upgrade_against_truncation(void)
{
    make_file();
    race((void *(*[])(void *)){cut, write_shared, write_shared, copy_privately}, 4);
}

/* --- memory that is discarded, unmapped, moved ------------------------------------------------ */

static volatile char *area;

/* A byte is what this thread wrote, or 0 (f in a fresh page of the file). */
static void *write_area(void *arg)
{
    char mine = (char)('A' + (intptr_t)arg);
    int at = 64 * (int)(intptr_t)arg;

    while (!is_over) {
        is_touching = true;
        if (sigsetjmp(beyond, 1) == 0) {
            for (int i = 0; i < NR_PAGES; i++) {
                area[i * 4096 + at] = mine;
                char seen = area[i * 4096 + at];

                if (seen != mine && seen != 0 && seen != 'f')
                    _exit(97);
            }
        }
        is_touching = false;
        nr_rounds++;
    }
    return arg;
}

static void *discard(void *arg)
{
    while (!is_over)
        if (madvise((void *)area, SIZE, MADV_DONTNEED) != 0)
            _exit(98);
    return arg;
}

static void *fork_often(void *arg)
{
    while (!is_over) {
        pid_t child = fork();

        if (child == 0) {
            for (int i = 0; i < NR_PAGES; i++)
                area[i * 4096 + 2048] = 'c';
            _exit(0);
        }
        if (child < 0 || waitpid(child, NULL, 0) != child)
            _exit(98);
        for (int i = 0; i < NR_PAGES; i++)
            if (area[i * 4096 + 2048] == 'c')
                _exit(95); /* the child's copy is the child's */
    }
    return arg;
}

static void *unmap_and_map(void *arg)
{
    int flags = MAP_PRIVATE | MAP_FIXED;

    while (!is_over)
        if (munmap((void *)area, SIZE / 2) != 0 ||
            mmap((void *)area, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0) != area)
            _exit(98);
    return arg;
}

static void *move_to_and_fro(void *arg)
{
    void *home = (void *)area;
    void *away = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    while (!is_over)
        if (mremap(home, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, away) != away ||
            mremap(away, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, home) != home)
            _exit(98);
    return arg;
}

static void make_area(bool is_file)
{
    make_file();
    area = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | (is_file ? 0 : MAP_ANONYMOUS),
                is_file ? fd : -1, 0);
    CHECK(area != MAP_FAILED);
}

static void copy_against_madvise(void)
{
    make_area(true);
    race((void *(*[])(void *)){discard, write_area, write_area, write_area}, 4);
}

static void copy_against_fork(void)
{
    make_area(false);
    race((void *(*[])(void *)){fork_often, write_area, write_area}, 3);
}

static void copy_against_fork_and_madvise(void)
{
    make_area(true);
    race((void *(*[])(void *)){fork_often, write_area, discard}, 3);
}

static void copy_against_munmap(void)
{
    make_area(true);
    race((void *(*[])(void *)){unmap_and_map, write_area, write_area}, 3);
}

static void copy_against_mremap(void)
{
    make_area(true);
    race((void *(*[])(void *)){move_to_and_fro, write_area, write_area}, 3);
}

/* A fork, a move or an exit in the middle of a truncation leaves no page of the past behind. */
static void *fork_and_look(void *arg)
{
    while (!is_over) {
        volatile char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        pid_t child = fork();

        if (child == 0) {
            is_touching = true;
            if (sigsetjmp(beyond, 1) == 0)
                for (int i = 0; i < NR_PAGES; i++)
                    map[i * 4096] = 0;
            _exit(0);
        }
        if (child < 0 || waitpid(child, NULL, 0) != child)
            _exit(98);
        munmap((void *)map, SIZE);
        nr_rounds++;
    }
    return arg;
}

static void exit_against_truncation(void)
{
    make_file();
    race((void *(*[])(void *)){cut, fork_and_look, fork_and_look}, 3);
}

/* --- futexes on such pages -------------------------------------------------------------------- */

static long futex(volatile void *word, int op, int value, const struct timespec *limit)
{
    return syscall(SYS_futex, word, op, value, limit, NULL, 0);
}

/* Two threads hand a turn to and fro by shared-flag calls, while forks move the word's frame. */
static volatile int *turn;

static void *take_turns(void *arg)
{
    int me = (int)(intptr_t)arg & 1;
    struct timespec limit = {.tv_sec = 60};

    for (int n = 0; n < 300; n++) {
        while (__atomic_load_n(turn, __ATOMIC_SEQ_CST) != me)
            if (futex(turn, FUTEX_WAIT, !me, &limit) != 0 && errno == ETIMEDOUT)
                _exit(94);
        __atomic_store_n(turn, !me, __ATOMIC_SEQ_CST);
        if (futex(turn, FUTEX_WAKE, 1, NULL) < 0)
            _exit(93);
        nr_rounds++;
    }
    return arg;
}

static void *fork_until_over(void *arg)
{
    while (!is_over) {
        pid_t child = fork();

        if (child == 0)
            _exit(0);
        if (child < 0 || waitpid(child, NULL, 0) != child)
            _exit(98);
    }
    return arg;
}

static void turns_in(int flags)
{
    pthread_t threads[3];

    make_file();
    turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, flags & MAP_ANONYMOUS ? -1 : fd, 0);
    CHECK(turn != MAP_FAILED);
    *turn = 0;
    pthread_create(&threads[0], NULL, take_turns, (void *)0);
    pthread_create(&threads[1], NULL, take_turns, (void *)1);
    pthread_create(&threads[2], NULL, fork_until_over, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    is_over = true;
    pthread_join(threads[2], NULL);
    CHECK(nr_rounds == 600);
}

static void futex_against_fork(void)
{
    turns_in(MAP_PRIVATE | MAP_ANONYMOUS);
    is_over = false, nr_rounds = 0;
    turns_in(MAP_PRIVATE);
    is_over = false, nr_rounds = 0;
    turns_in(MAP_SHARED);
}

/* Waits in a thread of its own until a waker at `other` finds it; what kinds of call meet. */
static volatile int *waited_at;
static int wait_op;
static volatile pid_t waiter_tid;

static void *wait_once(void *arg)
{
    struct timespec limit = {.tv_sec = 60};

    waiter_tid = (pid_t)syscall(SYS_gettid);
    while (*waited_at == 0)
        if (futex(waited_at, wait_op, 0, &limit) != 0 && errno == ETIMEDOUT)
            return arg;
    return NULL;
}

static bool meets(volatile int *waiter, int op, volatile int *waker, int waker_op)
{
    pthread_t thread;
    bool is_woken = false;
    void *result;
    char stat[64];

    waited_at = waiter, wait_op = op;
    *waiter = 0, waiter_tid = 0;
    pthread_create(&thread, NULL, wait_once, (void *)1);
    while (waiter_tid == 0)
        usleep(1000);
    snprintf(stat, sizeof(stat), "/proc/self/task/%d/stat", waiter_tid);
    until_asleep(stat);
    for (int i = 0; i < 100 && !is_woken; i++) {
        struct timespec ms = {.tv_nsec = 1000000};

        nanosleep(&ms, NULL);
        is_woken = futex(waker, waker_op, 1, NULL) == 1;
    }
    *waiter = 1;
    futex(waiter, op == FUTEX_WAIT ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE, 1, NULL);
    pthread_join(thread, &result);
    CHECK(result == NULL);
    return is_woken;
}

static void futex_keys(void)
{
    int anonymous = MAP_SHARED | MAP_ANONYMOUS;
    volatile int *own =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile int *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, anonymous, -1, 0);

    make_file();
    volatile int *a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    volatile int *b = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    volatile int *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

    CHECK(meets(own, FUTEX_WAIT, own, FUTEX_WAKE));
    CHECK(meets(own, FUTEX_WAIT_PRIVATE, own, FUTEX_WAKE_PRIVATE));
    CHECK(meets(shared, FUTEX_WAIT, shared, FUTEX_WAKE));
    CHECK(meets(shared, FUTEX_WAIT_PRIVATE, shared, FUTEX_WAKE_PRIVATE));
    CHECK(!meets(shared, FUTEX_WAIT, shared, FUTEX_WAKE_PRIVATE));
    CHECK(!meets(shared, FUTEX_WAIT, shared + 1024, FUTEX_WAKE));
    CHECK(meets(a, FUTEX_WAIT, b, FUTEX_WAKE)); /* one file, two addresses */
    CHECK(!meets(a, FUTEX_WAIT_PRIVATE, b, FUTEX_WAKE_PRIVATE));
    CHECK(!meets(a, FUTEX_WAIT, b + 1024, FUTEX_WAKE));
    CHECK(meets(a, FUTEX_WAIT, ro, FUTEX_WAKE)); /* shows the file's page */
    CHECK_ERRNO(futex((void *)(uintptr_t)4096, FUTEX_WAKE, 1, NULL), EFAULT);
    CHECK_ERRNO(futex((char *)own + 2, FUTEX_WAKE, 1, NULL), EINVAL);
}

/* Parent and child wait on memory that they share at different addresses. */
static void futex_of_two_processes(void)
{
    volatile int *word =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct timespec limit = {.tv_sec = 60};
    int status;

    pid_t child = fork();

    if (child == 0) {
        volatile int *elsewhere =
            mremap((void *)word, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)word - 1048576);

        if (elsewhere == MAP_FAILED)
            _exit(1);
        while (*elsewhere == 0)
            if (futex(elsewhere, FUTEX_WAIT, 0, &limit) != 0 && errno == ETIMEDOUT)
                _exit(2);
        _exit(0);
    }
    while (futex(word, FUTEX_WAKE, 0x7fffffff, NULL) == 0) {
        struct timespec ms = {.tv_nsec = 1000000};

        nanosleep(&ms, NULL);
        if (waitpid(child, &status, WNOHANG) != 0)
            break;
    }
    *word = 1;
    futex(word, FUTEX_WAKE, 0x7fffffff, NULL);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(void)
{
    static const struct check_test tests[] = {
        TEST(copy_against_truncation), TEST(upgrade_against_truncation),
        TEST(exit_against_truncation), TEST(copy_against_madvise),
        TEST(copy_against_fork),       TEST(copy_against_fork_and_madvise),
        TEST(copy_against_munmap),     TEST(copy_against_mremap),
        TEST(futex_against_fork),      TEST(futex_keys),
        TEST(futex_of_two_processes),
    };

    return check_main(__FILE__, tests, sizeof(tests) / sizeof(tests[0]));
}
