/*
 * See <sigqueue/sigqueue.h>.
 */
#include <base/errno.h>
#include <heap/heap.h>
#include <sigqueue/sigqueue.h>

#define SIGNALS_OF_FAULTS                                                                          \
    (SIGSET(SIGSEGV) | SIGSET(SIGBUS) | SIGSET(SIGILL) | SIGSET(SIGTRAP) | SIGSET(SIGFPE))

/* Only signals of sigqueue and timers count against the limit: kill and the kernel can always queue
 * one instance of a standard signal. NULL: over the limit, or no memory. */
static struct pending_signal *entry_alloc(struct user_account *account, uint64_t nr_max, int signal,
                                          const struct linux_siginfo *info)
{
    bool is_limited = signal >= SIGRTMIN || (info && info->code < 0);
    struct pending_signal *entry;

    if (is_limited && READ_ONCE(account->nr_signals) >= nr_max)
        return NULL;
    entry = heap_alloc(sizeof(*entry));
    if (!entry)
        return NULL;
    entry->info = info ? *info : (struct linux_siginfo){.code = SI_KERNEL};
    entry->info.signo = signal;
    entry->account = account;
    user_account_get(account);
    __atomic_fetch_add(&account->nr_signals, 1, __ATOMIC_RELAXED);
    return entry;
}

static void entry_free(struct pending_signal *entry)
{
    list_del(&entry->node);
    __atomic_fetch_sub(&entry->account->nr_signals, 1, __ATOMIC_RELAXED);
    user_account_put(entry->account);
    heap_free(entry);
}

bool pending_has_timer(const struct pending_set *pending, int signal, int timer_id)
{
    const struct pending_signal *entry;

    if (!(pending->set & SIGSET(signal)))
        return false;
    list_for_each_entry(entry, &pending->queue, node)
        if (entry->info.signo == signal && entry->info.code == SI_TIMER &&
            entry->info.timer.timer_id == timer_id)
            return true;
    return false;
}

/* True if the signal queues even while one of its number is pending. */
static bool is_queued(int signal, const struct linux_siginfo *info)
{
    return signal >= SIGRTMIN || (info && info->code == SI_TIMER);
}

int pending_add(struct pending_set *pending, struct user_account *account, uint64_t nr_max,
                int signal, const struct linux_siginfo *info)
{
    struct pending_signal *entry;

    if (!is_queued(signal, info) && (pending->set & SIGSET(signal)))
        return 0;
    entry = entry_alloc(account, nr_max, signal, info);
    if (entry)
        list_add_tail(&pending->queue, &entry->node);
    else if (signal >= SIGRTMIN && info && info->code != SI_USER)
        return -EAGAIN;
    pending->set |= SIGSET(signal);
    return 0;
}

bool pending_take(struct pending_set *pending, sigset64_t set, struct linux_siginfo *info)
{
    sigset64_t ready = pending->set & set;
    struct pending_signal *entry, *next;
    bool has_more = false, has_taken = false;
    int signal = 1;

    if (!ready)
        return false;
    /* Synchronous faults come first. */
    if (ready & SIGNALS_OF_FAULTS)
        ready &= SIGNALS_OF_FAULTS;
    while (!(ready & SIGSET(signal)))
        signal++;
    *info = (struct linux_siginfo){.signo = signal, .code = SI_USER};
    list_for_each_entry_safe(entry, next, &pending->queue, node) {
        if (entry->info.signo != signal)
            continue;
        if (has_taken) {
            has_more = true;
            break;
        }
        *info = entry->info;
        entry_free(entry);
        has_taken = true;
    }
    if (!has_more)
        pending->set &= ~SIGSET(signal);
    return true;
}

void pending_flush(struct pending_set *pending, sigset64_t set)
{
    struct pending_signal *entry, *next;

    if (!(pending->set & set))
        return;
    list_for_each_entry_safe(entry, next, &pending->queue, node)
        if (set & SIGSET(entry->info.signo))
            entry_free(entry);
    pending->set &= ~set;
}
