/* epoll(7): levels and edges, several waiters, epoll files that watch each other, exclusive
 * items. */
#include "check.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define LIMIT_MS 60000 /* longer than any wait takes that is not lost */

static int watch(int ep, int fd, uint32_t events)
{
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = events, .data.fd = fd});
}

static int rearm(int ep, int fd, uint32_t events)
{
    return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &(struct epoll_event){.events = events, .data.fd = fd});
}

static int nr_events(int ep)
{
    struct epoll_event events[8];

    return epoll_wait(ep, events, 8, 0);
}

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1 && p.revents == POLLIN;
}

static void drain(int fd)
{
    eventfd_t value;

    CHECK(eventfd_read(fd, &value) == 0);
}

/* ---- levels and edges ---- */

static void a_level_stays_and_an_edge_passes(void)
{
    int level = epoll_create1(0), edge = epoll_create1(0), fd = eventfd(0, 0);

    CHECK(watch(level, fd, EPOLLIN) == 0 && watch(edge, fd, EPOLLIN | EPOLLET) == 0);
    CHECK(nr_events(level) == 0 && nr_events(edge) == 0);
    eventfd_write(fd, 1);
    CHECK(nr_events(level) == 1 && nr_events(level) == 1);
    CHECK(nr_events(edge) == 1 && nr_events(edge) == 0);
    eventfd_write(fd, 1); /* ready already, but something happened */
    CHECK(nr_events(edge) == 1 && nr_events(edge) == 0);
    drain(fd);
    CHECK(nr_events(level) == 0 && nr_events(edge) == 0);
}

static void a_one_shot_waits_for_its_rearming(void)
{
    int ep = epoll_create1(0), ends[2];
    char byte;

    CHECK(pipe(ends) == 0 && watch(ep, ends[0], EPOLLIN | EPOLLONESHOT) == 0);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(nr_events(ep) == 1 && nr_events(ep) == 0);
    CHECK(write(ends[1], "x", 1) == 1 && nr_events(ep) == 0);
    CHECK(rearm(ep, ends[0], EPOLLIN | EPOLLONESHOT) == 0 && nr_events(ep) == 1);
    CHECK(read(ends[0], &byte, 1) == 1);
    close(ends[1]);
    CHECK(nr_events(ep) == 0); /* disarmed: not even the hang-up */
    CHECK(rearm(ep, ends[0], 0) == 0);
    struct epoll_event event;
    CHECK(epoll_wait(ep, &event, 1, 0) == 1 && event.events == EPOLLHUP);
}

static void a_hang_up_needs_no_wish(void)
{
    int ep = epoll_create1(0), ends[2];
    struct epoll_event event;

    CHECK(pipe(ends) == 0 && watch(ep, ends[0], 0) == 0);
    CHECK(write(ends[1], "x", 1) == 1 && nr_events(ep) == 0);
    close(ends[1]);
    CHECK(epoll_wait(ep, &event, 1, LIMIT_MS) == 1 && event.events == EPOLLHUP);
}

static void errors_of_epoll(void)
{
    int ep = epoll_create1(0), fd = eventfd(1, 0), file = open("/", O_RDONLY | O_DIRECTORY);
    int path = open("/", O_PATH);
    struct epoll_event event = {.events = EPOLLIN};

    CHECK_ERRNO(watch(ep, file, EPOLLIN), EPERM);
    CHECK_ERRNO(watch(ep, path, EPOLLIN), EBADF);
    CHECK_ERRNO(watch(fd, fd, EPOLLIN), EINVAL);
    CHECK_ERRNO(watch(fd, ep, EPOLLIN), EINVAL);
    CHECK_ERRNO(watch(fd, file, EPOLLIN), EPERM);
    CHECK_ERRNO(rearm(ep, fd, EPOLLIN), ENOENT);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), ENOENT);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, fd, NULL), EFAULT);
    CHECK(watch(ep, fd, EPOLLIN) == 0);
    CHECK_ERRNO(watch(ep, fd, EPOLLIN), EEXIST);
    CHECK_ERRNO(epoll_ctl(ep, 77, fd, &event), EINVAL);
    CHECK_ERRNO(epoll_wait(ep, &event, 0, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(fd, &event, 1, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(ep, (void *)8, 1, 0), EFAULT);
    CHECK(nr_events(ep) == 1); /* the bad address lost nothing */
}

/* ---- several waiters ---- */

static int shared_ep;
static volatile int nr_late, nr_seen;

static void *wait_often(void *arg)
{
    struct epoll_event event;

    for (int i = 0; i < 3000; i++)
        if (epoll_wait(shared_ep, &event, 1, LIMIT_MS) != 1)
            __atomic_fetch_add(&nr_late, 1, __ATOMIC_RELAXED);
    return arg;
}

static void a_level_is_for_every_waiter(void)
{
    pthread_t waiters[4];

    shared_ep = epoll_create1(0);
    CHECK(watch(shared_ep, eventfd(1, 0), EPOLLIN) == 0);
    for (int i = 0; i < 4; i++)
        pthread_create(&waiters[i], NULL, wait_often, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(waiters[i], NULL);
    CHECK(nr_late == 0);
}

static void *poll_often(void *arg)
{
    for (int i = 0; i < 3000; i++)
        if (nr_events(shared_ep) != 1 || !is_readable(shared_ep))
            __atomic_fetch_add(&nr_late, 1, __ATOMIC_RELAXED);
    return arg;
}

/* Who does not wait must not find the list empty because somebody else is just looking at it. */
static void a_level_is_for_who_does_not_wait(void)
{
    pthread_t pollers[4];

    shared_ep = epoll_create1(0);
    CHECK(watch(shared_ep, eventfd(1, 0), EPOLLIN) == 0);
    for (int i = 0; i < 4; i++)
        pthread_create(&pollers[i], NULL, poll_often, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(pollers[i], NULL);
    CHECK(nr_late == 0);
}

static void *wait_once(void *arg)
{
    struct epoll_event event;

    if (epoll_wait((int)(intptr_t)arg, &event, 1, LIMIT_MS) == 1)
        __atomic_fetch_add(&nr_seen, 1, __ATOMIC_RELAXED);
    return NULL;
}

/* Until so many threads of the process are asleep in a call. */
static void until_all_sleep(int nr)
{
    for (int nr_asleep = 0; nr_asleep < nr; usleep(1000)) {
        DIR *tasks = opendir("/proc/self/task");
        struct dirent *entry;

        nr_asleep = 0;
        while ((entry = readdir(tasks)) != NULL) {
            char name[300];

            snprintf(name, sizeof(name), "/proc/self/task/%s/stat", entry->d_name);
            nr_asleep += is_asleep(name);
        }
        closedir(tasks);
    }
}

/* Two events, one wake-up each or one for both: whoever takes one leaves the other to the next. */
static void a_wake_up_is_passed_on(void)
{
    int ep = epoll_create1(0), a = eventfd(0, 0), b = eventfd(0, 0);
    pthread_t waiters[2];

    CHECK(watch(ep, a, EPOLLIN | EPOLLET) == 0 && watch(ep, b, EPOLLIN | EPOLLET) == 0);
    for (int i = 0; i < 2; i++)
        pthread_create(&waiters[i], NULL, wait_once, (void *)(intptr_t)ep);
    until_all_sleep(2);
    eventfd_write(a, 1);
    eventfd_write(b, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(waiters[i], NULL);
    CHECK(nr_seen == 2);
}

static void exclusive_items_wake_one_waiter(void)
{
    int fd = eventfd(0, 0), eps[4];
    pthread_t waiters[4];

    for (int i = 0; i < 4; i++) {
        eps[i] = epoll_create1(0);
        CHECK(watch(eps[i], fd, EPOLLIN | EPOLLEXCLUSIVE) == 0);
        pthread_create(&waiters[i], NULL, wait_once, (void *)(intptr_t)eps[i]);
    }
    until_all_sleep(4);
    eventfd_write(fd, 1);
    while (nr_seen == 0)
        usleep(1000);
    usleep(50000); /* time for those who should not come */
    CHECK(nr_seen == 1);
    for (int i = 1; i < 4; i++)
        eventfd_write(fd, 1);
    for (int i = 0; i < 4; i++)
        pthread_join(waiters[i], NULL);
    CHECK(nr_seen == 4);
}

static void exclusive_items_have_rules(void)
{
    int ep = epoll_create1(0), other = epoll_create1(0), fd = eventfd(0, 0);

    CHECK_ERRNO(watch(ep, other, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
    CHECK_ERRNO(watch(ep, fd, EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE), EINVAL);
    CHECK(watch(ep, fd, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE) == 0);
    CHECK_ERRNO(rearm(ep, fd, EPOLLIN), EINVAL);
    CHECK_ERRNO(rearm(ep, fd, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
    CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL) == 0);
}

/* ---- one watches another ---- */

static void an_event_below_is_one_above(void)
{
    int top = epoll_create1(0), middle = epoll_create1(0), low = epoll_create1(0);
    int fd = eventfd(0, 0);

    CHECK(watch(top, middle, EPOLLIN) == 0 && watch(middle, low, EPOLLIN) == 0);
    CHECK(watch(low, fd, EPOLLIN) == 0 && nr_events(top) == 0 && !is_readable(top));
    eventfd_write(fd, 1);
    CHECK(nr_events(top) == 1 && nr_events(top) == 1 && is_readable(top) && is_readable(low));
    drain(fd); /* the lists still name it: the question goes down to the file */
    CHECK(!is_readable(top) && nr_events(top) == 0 && nr_events(low) == 0);
    eventfd_write(fd, 1);
    CHECK(nr_events(low) == 1 && nr_events(top) == 1);
    close(low); /* and so are gone: its items, and that of the middle one */
    CHECK(nr_events(top) == 0 && nr_events(middle) == 0);
}

static void an_edge_above(void)
{
    int top = epoll_create1(0), low = epoll_create1(0), fd = eventfd(0, 0);

    CHECK(watch(top, low, EPOLLIN | EPOLLET) == 0 && watch(low, fd, EPOLLIN) == 0);
    eventfd_write(fd, 1);
    CHECK(nr_events(top) == 1 && nr_events(top) == 0 && nr_events(low) == 1);
    eventfd_write(fd, 1);
    CHECK(nr_events(top) == 1 && nr_events(top) == 0);
}

static void *write_soon(void *arg)
{
    until_all_sleep(2); /* and who joins us */
    eventfd_write((int)(intptr_t)arg, 1);
    return NULL;
}

static void a_sleeper_above_is_woken(void)
{
    int top = epoll_create1(0), low = epoll_create1(0), fd = eventfd(0, 0);
    pthread_t waiter, writer;

    CHECK(watch(top, low, EPOLLIN) == 0 && watch(low, fd, EPOLLIN) == 0);
    pthread_create(&waiter, NULL, wait_once, (void *)(intptr_t)top);
    pthread_create(&writer, NULL, write_soon, (void *)(intptr_t)fd);
    pthread_join(waiter, NULL);
    pthread_join(writer, NULL);
    CHECK(nr_seen == 1);
}

static void no_circles(void)
{
    int ep[7];

    for (int i = 0; i < 7; i++)
        ep[i] = epoll_create1(0);
    CHECK_ERRNO(watch(ep[0], ep[0], EPOLLIN), EINVAL);
    CHECK(watch(ep[0], ep[1], EPOLLIN) == 0 && watch(ep[1], ep[2], EPOLLIN) == 0);
    CHECK_ERRNO(watch(ep[1], ep[0], EPOLLIN), ELOOP);
    CHECK_ERRNO(watch(ep[2], ep[0], EPOLLIN), ELOOP);
    CHECK(watch(ep[0], ep[2], EPOLLIN) == 0); /* two ways, no circle */
    CHECK(epoll_ctl(ep[0], EPOLL_CTL_DEL, ep[1], NULL) == 0);
    CHECK(epoll_ctl(ep[0], EPOLL_CTL_DEL, ep[2], NULL) == 0);
    CHECK(watch(ep[2], ep[0], EPOLLIN) == 0); /* nothing is remembered of the old shape */
}

/* Five of them bear an event from the lowest to the top, six are refused one way or the other. */
static void no_deep_chains(void)
{
    int ep[7], fd = eventfd(1, 0), nr_made = 1;

    ep[0] = epoll_create1(0);
    CHECK(watch(ep[0], fd, EPOLLIN) == 0);
    for (; nr_made < 7; nr_made++) {
        ep[nr_made] = epoll_create1(0);
        if (watch(ep[nr_made], ep[nr_made - 1], EPOLLIN) != 0)
            break;
        CHECK(nr_events(ep[nr_made]) == 1);
    }
    CHECK(nr_made == 5 && (errno == ELOOP || errno == EINVAL));
}

static void not_too_many_ways_up(void)
{
    int fd = eventfd(0, 0), low = epoll_create1(0), nr = 0;

    CHECK(watch(low, fd, EPOLLIN) == 0);
    while (nr < 600 && watch(epoll_create1(0), low, EPOLLIN) == 0)
        nr++;
    CHECK(nr == 500 && errno == EINVAL);
    eventfd_write(fd, 1);
    CHECK(is_readable(low));
}

/* ---- ends of a wait ---- */

static void ignore(int signal)
{
    (void)signal;
}

/* Also with SA_RESTART, signal(7). */
static void a_signal_ends_the_wait(void)
{
    struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
    struct itimerval soon = {.it_value.tv_usec = 10000, .it_interval.tv_usec = 10000};
    struct epoll_event event;
    int ep = epoll_create1(0);

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK_ERRNO(epoll_wait(ep, &event, 1, LIMIT_MS), EINTR);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
}

/* ---- all at once ---- */

static volatile bool is_over;
static int some_eps[4], some_fds[4];

/* Any of it may be refused: another thread was faster, or it would be a circle. */
static void *change_things(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    struct epoll_event events[4];

    while (!is_over) {
        int ep = some_eps[rand_r(&seed) % 4], i = rand_r(&seed) % 4;
        int target = rand_r(&seed) % 2 ? some_eps[i] : some_fds[i];
        uint32_t flags = rand_r(&seed) % 2 ? EPOLLET : 0;

        switch (rand_r(&seed) % 7) {
        case 0:
            watch(ep, target, EPOLLIN | EPOLLOUT | flags);
            break;
        case 1:
            epoll_ctl(ep, EPOLL_CTL_DEL, target, NULL);
            break;
        case 2:
            rearm(ep, target, EPOLLIN | flags | EPOLLONESHOT);
            break;
        case 3:
            eventfd_write(some_fds[i], 1);
            break;
        case 4:
            epoll_wait(ep, events, 4, rand_r(&seed) % 2);
            break;
        case 5:
            is_readable(ep);
            break;
        default:
            target = rand_r(&seed) % 2 ? epoll_create1(0) : eventfd(1, EFD_NONBLOCK);
            dup2(target, rand_r(&seed) % 2 ? some_eps[i] : some_fds[i]);
            close(target);
        }
    }
    return NULL;
}

static void everything_at_once(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        some_eps[i] = epoll_create1(0);
        some_fds[i] = eventfd(1, EFD_NONBLOCK);
    }
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, change_things, (void *)(uintptr_t)(i + 1));
    sleep(2);
    is_over = true;
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    int ep = epoll_create1(0), fd = eventfd(1, 0);
    CHECK(watch(ep, fd, EPOLLIN) == 0 && nr_events(ep) == 1);
}

CONFORMANCE_MAIN(TEST(a_level_stays_and_an_edge_passes), TEST(a_one_shot_waits_for_its_rearming),
                 TEST(a_hang_up_needs_no_wish), TEST(errors_of_epoll),
                 TEST(a_level_is_for_every_waiter), TEST(a_level_is_for_who_does_not_wait),
                 TEST(a_wake_up_is_passed_on), TEST(exclusive_items_wake_one_waiter),
                 TEST(exclusive_items_have_rules), TEST(an_event_below_is_one_above),
                 TEST(an_edge_above), TEST(a_sleeper_above_is_woken), TEST(no_circles),
                 TEST(no_deep_chains), TEST(not_too_many_ways_up), TEST(a_signal_ends_the_wait),
                 TEST(everything_at_once))
