/*
 * prctl(2), personality(2): settings of the calling process and thread.
 */
#include "internal.h"

#include <abi/syscalls.h>
#include <arch/uaccess.h>

int64_t sys_personality(unsigned value)
{
    uint32_t *personality = &process_current()->personality;

    if (value == 0xffffffff)
        return READ_ONCE(*personality);
    return __atomic_exchange_n(personality, value, __ATOMIC_RELAXED);
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

int64_t sys_prctl(int option, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
    struct process *p = process_current();

    switch (option) {
    case PR_SET_PDEATHSIG:
        if (arg2 > NR_SIGNALS)
            return -EINVAL;
        WRITE_ONCE(p->parent_death_signal, (int)arg2);
        return 0;
    case PR_GET_PDEATHSIG:
        return put_user_u32(arg2, (uint32_t)p->parent_death_signal);
    case PR_GET_DUMPABLE:
        return READ_ONCE(p->is_dumpable);
    case PR_SET_DUMPABLE:
        if (arg2 > 1)
            return -EINVAL;
        WRITE_ONCE(p->is_dumpable, arg2 != 0);
        return 0;
    case PR_GET_KEEPCAPS:
    case PR_SET_KEEPCAPS:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_GET_SECUREBITS:
    case PR_SET_SECUREBITS:
    case PR_CAP_AMBIENT:
        return capability_prctl(option, arg2, arg3, arg4, arg5);
    case PR_SET_NAME:
        return set_thread_name(arg2);
    case PR_GET_NAME:
        return copy_to_user(arg2, user_current()->name, 16);
    case PR_SET_TIMERSLACK:
        return 0;
    case PR_GET_TIMERSLACK:
        return 50000;
    case PR_SET_CHILD_SUBREAPER:
        WRITE_ONCE(p->is_child_subreaper, arg2 != 0);
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return put_user_u32(arg2, READ_ONCE(p->is_child_subreaper));
    case PR_SET_NO_NEW_PRIVS:
        if (arg2 != 1 || arg3 || arg4 || arg5)
            return -EINVAL;
        WRITE_ONCE(p->no_new_privs, true);
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return READ_ONCE(p->no_new_privs);
    case PR_GET_TID_ADDRESS:
        return put_user_u64(arg2, user_current()->clear_child_tid);
    default:
        return -EINVAL;
    }
}
