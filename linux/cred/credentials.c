/*
 * Allocation and reference counts of struct credentials.
 */
#include <cred/cred.h>
#include <heap/heap.h>

struct credentials *credentials_create(const struct cred *cred)
{
    struct credentials *c = heap_alloc(sizeof(*c));

    if (!c)
        return NULL;
    c->cred = *cred;
    c->refcount = 1;
    c->account = user_account_find(cred->uid);
    if (!c->account) {
        heap_free(c);
        return NULL;
    }
    return c;
}

void credentials_put(struct credentials *c)
{
    if (!c || __atomic_fetch_sub(&c->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    user_account_put(c->account);
    heap_free(c);
}
