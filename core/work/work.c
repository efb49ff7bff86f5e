/*
 * Work queues: a list, a thread that empties it, and two wait queues.
 */
#include <work/work.h>

#include <base/errno.h>
#include <log/log.h>
#include <thread/thread.h>

struct work_queue work_system_queue;

/* The next item, now running; NULL: none. */
static struct work *next_item(struct work_queue *queue) REQUIRES(&queue->lock)
{
    struct list *node = list_pop(&queue->pending);
    struct work *work = node ? list_entry(node, struct work, node) : NULL;

    if (work) {
        SAME_LOCK(&work->queue->lock, &queue->lock);
        work->is_pending = false;
    }
    queue->running = work;
    return work;
}

static void worker_run(void *arg)
{
    struct work_queue *queue = arg;
    unsigned long flags = spin_lock_irqsave(&queue->lock);

    for (;;) {
        struct work *work = next_item(queue);

        if (work) {
            spin_unlock_irqrestore(&queue->lock, flags);
            work->fn(work); /* the item may be gone now */
            flags = spin_lock_irqsave(&queue->lock);
            queue->running = NULL;
            queue->nr_done++;
            wait_wake_all(&queue->idle);
        } else if (queue->is_stopping) {
            break;
        } else {
            wait_sleep_locked_irqrestore(&queue->wakeup, &queue->lock, &flags, THREAD_BLOCKED,
                                         TIME_NEVER);
        }
    }
    spin_unlock_irqrestore(&queue->lock, flags);
}

int work_queue_init(struct work_queue *queue, const char *name)
{
    spin_init(&queue->lock, "work queue");
    list_init(&queue->pending);
    queue->running = NULL;
    queue->is_stopping = false;
    queue->nr_submitted = 0;
    queue->nr_done = 0;
    wait_queue_init(&queue->wakeup);
    wait_queue_init(&queue->idle);
    queue->thread = thread_create(worker_run, queue, name, NULL);
    return queue->thread ? 0 : -ENOMEM;
}

int work_system_init(void)
{
    return work_queue_init(&work_system_queue, "work");
}

void work_queue_destroy(struct work_queue *queue)
{
    unsigned long flags = spin_lock_irqsave(&queue->lock);

    queue->is_stopping = true;
    wait_wake_all(&queue->wakeup);
    spin_unlock_irqrestore(&queue->lock, flags);
    thread_join(queue->thread);
}

/*
 * Items run in order of submission, and a cancelled one counts as done: so counting suffices.
 */
void work_queue_flush(struct work_queue *queue)
{
    unsigned long flags = spin_lock_irqsave(&queue->lock);
    uint64_t target = queue->nr_submitted;

    assert(queue->thread != thread_current());
    while (queue->nr_done < target) {
        wait_sleep_locked_irqrestore(&queue->idle, &queue->lock, &flags, THREAD_BLOCKED,
                                     TIME_NEVER);
    }
    spin_unlock_irqrestore(&queue->lock, flags);
}

void work_init(struct work *work, work_fn fn)
{
    ASSUME_UNSHARED(&work->queue->lock, "it was never submitted");
    list_init(&work->node);
    work->queue = NULL;
    work->is_pending = false;
    work->fn = fn;
}

bool work_submit_to(struct work_queue *queue, struct work *work)
{
    unsigned long flags = spin_lock_irqsave(&queue->lock);
    bool is_new;

    assert(!work->queue || work->queue == queue);
    SAME_LOCK(&work->queue->lock, &queue->lock);
    is_new = !work->is_pending;
    if (is_new) {
        work->queue = queue;
        work->is_pending = true;
        list_add_tail(&queue->pending, &work->node);
        queue->nr_submitted++;
        wait_wake_one(&queue->wakeup);
    }
    spin_unlock_irqrestore(&queue->lock, flags);
    return is_new;
}

bool work_cancel_sync(struct work *work)
{
    struct work_queue *queue = work->queue;
    bool was_pending = false;
    unsigned long flags;

    if (!queue)
        return false;
    assert(queue->thread != thread_current());
    flags = spin_lock_irqsave(&queue->lock);
    SAME_LOCK(&work->queue->lock, &queue->lock);
    while (work->is_pending || queue->running == work) {
        if (work->is_pending) { /* it may have submitted itself again while it ran */
            list_del_init(&work->node);
            work->is_pending = false;
            was_pending = true;
            queue->nr_done++;
            wait_wake_all(&queue->idle);
        } else {
            wait_sleep_locked_irqrestore(&queue->idle, &queue->lock, &flags, THREAD_BLOCKED,
                                         TIME_NEVER);
        }
    }
    spin_unlock_irqrestore(&queue->lock, flags);
    return was_pending;
}

static void delayed_work_due(struct timer *timer)
{
    struct delayed_work *dwork = container_of(timer, struct delayed_work, timer);

    work_submit_to(dwork->queue, &dwork->work);
}

void delayed_work_init(struct delayed_work *dwork, work_fn fn)
{
    work_init(&dwork->work, fn);
    timer_init(&dwork->timer, delayed_work_due);
    dwork->queue = NULL;
}

void delayed_work_submit_to(struct work_queue *queue, struct delayed_work *dwork, uint64_t delay_ns)
{
    dwork->queue = queue;
    timer_arm_after(&dwork->timer, delay_ns);
}

bool delayed_work_cancel_sync(struct delayed_work *dwork)
{
    bool was_pending = timer_cancel_sync(&dwork->timer);

    was_pending |= work_cancel_sync(&dwork->work);
    /* The item itself may have armed the timer while it ran for the last time. */
    return timer_cancel_sync(&dwork->timer) || was_pending;
}
