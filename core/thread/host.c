/*
 * Threads on the host: one runs, and it cannot wait for anybody. Code that sleeps can be tested as
 * far as its condition is true by the time it looks; a wait that would not end is a panic. Others
 * can be made and looked at (a test may even be one of them: host_current), but never run.
 */
#include <heap/heap.h>
#include <irq/upcalls.h>
#include <log/log.h>
#include <string/string.h>
#include <thread/thread.h>

static struct thread only_thread;

/* Before the test's main, so that thread_current() is a whole thread. */
__attribute__((constructor)) static void start(void)
{
    host_current = &only_thread.arch;
}

void thread_block(void)
{
    panic("thread: would wait for ever on the host");
}

bool thread_block_until(uint64_t deadline_ns)
{
    if (deadline_ns == TIME_NEVER)
        thread_block();
    thread_block_cancel();
    return false;
}

bool thread_wake(struct thread *thread)
{
    return false;
}

void thread_yield(void)
{
}

void thread_irq_exit(void)
{
}

int thread_init(struct thread *thread, thread_fn fn, void *arg, const char *name,
                const struct thread_attr *attr)
{
    memset(thread, 0, sizeof(*thread));
    thread->state = THREAD_NEW;
    thread->fn = fn;
    thread->arg = arg;
    thread->ops = attr != NULL ? attr->ops : NULL;
    thread->nice = attr != NULL ? (int8_t)attr->nice : 0;
    strlcpy(thread->name, name, sizeof(thread->name));
    return 0;
}

void thread_fini(struct thread *thread)
{
}

struct thread *thread_create(thread_fn fn, void *arg, const char *name,
                             const struct thread_attr *attr)
{
    struct thread *thread = heap_alloc(sizeof(*thread));

    return thread != NULL && thread_init(thread, fn, arg, name, attr) == 0 ? thread : NULL;
}

void thread_join(struct thread *thread)
{
    panic("thread: %s never ends on the host", thread->name);
}

void thread_interrupt(struct thread *thread)
{
    __atomic_fetch_or(&thread->arch.user_work, THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
}

uint64_t thread_run_ns(const struct thread *thread)
{
    return time_ticks_to_ns(thread->run_ticks);
}

uint64_t thread_user_ns(const struct thread *thread)
{
    return time_ticks_to_ns(thread->user_clock >> THREAD_CLOCK_SHIFT);
}
