/*
 * Threads on the host: there is one, and it cannot wait for anybody. Code that sleeps can be tested
 * as far as its condition is true by the time it looks; a wait that would not end is a panic.
 */
#include <irq/upcalls.h>
#include <log/log.h>
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
