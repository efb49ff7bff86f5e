/*
 * ppoll(2). The first pass only polls; waiting (wait.c) adds an entry to each file's poll_head, on
 * the stack for few files, on the heap for many.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <heap/heap.h>

#include "poll.h"

/* Work on copies whose address is not taken, so that they stay in registers across the calls. */
static int ask_all(const struct fd_view *view, const struct poll_set *set)
{
    const struct fd_view files = *view;
    const struct linux_pollfd *poll = set->polls, *end = poll + set->nr;
    uint16_t *answer = set->answers;
    unsigned unasked = set->unasked;
    int nr_ready = 0;

    for (; poll < end; poll++) {
        unsigned events = poll->fd < 0 ? 0 : poll_ask(&files, poll->fd);

        events &= poll->events | unasked;
        *answer++ = (uint16_t)events;
        nr_ready += events != 0;
    }
    return nr_ready;
}

#define NR_POLLS_ON_STACK 32

/*
 * Skip stores that would not change memory: they are most of the work of a poll that finds nothing.
 * The first is always made, so that an unwritable set is noticed.
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
        nr_ready = poll_wait_any(&view, set, deadline_ns);
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
    if (!set.polls)
        return -ENOMEM;
    ret = copy_from_user(set.polls, polls, nr * sizeof(set.polls[0]));
    if (ret == 0)
        ret = mask_for_call(mask, mask_size);
    if (ret == 0)
        ret = poll_call_over(poll_run(polls, &set, deadline_ns), timeout, deadline_ns);
    if (set.polls != on_stack.polls)
        heap_free(set.polls);
    return ret;
}
