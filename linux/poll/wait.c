/*
 * Shared by ppoll and pselect6: waits until one of many files is ready, and ends the calls.
 */
#include <arch/uaccess.h>
#include <heap/heap.h>
#include <sync/waitqueue.h>

#include "poll.h"

struct poll_wait {
    struct wait_queue queue;
    uint32_t is_woken; /* [a] */
};

struct poll_item {
    struct poll_entry entry;
    struct poll_wait *wait;
    struct file *file; /* file of the descriptor; NULL: none */
    uint16_t wanted;
    bool is_added;
};

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

    if (!item->file)
        return POLLNVAL;
    now = file_poll(item->file, &head) & item->wanted;
    if (now != 0 || !head || item->is_added)
        return now;
    item->entry.wake = item_wake;
    poll_add(head, &item->entry);
    item->is_added = true;
    /* Poll again: an event between the first poll and the adding would be lost. */
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

/* Wait until a file is ready or the deadline passes: the number ready, 0, or -EINTR. */
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
    for (unsigned i = 0; i < set->nr; i++)
        if (items[i].is_added)
            poll_remove(&items[i].entry);
    return nr_ready;
}

#define NR_ITEMS_ON_STACK 8

int poll_wait_any(const struct fd_view *view, const struct poll_set *set, uint64_t deadline_ns)
{
    struct poll_item on_stack[NR_ITEMS_ON_STACK] = {0};
    struct poll_item *items = on_stack;

    if (set->nr > NR_ITEMS_ON_STACK)
        items = heap_calloc(set->nr, sizeof(items[0]));
    if (!items)
        return -ENOMEM;
    for (unsigned i = 0; i < set->nr; i++) {
        items[i].wanted = set->polls[i].events | set->unasked;
        if (set->polls[i].fd >= 0)
            items[i].file = fd_view_get(view, set->polls[i].fd);
    }
    int nr_ready = wait_items(items, set, deadline_ns);

    for (unsigned i = 0; i < set->nr; i++)
        if (items[i].file)
            fd_view_put(view, items[i].file);
    if (items != on_stack)
        heap_free(items);
    return nr_ready;
}

/* ---- the ends of the calls ---- */

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
 * End a call that applied a mask: restore the mask and store the remaining time. If that store
 * fails the result stands, but a call that a signal ended must not be restarted.
 */
int64_t poll_call_over(int64_t ret, uint64_t uts, uint64_t deadline_ns)
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
