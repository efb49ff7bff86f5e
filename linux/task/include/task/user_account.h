/*
 * What limits count by real user, while a process or a queued signal names it.
 * REQUIRES(process_lock) all.
 */
#ifndef TASK_USER_ACCOUNT_H
#define TASK_USER_ACCOUNT_H

#include <task/task.h>

struct user_account {
    struct list node;    /* [process_lock] */
    uid_t uid;           /* [I] */
    uint32_t refcount;   /* [process_lock] */
    uint32_t nr_signals; /* [process_lock] queued for the user's processes: RLIMIT_SIGPENDING */
};

struct user_account *user_account_get(uid_t uid); /* counted; NULL: no memory */
void user_account_hold(struct user_account *account);
void user_account_put(struct user_account *account); /* NULL is allowed */

#endif
