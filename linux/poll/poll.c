/*
 * ppoll and pselect6: waiting for any of several files.
 *
 * First pass: ask each file, with nothing kept beside the answers. If none is ready and the call
 * may wait, an entry is added to each file's poll_head, and the files are asked again after each
 * wake-up. Entries live on the stack for few files, on the heap for many.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <bits/bits.h>
#include <heap/heap.h>
#include <string/string.h>
#include <sync/waitqueue.h>

#include "internal.h"

/* uapi/asm-generic/poll.h, struct pollfd */
struct linux_pollfd {
    int32_t fd;
    uint16_t events;
    uint16_t revents; /* not the answer: what the program had here before the call */
};

struct poll_set {
    unsigned nr;
    uint16_t unasked; /* events that count for each, asked for or not */
    struct linux_pollfd *polls;
    uint16_t *answers;
};

struct poll_wait {
    struct wait_queue queue;
    uint32_t is_woken; /* [a] */
};

struct poll_item {
    struct poll_entry entry;
    struct poll_wait *wait;
    struct file *file; /* of the view; NULL: none */
    uint16_t wanted;
    bool is_added;
};

/* ---- the first pass ---- */

/* What holds of the descriptor now. */
static inline unsigned ask(const struct fd_view *view, int fd)
{
    struct file *file = fd_view_get(view, fd);
    unsigned events;

    if (unlikely(file == NULL))
        return POLLNVAL;
    if (likely(file->ops->poll != NULL))
        events = file->ops->poll(file, NULL);
    else
        events = (file->flags & O_PATH) != 0 ? POLLNVAL : file_poll(file, NULL);
    fd_view_put(view, file);
    return events;
}

static int ask_all(const struct fd_view *view, const struct poll_set *set)
{
    int nr_ready = 0;

    for (unsigned i = 0; i < set->nr; i++) {
        const struct linux_pollfd *poll = &set->polls[i];
        unsigned events = poll->fd < 0 ? 0 : ask(view, poll->fd);

        events &= poll->events | set->unasked;
        set->answers[i] = (uint16_t)events;
        nr_ready += events != 0;
    }
    return nr_ready;
}

/* ---- waiting ---- */

static bool item_wake(struct poll_entry *entry, unsigned events)
{
    struct poll_item *item = container_of(entry, struct poll_item, entry);

    if ((events & item->wanted) == 0)
        return false;
    __atomic_store_n(&item->wait->is_woken, 1u, __ATOMIC_RELEASE);
    wait_wake_all(&item->wait->queue);
    return true;
}

static unsigned item_ask(struct poll_item *item)
{
    struct poll_head *head = NULL;
    unsigned now;

    if (item->file == NULL)
        return POLLNVAL;
    now = file_poll(item->file, &head) & item->wanted;
    if (now != 0 || head == NULL || item->is_added)
        return now;
    item->entry.wake = item_wake;
    poll_add(head, &item->entry);
    item->is_added = true;
    /* What happened between the question and the adding. */
    return file_poll(item->file, NULL) & item->wanted;
}

static int ask_items(struct poll_item *items, const struct poll_set *set)
{
    int nr_ready = 0;

    for (unsigned i = 0; i < set->nr; i++) {
        set->answers[i] = (uint16_t)(set->polls[i].fd < 0 ? 0 : item_ask(&items[i]));
        nr_ready += set->answers[i] != 0;
    }
    return nr_ready;
}

/* Waits until a file is ready or the deadline is over: the number ready, 0, or -EINTR. */
static int wait_items(struct poll_item *items, const struct poll_set *set, uint64_t deadline_ns)
{
    struct poll_wait wait = {.is_woken = 0};
    int nr_ready;

    wait_queue_init(&wait.queue);
    for (unsigned i = 0; i < set->nr; i++)
        items[i].wait = &wait;
    for (;;) {
        nr_ready = ask_items(items, set);
        if (nr_ready > 0)
            break;
        int ret = wait_event_interruptible_until(
            &wait.queue, __atomic_exchange_n(&wait.is_woken, 0u, __ATOMIC_ACQ_REL), deadline_ns);

        if (ret != 0) {
            nr_ready = ret == -ETIMEDOUT ? ask_items(items, set) : ret;
            break;
        }
    }
    for (unsigned i = 0; i < set->nr; i++) {
        if (items[i].is_added)
            poll_remove(&items[i].entry);
    }
    return nr_ready;
}

#define NR_ITEMS_ON_STACK 8

static int wait_for_any(const struct fd_view *view, const struct poll_set *set,
                        uint64_t deadline_ns)
{
    struct poll_item on_stack[NR_ITEMS_ON_STACK] = {0};
    struct poll_item *items = on_stack;

    if (set->nr > NR_ITEMS_ON_STACK)
        items = heap_calloc(set->nr, sizeof(items[0]));
    if (items == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < set->nr; i++) {
        items[i].wanted = set->polls[i].events | set->unasked;
        if (set->polls[i].fd >= 0)
            items[i].file = fd_view_get(view, set->polls[i].fd);
    }
    int nr_ready = wait_items(items, set, deadline_ns);

    for (unsigned i = 0; i < set->nr; i++) {
        if (items[i].file != NULL)
            fd_view_put(view, items[i].file);
    }
    if (items != on_stack)
        heap_free(items);
    return nr_ready;
}

/* ---- what the two calls have in common ---- */

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

int mask_of_user(uint64_t umask, uint64_t size)
{
    sigset64_t mask;

    if (size != sizeof(mask))
        return -EINVAL;
    if (copy_from_user(&mask, umask, sizeof(mask)) != 0)
        return -EFAULT;
    signal_mask_for_call(mask);
    return 0;
}

/*
 * The end of a call after mask_for_call: the mask goes, and the program is told how much time was
 * left (also when nobody can be told: the result counts more). Without that a call that a signal
 * ended must not begin anew.
 */
static int64_t call_over(int64_t ret, uint64_t uts, uint64_t deadline_ns)
{
    ret = signal_mask_call_over(ret == -EINTR ? -ERESTARTNOHAND : ret);
    if (uts == 0 || deadline_ns == TIME_NEVER || deadline_ns == 0)
        return ret;
    uint64_t now = time_now_ns();
    uint64_t rest = deadline_ns > now ? deadline_ns - now : 0;
    struct linux_timespec ts = {.tv_sec = (int64_t)(rest / NS_PER_SEC),
                                .tv_nsec = (int64_t)(rest % NS_PER_SEC)};

    if (copy_to_user(uts, &ts, sizeof(ts)) != 0 && ret == -ERESTARTNOHAND)
        return -EINTR;
    return ret;
}

/*
 * What a look at the files is to the program: where none is ready, a signal ends the call, also one
 * that does not wait. It would stay behind the mask otherwise that the call was to take it with.
 */
static inline int nr_ready_or_signal(int nr_ready)
{
    return nr_ready == 0 && signal_is_pending() ? -EINTR : nr_ready;
}

/* ---- ppoll ---- */

#define NR_POLLS_ON_STACK 32

/*
 * An answer that is there already is not written again, which is most of the work of a poll in
 * vain; but the first one is, so that a set that cannot be written is noticed.
 */
static int answers_write(uint64_t upolls, const struct poll_set *set)
{
    for (unsigned i = 0; i < set->nr; i++) {
        vaddr_t at = upolls + i * sizeof(set->polls[0]) + offsetof(struct linux_pollfd, revents);

        if (i > 0 && set->answers[i] == set->polls[i].revents)
            continue;
        if (copy_to_user(at, &set->answers[i], sizeof(set->answers[i])) != 0)
            return -EFAULT;
    }
    return 0;
}

static int poll_run(uint64_t upolls, const struct poll_set *set, uint64_t deadline_ns)
{
    struct fd_view view;
    int nr_ready;

    fd_view_begin(&view);
    nr_ready = ask_all(&view, set);
    if (nr_ready == 0 && deadline_ns != 0)
        nr_ready = wait_for_any(&view, set, deadline_ns);
    nr_ready = nr_ready_or_signal(nr_ready);
    if (nr_ready >= 0 && answers_write(upolls, set) != 0)
        nr_ready = -EFAULT;
    return nr_ready;
}

int64_t sys_ppoll(vaddr_t polls, unsigned nr, vaddr_t timeout, vaddr_t mask, size_t mask_size)
{
    struct {
        struct linux_pollfd polls[NR_POLLS_ON_STACK];
        uint16_t answers[NR_POLLS_ON_STACK];
    } on_stack;
    struct poll_set set = {.polls = on_stack.polls,
                           .answers = on_stack.answers,
                           .unasked = POLLERR | POLLHUP | POLLNVAL};
    uint64_t deadline_ns;
    int64_t ret;

    if (nr > limit_current(RLIMIT_NOFILE) || nr > NR_FDS_MAX)
        return -EINVAL;
    ret = deadline_of_user(timeout, &deadline_ns);
    if (ret != 0)
        return ret;
    set.nr = (unsigned)nr;
    if (nr > NR_POLLS_ON_STACK) {
        set.polls = heap_alloc(nr * (sizeof(set.polls[0]) + sizeof(set.answers[0])));
        set.answers = (uint16_t *)(set.polls + nr);
    }
    if (set.polls == NULL)
        return -ENOMEM;
    ret = copy_from_user(set.polls, polls, nr * sizeof(set.polls[0]));
    if (ret == 0)
        ret = mask_for_call(mask, mask_size);
    if (ret == 0)
        ret = call_over(poll_run(polls, &set, deadline_ns), timeout, deadline_ns);
    if (set.polls != on_stack.polls)
        heap_free(set.polls);
    return ret;
}

/* ---- pselect6 ---- */

/* Sets of descriptors: three bitmaps in, three out. */
#define SELECT_IN  (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SELECT_OUT (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define SELECT_EX  POLLPRI

#define NR_WORDS_ON_STACK 4u /* of each bitmap: 256 descriptors */

struct select_sets {
    uint64_t user[3];    /* read, write, exceptional: where they come from; 0: none */
    uint64_t *wanted[3]; /* nr_words each, and then as much of ready */
    uint64_t *ready[3];
    unsigned nr_words;
};

static const unsigned select_events[3] = {SELECT_IN, SELECT_OUT, SELECT_EX};

static int sets_read(struct select_sets *sets, unsigned nr_fds)
{
    size_t size = sets->nr_words * sizeof(uint64_t);

    for (int s = 0; s < 3; s++) {
        if (sets->user[s] == 0)
            continue;
        if (copy_from_user(sets->wanted[s], sets->user[s], size) != 0)
            return -EFAULT;
        if (nr_fds % 64 != 0)
            sets->wanted[s][sets->nr_words - 1] &= (1ull << nr_fds % 64) - 1;
    }
    return 0;
}

static int sets_write(const struct select_sets *sets)
{
    size_t size = sets->nr_words * sizeof(uint64_t);

    for (int s = 0; s < 3; s++) {
        if (sets->user[s] != 0 && copy_to_user(sets->user[s], sets->ready[s], size) != 0)
            return -EFAULT;
    }
    return 0;
}

static uint64_t word_of_all(const struct select_sets *sets, unsigned word)
{
    return sets->wanted[0][word] | sets->wanted[1][word] | sets->wanted[2][word];
}

/* Puts what holds of a wished descriptor into the sets; as select(2) counts: one for each set. */
static int set_ready(struct select_sets *sets, unsigned fd, unsigned events)
{
    uint64_t bit = 1ull << fd % 64;
    int nr = 0;

    for (int s = 0; s < 3; s++) {
        if ((events & select_events[s]) == 0 || (sets->wanted[s][fd / 64] & bit) == 0)
            continue;
        sets->ready[s][fd / 64] |= bit;
        nr++;
    }
    return nr;
}

/* The number ready, or -EBADF. */
static int select_ask(const struct fd_view *view, struct select_sets *sets)
{
    int nr_ready = 0;

    for (unsigned word = 0; word < sets->nr_words; word++) {
        for (uint64_t rest = word_of_all(sets, word); rest != 0; rest &= rest - 1) {
            unsigned fd = word * 64 + (unsigned)bit_ctz64(rest);
            unsigned events = ask(view, (int)fd);

            if (unlikely((events & POLLNVAL) != 0))
                return -EBADF;
            if (events != 0)
                nr_ready += set_ready(sets, fd, events);
        }
    }
    return nr_ready;
}

static unsigned wanted_of(const struct select_sets *sets, unsigned fd)
{
    unsigned wanted = 0;

    for (int s = 0; s < 3; s++) {
        if ((sets->wanted[s][fd / 64] >> (fd % 64) & 1) != 0)
            wanted |= select_events[s];
    }
    return wanted;
}

/* The wished descriptors as poll would have them. False: no memory. */
static bool set_of_sets(const struct select_sets *sets, struct poll_set *set)
{
    unsigned nr = 0;

    for (unsigned word = 0; word < sets->nr_words; word++)
        nr += bit_popcount64(word_of_all(sets, word));
    set->nr = nr;
    set->polls = heap_alloc(MAX(nr, 1u) * (sizeof(set->polls[0]) + sizeof(set->answers[0])));
    set->answers = (uint16_t *)(set->polls + nr);
    if (set->polls == NULL)
        return false;
    nr = 0;
    for (unsigned word = 0; word < sets->nr_words; word++) {
        for (uint64_t rest = word_of_all(sets, word); rest != 0; rest &= rest - 1) {
            unsigned fd = word * 64 + (unsigned)bit_ctz64(rest);

            set->polls[nr++] =
                (struct linux_pollfd){.fd = (int32_t)fd, .events = (uint16_t)wanted_of(sets, fd)};
        }
    }
    return true;
}

static int select_wait(const struct fd_view *view, struct select_sets *sets, uint64_t deadline_ns)
{
    struct poll_set set = {.unasked = POLLNVAL};
    int nr_ready = 0;

    if (!set_of_sets(sets, &set))
        return -ENOMEM;
    int ret = wait_for_any(view, &set, deadline_ns);

    for (unsigned i = 0; i < set.nr && ret > 0; i++) {
        if ((set.answers[i] & POLLNVAL) != 0)
            ret = -EBADF;
        else
            nr_ready += set_ready(sets, (unsigned)set.polls[i].fd, set.answers[i]);
    }
    heap_free(set.polls);
    return ret < 0 ? ret : nr_ready;
}

static int select_run(struct select_sets *sets, uint64_t deadline_ns)
{
    struct fd_view view;
    int ret;

    fd_view_begin(&view);
    ret = select_ask(&view, sets);
    if (ret == 0 && deadline_ns != 0)
        ret = select_wait(&view, sets, deadline_ns);
    ret = nr_ready_or_signal(ret);
    if (ret >= 0 && sets_write(sets) != 0)
        ret = -EFAULT;
    return ret;
}

int64_t sys_pselect6(int max, vaddr_t readable, vaddr_t writable, vaddr_t exceptional,
                     vaddr_t timeout, vaddr_t umask)
{
    uint64_t on_stack[NR_WORDS_ON_STACK * 6];
    struct select_sets sets = {.user = {readable, writable, exceptional}};
    unsigned nr_fds = (unsigned)MIN(max, (int32_t)NR_FDS_MAX);
    uint64_t *words = on_stack;
    struct {
        uint64_t mask;
        uint64_t size;
    } mask = {0};
    uint64_t deadline_ns;

    if (max < 0)
        return -EINVAL;
    int64_t ret = deadline_of_user(timeout, &deadline_ns);

    if (ret != 0)
        return ret;
    if (umask != 0 && copy_from_user(&mask, umask, sizeof(mask)) != 0)
        return -EFAULT;
    sets.nr_words = (nr_fds + 63) / 64;
    if (sets.nr_words > NR_WORDS_ON_STACK)
        words = heap_alloc(sets.nr_words * 6 * sizeof(words[0]));
    if (words == NULL)
        return -ENOMEM;
    memset(words, 0, sets.nr_words * 6 * sizeof(words[0]));
    for (unsigned s = 0; s < 3; s++) {
        sets.wanted[s] = words + s * sets.nr_words;
        sets.ready[s] = words + (s + 3) * sets.nr_words;
    }
    ret = sets_read(&sets, nr_fds);
    if (ret == 0)
        ret = mask_for_call(mask.mask, mask.size);
    if (ret == 0)
        ret = call_over(select_run(&sets, deadline_ns), timeout, deadline_ns);
    if (words != on_stack)
        heap_free(words);
    return ret;
}
