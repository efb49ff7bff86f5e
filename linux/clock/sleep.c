/*
 * nanosleep, clock_nanosleep, restart_syscall.
 */
#include "internal.h"

/* Sleep until the deadline. True: it has passed; false: interrupted. */
static bool sleep_until(uint64_t deadline)
{
    bool timely = true;

    while (timely) {
        thread_block_prepare(THREAD_INTERRUPTIBLE);
        if (signal_is_pending()) {
            thread_block_cancel();
            return false;
        }
        timely = thread_block_until(deadline) && time_now_ns() < deadline;
    }
    return true;
}

static int put_rest(uint64_t addr, uint64_t deadline)
{
    uint64_t now = time_now_ns();
    struct linux_timespec rest = ns_to_timespec(deadline > now ? deadline - now : 0);

    return addr ? copy_to_user(addr, &rest, sizeof(rest)) : 0;
}

static int64_t resume_sleep(struct user_thread *ut)
{
    uint64_t deadline = ut->restart.word[0];

    if (sleep_until(deadline))
        return 0;
    if (put_rest(ut->restart.word[1], deadline) != 0)
        return -EFAULT;
    return -ERESTART_RESTARTBLOCK;
}

static int64_t sleep_relative(uint64_t deadline, uint64_t rest_addr)
{
    struct user_thread *ut = user_current();

    if (sleep_until(deadline))
        return 0;
    if (put_rest(rest_addr, deadline) != 0)
        return -EFAULT;
    ut->restart.resume = resume_sleep;
    ut->restart.word[0] = deadline;
    ut->restart.word[1] = rest_addr;
    return -ERESTART_RESTARTBLOCK;
}

int64_t sys_nanosleep(vaddr_t time, vaddr_t left)
{
    uint64_t ns;
    int err = timespec_read(time, &ns);

    return err ? err : sleep_relative(time_deadline_ns(ns), left);
}

int64_t sys_clock_nanosleep(int clock, int flags, vaddr_t utime, vaddr_t left)
{
    bool is_absolute = flags & TIMER_ABSTIME;
    uint64_t ns, deadline;
    int err = clock_deadline(clock, 0, is_absolute, &deadline); /* is there such a clock? */

    if (!err)
        err = timespec_read(utime, &ns);
    if (!err)
        err = clock_deadline(clock, ns, is_absolute, &deadline);
    if (err)
        return err;
    if (!is_absolute)
        return sleep_relative(deadline, left);
    return sleep_until(deadline) ? 0 : -ERESTARTNOHAND;
}

int64_t sys_restart_syscall(void)
{
    struct user_thread *ut = user_current();

    return ut->restart.resume ? ut->restart.resume(ut) : -EINTR;
}
