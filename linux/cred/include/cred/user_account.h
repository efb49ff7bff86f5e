/*
 * Per-user counts behind RLIMIT_NPROC and RLIMIT_SIGPENDING. An account exists while credentials or
 * a queued signal refer to its user. Any context.
 */
#ifndef CRED_USER_ACCOUNT_H
#define CRED_USER_ACCOUNT_H

#include <base/types.h>
#include <list/list.h>

struct user_account {
    struct list node;    /* in the table of accounts, under its lock */
    uint32_t uid;        /* [I] */
    uint32_t refcount;   /* [a] */
    uint32_t nr_signals; /* [a] queued for the user's processes: RLIMIT_SIGPENDING */
};

struct user_account *
user_account_find(uint32_t uid); /* found or created, with a reference; NULL: no memory */
static inline void user_account_get(struct user_account *account)
{
    __atomic_fetch_add(&account->refcount, 1, __ATOMIC_RELAXED);
}
void user_account_put(struct user_account *account);

#endif
