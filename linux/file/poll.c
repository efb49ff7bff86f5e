/*
 * ppoll and pselect6: waiting for any of several files.
 *
 * First pass: ask each file. If none is ready, an entry is added to each file's poll_head, and the
 * files are asked again after each wake-up. Entries live on the stack for few files, on the heap
 * for many.
 */
#include <arch/uaccess.h>
#include <file/syscalls.h>
#include <heap/heap.h>
#include <string/string.h>
#include <sync/waitqueue.h>

#include "internal.h"

struct poll_wait {
    struct wait_queue queue;
    uint32_t is_woken; /* [a] */
};

struct poll_item {
    struct poll_entry entry;
    struct poll_wait *wait;
    struct file *file; /* a reference, or NULL */
    int32_t fd;
    bool is_added;
    uint16_t events;
    uint16_t revents;
};

static void item_wake(struct poll_entry *entry, unsigned events)
{
    struct poll_item *item = container_of(entry, struct poll_item, entry);

    if ((events & (item->events | POLLERR | POLLHUP)) == 0)
        return;
    __atomic_store_n(&item->wait->is_woken, 1u, __ATOMIC_RELEASE);
    wait_wake_all(&item->wait->queue);
}

/* Asks every file; the number that is ready. With add, registers where nothing is ready. */
static int ask_all(struct poll_item *items, unsigned nr, bool add)
{
    int nr_ready = 0;

    for (unsigned i = 0; i < nr; i++) {
        struct poll_item *item = &items[i];
        unsigned wanted = item->events | POLLERR | POLLHUP;
        struct poll_head *head = NULL;

        item->revents = 0;
        if (item->fd < 0)
            continue;
        if (item->file == NULL) {
            item->revents = POLLNVAL;
            nr_ready++;
            continue;
        }
        unsigned now = file_poll(item->file, &head) & wanted;

        if (add && now == 0 && head != NULL && !item->is_added) {
            item->entry.wake = item_wake;
            poll_add(head, &item->entry);
            item->is_added = true;
            /* What happened between the question and the adding. */
            now = file_poll(item->file, NULL) & wanted;
        }
        item->revents = (uint16_t)now;
        nr_ready += now != 0;
    }
    return nr_ready;
}

/* Waits until a file is ready or the deadline is over: the number ready, 0, or -EINTR. */
static int poll_wait(struct poll_item *items, unsigned nr, uint64_t deadline_ns)
{
    struct poll_wait wait = {.is_woken = 0};
    int nr_ready = ask_all(items, nr, false);

    if (nr_ready > 0 || deadline_ns == 0)
        return nr_ready;
    wait_queue_init(&wait.queue);
    for (unsigned i = 0; i < nr; i++)
        items[i].wait = &wait;
    for (;;) {
        nr_ready = ask_all(items, nr, true);
        if (nr_ready > 0)
            break;
        int ret = wait_event_interruptible_until(
            &wait.queue, __atomic_exchange_n(&wait.is_woken, 0u, __ATOMIC_ACQ_REL), deadline_ns);

        if (ret != 0) {
            nr_ready = ret == -ETIMEDOUT ? ask_all(items, nr, false) : ret;
            break;
        }
    }
    for (unsigned i = 0; i < nr; i++) {
        if (items[i].is_added)
            poll_remove(&items[i].entry);
    }
    return nr_ready;
}

static void items_open(struct poll_item *items, unsigned nr)
{
    struct fd_table *table = process_current()->files;

    for (unsigned i = 0; i < nr; i++) {
        if (items[i].fd >= 0)
            items[i].file = fd_table_file(table, items[i].fd);
    }
}

static void items_close(struct poll_item *items, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++) {
        if (items[i].file != NULL)
            file_put(items[i].file);
    }
}

int deadline_of_user(uint64_t uts, uint64_t *deadline_ns)
{
    struct linux_timespec ts;

    *deadline_ns = TIME_NEVER;
    if (uts == 0)
        return 0;
    if (copy_from_user(&ts, uts, sizeof(ts)) != 0)
        return -EFAULT;
    if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (int64_t)NS_PER_SEC)
        return -EINVAL;
    if (ts.tv_sec == 0 && ts.tv_nsec == 0)
        *deadline_ns = 0;
    else if ((uint64_t)ts.tv_sec < TIME_NEVER / NS_PER_SEC - 1)
        *deadline_ns = time_deadline_ns((uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec);
    return 0;
}

/* The mask that holds during the call; umask NULL: none. */
static int mask_for_call(uint64_t umask, uint64_t size)
{
    sigset64_t mask;

    if (umask == 0)
        return 0;
    if (size != sizeof(mask))
        return -EINVAL;
    if (copy_from_user(&mask, umask, sizeof(mask)) != 0)
        return -EFAULT;
    signal_mask_for_call(mask);
    return 0;
}

/* A call that a signal ended tells how much time was left; without a wish for that, nothing. */
static void rest_to_user(uint64_t uts, uint64_t deadline_ns)
{
    uint64_t now = time_now_ns();
    uint64_t rest = deadline_ns > now ? deadline_ns - now : 0;
    struct linux_timespec ts = {.tv_sec = (int64_t)(rest / NS_PER_SEC),
                                .tv_nsec = (int64_t)(rest % NS_PER_SEC)};

    if (uts != 0 && deadline_ns != TIME_NEVER && copy_to_user(uts, &ts, sizeof(ts)) != 0)
        return; /* as Linux: the result of the call counts more */
}

/* ---- ppoll ---- */

struct linux_pollfd {
    int32_t fd;
    int16_t events;
    int16_t revents;
};

#define NR_ITEMS_ON_STACK 8

SYSCALL(ppoll)
{
    struct poll_item on_stack[NR_ITEMS_ON_STACK];
    struct poll_item *items = on_stack;
    uint64_t nr = a[1];
    uint64_t deadline_ns;
    int64_t ret;

    if (nr > process_current()->limits[RLIMIT_NOFILE].cur || nr > NR_FDS_MAX)
        return -EINVAL;
    ret = deadline_of_user(a[2], &deadline_ns);
    if (ret != 0)
        return ret;
    if (nr > NR_ITEMS_ON_STACK)
        items = heap_alloc(nr * sizeof(items[0]));
    if (items == NULL)
        return -ENOMEM;
    memset(items, 0, nr * sizeof(items[0]));
    for (uint64_t i = 0; i < nr && ret == 0; i++) {
        struct linux_pollfd pfd;

        ret = copy_from_user(&pfd, a[0] + i * sizeof(pfd), sizeof(pfd));
        items[i].fd = pfd.fd;
        items[i].events = (uint16_t)pfd.events;
    }
    if (ret == 0)
        ret = mask_for_call(a[3], a[4]);
    if (ret == 0) {
        items_open(items, (unsigned)nr);
        ret = poll_wait(items, (unsigned)nr, deadline_ns);
        items_close(items, (unsigned)nr);
    }
    for (uint64_t i = 0; i < nr && ret >= 0; i++) {
        int16_t revents = (int16_t)items[i].revents;

        if (copy_to_user(a[0] + i * sizeof(struct linux_pollfd) + 6, &revents, sizeof(revents)) !=
            0)
            ret = -EFAULT;
    }
    if (items != on_stack)
        heap_free(items);
    rest_to_user(a[2], deadline_ns);
    return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

/* ---- pselect6 ---- */

/* Sets of descriptors: three bitmaps in, three out. */
#define SELECT_IN  (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SELECT_OUT (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define SELECT_EX  POLLPRI

struct select_sets {
    uint64_t *bits[3]; /* read, write, exceptional */
    uint64_t user[3];  /* where they come from; 0: none */
    size_t nr_words;
};

static const unsigned select_events[3] = {SELECT_IN, SELECT_OUT, SELECT_EX};

static int sets_read(struct select_sets *sets)
{
    for (int s = 0; s < 3; s++) {
        if (sets->user[s] != 0 &&
            copy_from_user(sets->bits[s], sets->user[s], sets->nr_words * 8) != 0)
            return -EFAULT;
    }
    return 0;
}

static unsigned wanted_of(const struct select_sets *sets, unsigned fd)
{
    unsigned wanted = 0;

    for (int s = 0; s < 3; s++) {
        if ((sets->bits[s][fd / 64] >> (fd % 64) & 1) != 0)
            wanted |= select_events[s];
    }
    return wanted;
}

/* Which of the wished bits are ready, as select(2) counts: one for each set. */
static int64_t sets_write(struct select_sets *sets, const struct poll_item *items, unsigned nr)
{
    int64_t nr_ready = 0;

    for (unsigned i = 0; i < nr; i++) {
        unsigned fd = (unsigned)items[i].fd;

        if ((items[i].revents & POLLNVAL) != 0)
            return -EBADF;
        for (int s = 0; s < 3; s++) {
            uint64_t bit = 1ull << (fd % 64);

            if ((sets->bits[s][fd / 64] & bit) == 0)
                continue;
            if ((items[i].revents & select_events[s]) != 0)
                nr_ready++;
            else
                sets->bits[s][fd / 64] &= ~bit;
        }
    }
    for (int s = 0; s < 3; s++) {
        if (sets->user[s] != 0 &&
            copy_to_user(sets->user[s], sets->bits[s], sets->nr_words * 8) != 0)
            return -EFAULT;
    }
    return nr_ready;
}

static int64_t select_run(struct select_sets *sets, unsigned nr_fds, uint64_t deadline_ns)
{
    struct poll_item *items;
    unsigned nr = 0;
    int64_t ret;

    for (unsigned fd = 0; fd < nr_fds; fd++)
        nr += wanted_of(sets, fd) != 0;
    items = heap_calloc(MAX(nr, 1u), sizeof(items[0]));
    if (items == NULL)
        return -ENOMEM;
    nr = 0;
    for (unsigned fd = 0; fd < nr_fds; fd++) {
        unsigned wanted = wanted_of(sets, fd);

        if (wanted != 0)
            items[nr++] = (struct poll_item){.fd = (int32_t)fd, .events = (uint16_t)wanted};
    }
    items_open(items, nr);
    ret = poll_wait(items, nr, deadline_ns);
    items_close(items, nr);
    if (ret >= 0)
        ret = sets_write(sets, items, nr);
    heap_free(items);
    return ret;
}

SYSCALL(pselect6)
{
    int32_t nr_fds = (int32_t)a[0];
    struct select_sets sets = {.user = {a[1], a[2], a[3]}};
    struct {
        uint64_t mask;
        uint64_t size;
    } mask = {0};
    uint64_t deadline_ns;

    if (nr_fds < 0)
        return -EINVAL;
    nr_fds = MIN(nr_fds, (int32_t)NR_FDS_MAX);
    int64_t ret = deadline_of_user(a[4], &deadline_ns);

    if (ret != 0)
        return ret;
    if (a[5] != 0 && copy_from_user(&mask, a[5], sizeof(mask)) != 0)
        return -EFAULT;
    sets.nr_words = ((size_t)nr_fds + 63) / 64;
    uint64_t *bits = heap_calloc(MAX(sets.nr_words * 3, 1ul), sizeof(uint64_t));

    if (bits == NULL)
        return -ENOMEM;
    for (int s = 0; s < 3; s++)
        sets.bits[s] = bits + (size_t)s * sets.nr_words;
    ret = sets_read(&sets);
    if (ret == 0)
        ret = mask_for_call(mask.mask, mask.size);
    if (ret == 0)
        ret = select_run(&sets, (unsigned)nr_fds, deadline_ns);
    heap_free(bits);
    rest_to_user(a[4], deadline_ns);
    return ret == -EINTR ? -ERESTARTNOHAND : ret;
}
