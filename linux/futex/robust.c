/*
 * Futexes of a thread that ends: walks its robust list (Documentation/locking/robust-futex-ABI),
 * marks every lock that it holds FUTEX_OWNER_DIED and wakes one waiter each; then clears the word
 * that pthread_join waits for. The list is user memory and may be circular or point anywhere, so
 * the walk is bounded and every access may fail.
 */
#include "internal.h"

#define NR_ROBUST_MAX 2048

struct robust_list_head {
    uint64_t next;
    int64_t futex_offset;
    uint64_t pending;
};

int64_t sys_set_robust_list(vaddr_t head, size_t size)
{
    if (size != sizeof(struct robust_list_head))
        return -EINVAL;
    user_current()->robust_list = head;
    return 0;
}

int64_t sys_get_robust_list(pid_t tid, vaddr_t uhead, vaddr_t usize)
{
    bool may_look = cred_has_cap(cred_current(), CAP_SYS_PTRACE);
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct user_thread *ut = tid ? user_thread_find(tid) : user_current();
    uint64_t head = ut ? ut->robust_list : 0;
    bool is_ours = ut && (ut->process == process_current() || may_look);

    spin_unlock_irqrestore(&process_lock, irq);
    if (!ut)
        return -ESRCH;
    if (!is_ours)
        return -EPERM;
    if (put_user_u64(uhead, head) != 0 || put_user_u64(usize, sizeof(struct robust_list_head)) != 0)
        return -EFAULT;
    return 0;
}

/* Release one lock. False: stop the walk, the list is damaged. */
static bool owner_died(struct user_thread *ut, uint64_t addr)
{
    uint32_t value, old;

    for (;;) {
        if (get_user_u32(&value, addr) != 0)
            return false;
        if ((value & FUTEX_TID_MASK) != (uint32_t)ut->tid)
            return true;
        if (cmpxchg_user_u32(addr, value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &old) != 0)
            return false;
        if (old == value)
            break;
    }
    if (value & FUTEX_WAITERS)
        (void)futex_wake(addr, false, 1, ~0u);
    return true;
}

static void walk_robust_list(struct user_thread *ut)
{
    struct robust_list_head head;
    uint64_t entry;

    if (copy_from_user(&head, ut->robust_list, sizeof(head)) != 0)
        return;
    entry = head.next & ~1ull;
    for (unsigned n = 0; entry != ut->robust_list && n < NR_ROBUST_MAX; n++) {
        uint64_t next;

        if (get_user_u64(&next, entry) != 0)
            return;
        if (entry != (head.pending & ~1ull) && !owner_died(ut, entry + (uint64_t)head.futex_offset))
            return;
        entry = next & ~1ull;
    }
    if (head.pending & ~1ull)
        (void)owner_died(ut, (head.pending & ~1ull) + (uint64_t)head.futex_offset);
}

void futex_thread_exit(struct user_thread *ut)
{
    if (!ut->vspace)
        return;
    if (ut->robust_list)
        walk_robust_list(ut);
    ut->robust_list = 0;
    if (ut->clear_child_tid &&
        READ_ONCE(ut->vspace->refcount) + READ_ONCE(ut->process->nr_threads) > 2) {
        if (put_user_u32(ut->clear_child_tid, 0) == 0)
            (void)futex_wake(ut->clear_child_tid, false, 1, ~0u);
    }
    ut->clear_child_tid = 0;
}
