/*
 * POSIX timers: timer_create and relatives, over the real-time and monotonic clocks. They notify by
 * a signal to the process or to one thread (SIGEV_THREAD_ID, which glibc's SIGEV_THREAD uses), or
 * not at all. A timer pauses while its signal is pending; the intervals that pass until the signal
 * is taken count as overruns.
 */
#include "internal.h"

#include <log/log.h>

#define NR_TIMERS_MAX 64 /* a process */

#define SIGEV_SIGNAL    0
#define SIGEV_NONE      1
#define SIGEV_THREAD    2 /* the C library's: to the kernel as SIGNAL */
#define SIGEV_THREAD_ID 4

struct sigevent {
    uint64_t value;
    int32_t signo, notify;
    int32_t tid;
    uint8_t pad[44];
};
_Static_assert(sizeof(struct sigevent) == 64, "struct sigevent");

/* [process_lock] all */
struct posix_timer {
    struct list node;
    struct timer timer;
    struct process *process; /* [I] */
    int id, clock;           /* [I] */
    int signo, notify;       /* [I] */
    pid_t tid;               /* [I] SIGEV_THREAD_ID */
    uint64_t value;          /* [I] */
    uint64_t interval_ns;
    uint64_t deadline_ns; /* the first expiry not yet signalled; TIME_NEVER: off */
    int overrun;
};

static struct posix_timer *find(struct process *p, int id)
{
    struct posix_timer *t;

    list_for_each_entry(t, &p->posix_timers, node)
        if (t->id == id)
            return t;
    return NULL;
}

/* Return the pending set that the timer's signal goes to; NULL: its thread has exited. */
static struct pending_set *target(struct posix_timer *t, struct user_thread **ut)
    REQUIRES(&process_lock)
{
    *ut = NULL;
    if (t->notify != SIGEV_THREAD_ID)
        return &t->process->pending;
    *ut = user_thread_find(t->tid);
    return *ut && (*ut)->process == t->process ? &(*ut)->pending : NULL;
}

/*
 * Is the timer's signal pending? One that repeats, with a standard signal, does with another's of
 * that number: many of a short interval would leave the program no time but for handlers, and it
 * comes again. Any other would be lost.
 */
static bool is_told(const struct posix_timer *t, const struct pending_set *pending)
    REQUIRES(&process_lock)
{
    if (t->interval_ns && t->signo < SIGRTMIN)
        return (pending->set & SIGSET(t->signo)) != 0;
    return pending_has_timer(pending, t->signo, t->id);
}

/* Send the timer's signal. True: it is pending now, and timers_signal_taken_locked() will
 * follow. */
static bool notify(struct posix_timer *t) REQUIRES(&process_lock)
{
    struct linux_siginfo info = {.signo = t->signo, .code = SI_TIMER};
    struct user_thread *ut;
    struct pending_set *pending = target(t, &ut);

    if (t->notify == SIGEV_NONE || !pending)
        return false;
    info.timer.timer_id = t->id;
    info.timer.value = t->value;
    if (!is_told(t, pending)) {
        if (ut)
            (void)signal_send_thread_locked(ut, t->signo, &info);
        else
            (void)signal_send_process_locked(t->process, t->signo, &info);
    }
    return is_told(t, pending);
}

static void fires(struct timer *timer)
{
    struct posix_timer *t = container_of(timer, struct posix_timer, timer);
    unsigned long irq = spin_lock_irqsave(&process_lock);
    bool is_due = t->deadline_ns <= time_now_ns(); /* or was it set anew while this waited? */
    bool is_pending = is_due && notify(t);

    if (is_due && t->interval_ns) {
        if (!is_pending)
            (void)time_catch_up(&t->deadline_ns, t->interval_ns, time_now_ns());
        timer_arm(&t->timer, interval_next_fire(t->deadline_ns, is_pending));
    }
    spin_unlock_irqrestore(&process_lock, irq);
}

void posix_timer_taken_locked(struct process *p, struct linux_siginfo *info)
{
    struct posix_timer *t = find(p, info->timer.timer_id);

    if (!t || t->signo != info->signo)
        return;
    t->overrun = 0;
    if (t->interval_ns && timer_is_armed(&t->timer)) {
        uint64_t nr_over = time_catch_up(&t->deadline_ns, t->interval_ns, time_now_ns());

        t->overrun = nr_over > 1 ? (int)MIN(nr_over - 1, (uint64_t)INT32_MAX) : 0;
        timer_arm(&t->timer, t->deadline_ns);
    }
    info->timer.overrun = t->overrun;
}

/*
 * Gives it a number that none has had lately: a signal of a deleted timer may still be pending.
 * From then on any thread may delete it. -EAGAIN: there are too many.
 */
static int insert(struct process *p, struct posix_timer *t, bool is_value_id)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct posix_timer *other;
    unsigned nr = 0;
    int id;

    list_for_each_entry(other, &p->posix_timers, node)
        nr++;
    if (nr < NR_TIMERS_MAX) {
        do {
            id = p->next_timer_id;
            p->next_timer_id = id == INT32_MAX ? 0 : id + 1;
        } while (find(p, id));
        t->id = id;
        if (is_value_id)
            t->value = (uint64_t)id;
        list_add_tail(&p->posix_timers, &t->node);
    } else {
        id = -EAGAIN;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return id;
}

static bool is_own_thread(pid_t tid)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct user_thread *ut = user_thread_find(tid);
    bool is_own = ut && ut->process == process_current();

    spin_unlock_irqrestore(&process_lock, irq);
    return is_own;
}

static int check_event(const struct sigevent *e)
{
    switch (e->notify) {
    case SIGEV_NONE:
        return 0;
    case SIGEV_THREAD_ID:
        if (!is_own_thread(e->tid))
            return -EINVAL;
        break;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
        break;
    default:
        return -EINVAL;
    }
    return e->signo < 1 || e->signo > NR_SIGNALS ? -EINVAL : 0;
}

int64_t sys_timer_create(int clock, vaddr_t uevent, vaddr_t uid)
{
    struct process *p = process_current();
    struct sigevent e = {.signo = SIGALRM};
    struct posix_timer *t;
    uint64_t deadline;
    int id, err = 0;

    if (uevent && copy_from_user(&e, uevent, sizeof(e)) != 0)
        return -EFAULT;
    err = clock_deadline(clock, 0, true, &deadline);
    if (!err)
        err = check_event(&e);
    if (err)
        return err;
    t = heap_zalloc(sizeof(*t));
    if (!t)
        return -EAGAIN;
    t->process = p;
    t->clock = clock;
    t->signo = e.signo;
    t->notify = e.notify;
    t->tid = e.tid;
    t->value = e.value;
    timer_init(&t->timer, fires);
    id = insert(p, t, !uevent);
    if (id < 0) {
        heap_free(t);
        return id;
    }
    if (copy_to_user(uid, &id, sizeof(id)) != 0) {
        (void)sys_timer_delete(id);
        return -EFAULT;
    }
    return 0;
}

static struct linux_itimerspec state_of(struct posix_timer *t)
{
    struct linux_itimerspec s = {.it_interval = ns_to_timespec(t->interval_ns)};

    if (timer_is_armed(&t->timer))
        s.it_value = ns_to_timespec(interval_left(t->deadline_ns, t->interval_ns));
    return s;
}

int64_t sys_timer_gettime(int id, vaddr_t uvalue)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct posix_timer *t = find(process_current(), id);
    struct linux_itimerspec s = {0};

    if (t)
        s = state_of(t);
    spin_unlock_irqrestore(&process_lock, irq);
    return t ? copy_to_user(uvalue, &s, sizeof(s)) : -EINVAL;
}

int64_t sys_timer_settime(int id, int flags, vaddr_t unew, vaddr_t uold)
{
    struct linux_itimerspec new, old = {0};
    uint64_t interval, value, deadline = TIME_NEVER;
    struct posix_timer *t;
    unsigned long irq;
    int err = 0;

    if (!unew)
        return -EINVAL;
    if (copy_from_user(&new, unew, sizeof(new)) != 0)
        return -EFAULT;
    if (timespec_to_ns(&new.it_interval, &interval) != 0 ||
        timespec_to_ns(&new.it_value, &value) != 0)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    t = find(process_current(), id);
    if (t) {
        old = state_of(t);
        timer_cancel(&t->timer);
        t->interval_ns = value ? interval : 0; /* off, it shows neither */
        t->overrun = 0;
        if (value) {
            err = clock_deadline(t->clock, value, flags & TIMER_ABSTIME, &deadline);
            if (!err)
                timer_arm(&t->timer, deadline);
        }
        t->deadline_ns = deadline;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    if (!t || err)
        return t ? err : -EINVAL;
    return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

int64_t sys_timer_getoverrun(int id)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct posix_timer *t = find(process_current(), id);
    int ret = t ? t->overrun : -EINVAL;

    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

/* Nobody finds it any more, and a fire that waits for the lock neither tells nor arms it again. */
static void retire(struct posix_timer *t) REQUIRES(&process_lock)
{
    list_del(&t->node);
    t->deadline_ns = TIME_NEVER;
    t->interval_ns = 0;
}

/* One that is retired. */
static void dispose(struct posix_timer *t)
{
    timer_cancel_sync(&t->timer);
    heap_free(t);
}

int64_t sys_timer_delete(int id)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct posix_timer *t = find(process_current(), id);

    if (t)
        retire(t);
    spin_unlock_irqrestore(&process_lock, irq);
    if (!t)
        return -EINVAL;
    dispose(t);
    return 0;
}

void timers_process_exit(struct process *p, bool is_exit)
{
    for (;;) {
        unsigned long irq = spin_lock_irqsave(&process_lock);
        struct posix_timer *t =
            list_first_entry_or_null(&p->posix_timers, struct posix_timer, node);

        if (t)
            retire(t);
        if (is_exit)
            p->alarm_interval_ns = 0;
        spin_unlock_irqrestore(&process_lock, irq);
        if (!t)
            break;
        dispose(t);
    }
    if (is_exit && p->alarm.fn)
        timer_cancel_sync(&p->alarm);
    if (is_exit)
        cpu_timer_stop(p);
}
