/*
 * The table of user accounts. An account whose last reference was dropped is about to leave the
 * table and is not found any more: a lookup then creates another.
 */
#include <cred/user_account.h>
#include <heap/heap.h>
#include <lock/spinlock.h>

static struct spinlock accounts_lock = SPINLOCK_INIT("user accounts");
static struct list accounts GUARDED_BY(&accounts_lock) = LIST_INIT(accounts);

static bool get_unless_zero(struct user_account *account)
{
    uint32_t count = __atomic_load_n(&account->refcount, __ATOMIC_RELAXED);

    while (count != 0)
        if (__atomic_compare_exchange_n(&account->refcount, &count, count + 1, true,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
    return false;
}

static struct user_account *find_or_make(uint32_t uid) REQUIRES(&accounts_lock)
{
    struct user_account *account;

    list_for_each_entry(account, &accounts, node)
        if (account->uid == uid && get_unless_zero(account))
            return account;
    account = heap_zalloc(sizeof(*account));
    if (!account)
        return NULL;
    account->uid = uid;
    account->refcount = 1;
    list_add(&accounts, &account->node);
    return account;
}

struct user_account *user_account_find(uint32_t uid)
{
    unsigned long irq = spin_lock_irqsave(&accounts_lock);
    struct user_account *account = find_or_make(uid);

    spin_unlock_irqrestore(&accounts_lock, irq);
    return account;
}

void user_account_put(struct user_account *account)
{
    unsigned long irq;

    if (__atomic_fetch_sub(&account->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    irq = spin_lock_irqsave(&accounts_lock);
    list_del(&account->node);
    spin_unlock_irqrestore(&accounts_lock, irq);
    heap_free(account);
}
