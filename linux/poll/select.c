/*
 * pselect6(2): sets of descriptors, three bitmaps in and out.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <bits/bits.h>
#include <heap/heap.h>
#include <string/string.h>

#include "poll.h"

#define SELECT_IN  (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SELECT_OUT (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define SELECT_EX  POLLPRI

#define NR_WORDS_ON_STACK 4u /* of each bitmap: 256 descriptors */

struct select_sets {
    uint64_t user[3];    /* user addresses of the read, write and exception sets; 0: none */
    uint64_t *wanted[3]; /* nr_words each, followed by those of ready */
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

    for (int s = 0; s < 3; s++)
        if (sets->user[s] != 0 && copy_to_user(sets->user[s], sets->ready[s], size) != 0)
            return -EFAULT;
    return 0;
}

static uint64_t word_of_all(const struct select_sets *sets, unsigned word)
{
    return sets->wanted[0][word] | sets->wanted[1][word] | sets->wanted[2][word];
}

/* Put a descriptor's events into the result sets; returns how many sets, as select(2) counts. */
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

/* Poll all wanted descriptors. Returns the number ready, or -EBADF. */
static int select_ask(const struct fd_view *view, struct select_sets *sets)
{
    int nr_ready = 0;

    for (unsigned word = 0; word < sets->nr_words; word++) {
        for (uint64_t rest = word_of_all(sets, word); rest != 0; rest &= rest - 1) {
            unsigned fd = word * 64 + (unsigned)bit_ctz64(rest);
            unsigned events = poll_ask(view, (int)fd);

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

    for (int s = 0; s < 3; s++)
        if ((sets->wanted[s][fd / 64] >> (fd % 64) & 1) != 0)
            wanted |= select_events[s];
    return wanted;
}

/* Convert the wanted descriptors to poll entries. False: no memory. */
static bool set_of_sets(const struct select_sets *sets, struct poll_set *set)
{
    unsigned nr = 0;

    for (unsigned word = 0; word < sets->nr_words; word++)
        nr += bit_popcount64(word_of_all(sets, word));
    set->nr = nr;
    set->polls = heap_alloc(MAX(nr, 1u) * (sizeof(set->polls[0]) + sizeof(set->answers[0])));
    set->answers = (uint16_t *)(set->polls + nr);
    if (!set->polls)
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
    int ret = poll_wait_any(view, &set, deadline_ns);

    for (unsigned i = 0; i < set.nr && ret > 0; i++)
        if ((set.answers[i] & POLLNVAL) != 0)
            ret = -EBADF;
        else
            nr_ready += set_ready(sets, (unsigned)set.polls[i].fd, set.answers[i]);
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
    if (!words)
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
        ret = poll_call_over(select_run(&sets, deadline_ns), timeout, deadline_ns);
    if (words != on_stack)
        heap_free(words);
    return ret;
}
