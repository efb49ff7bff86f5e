/*
 * prctl, personality: what a process and a thread say of themselves.
 */
#include "internal.h"

#include <arch/uaccess.h>
#include <identity/syscalls.h>

SYSCALL(personality)
{
    uint32_t *personality = &process_current()->personality;

    if ((uint32_t)a[0] == 0xffffffff)
        return READ_ONCE(*personality);
    return __atomic_exchange_n(personality, (uint32_t)a[0], __ATOMIC_RELAXED);
}

#define PR_SET_PDEATHSIG       1
#define PR_GET_PDEATHSIG       2
#define PR_GET_DUMPABLE        3
#define PR_SET_DUMPABLE        4
#define PR_SET_NAME            15
#define PR_GET_NAME            16
#define PR_SET_TIMERSLACK      29
#define PR_GET_TIMERSLACK      30
#define PR_SET_CHILD_SUBREAPER 36
#define PR_GET_CHILD_SUBREAPER 37
#define PR_SET_NO_NEW_PRIVS    38
#define PR_GET_NO_NEW_PRIVS    39
#define PR_GET_TID_ADDRESS     40

static int set_thread_name(uint64_t addr)
{
    char name[16] = {0};

    for (unsigned i = 0; i < sizeof(name) - 1; i++) {
        if (copy_from_user(&name[i], addr + i, 1) != 0)
            return -EFAULT;
        if (!name[i])
            break;
    }
    user_thread_set_name(user_current(), name);
    return 0;
}

SYSCALL(prctl)
{
    struct process *p = process_current();

    switch ((int)a[0]) {
    case PR_SET_PDEATHSIG:
        if (a[1] > NR_SIGNALS)
            return -EINVAL;
        WRITE_ONCE(p->parent_death_signal, (int)a[1]);
        return 0;
    case PR_GET_PDEATHSIG:
        return put_user_u32(a[1], (uint32_t)p->parent_death_signal);
    case PR_GET_DUMPABLE:
        return p->is_dumpable;
    case PR_SET_DUMPABLE:
        if (a[1] > 1)
            return -EINVAL;
        WRITE_ONCE(p->is_dumpable, a[1] != 0);
        return 0;
    case PR_GET_KEEPCAPS:
    case PR_SET_KEEPCAPS:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_GET_SECUREBITS:
    case PR_SET_SECUREBITS:
    case PR_CAP_AMBIENT:
        return capability_prctl(a);
    case PR_SET_NAME:
        return set_thread_name(a[1]);
    case PR_GET_NAME:
        return copy_to_user(a[1], user_current()->name, 16);
    case PR_SET_TIMERSLACK:
        return 0;
    case PR_GET_TIMERSLACK:
        return 50000;
    case PR_SET_CHILD_SUBREAPER:
        WRITE_ONCE(p->is_child_subreaper, a[1] != 0);
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return put_user_u32(a[1], p->is_child_subreaper);
    case PR_SET_NO_NEW_PRIVS:
        if (a[1] != 1 || a[2] || a[3] || a[4])
            return -EINVAL;
        WRITE_ONCE(p->no_new_privs, true);
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return p->no_new_privs;
    case PR_GET_TID_ADDRESS:
        return put_user_u64(a[1], user_current()->clear_child_tid);
    default:
        return -EINVAL;
    }
}
