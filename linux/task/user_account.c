/*
 * What the processes of one real user have together, beyond what each holds: queued signals.
 */
#include <heap/heap.h>
#include <task/user_account.h>

static LIST_DEFINE(accounts); /* [process_lock] */

struct user_account *user_account_get(uid_t uid)
{
    struct user_account *account;

    list_for_each_entry(account, &accounts, node) {
        if (account->uid == uid) {
            account->refcount++;
            return account;
        }
    }
    account = heap_zalloc(sizeof(*account));
    if (!account)
        return NULL;
    account->uid = uid;
    account->refcount = 1;
    list_add(&accounts, &account->node);
    return account;
}

void user_account_hold(struct user_account *account)
{
    account->refcount++;
}

void user_account_put(struct user_account *account)
{
    if (!account || --account->refcount > 0)
        return;
    list_del(&account->node);
    heap_free(account);
}
