#include <vfs/lock.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <sync/waitqueue.h>
#include <vfs/inode.h>

#include "internal.h"

struct file_locks {
    struct spinlock lock;
    struct list list; /* [lock] of one owner and kind: ranges do not overlap */
    struct wait_queue changed;
};

static struct file_locks *locks_of(struct inode *inode, bool may_make)
{
    struct file_locks *locks = __atomic_load_n(&inode->locks, __ATOMIC_ACQUIRE);
    struct file_locks *none = NULL;

    if (locks != NULL || !may_make)
        return locks;
    locks = heap_alloc(sizeof(*locks));
    if (locks == NULL)
        return NULL;
    spin_init(&locks->lock, "file-locks");
    list_init(&locks->list);
    wait_queue_init(&locks->changed);
    if (__atomic_compare_exchange_n(&inode->locks, &none, locks, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return locks;
    heap_free(locks);
    return none;
}

void file_locks_free(struct file_locks *locks)
{
    struct file_lock *lock;
    struct file_lock *next;

    list_for_each_entry_safe(lock, next, &locks->list, node)
        heap_free(lock);
    heap_free(locks);
}

static bool is_overlap(const struct file_lock *a, const struct file_lock *b)
{
    return a->is_flock == b->is_flock && a->first <= b->last && b->first <= a->last;
}

/* REQUIRES(locks->lock) */
static struct file_lock *find_conflict(struct file_locks *locks, const struct file_lock *request)
{
    struct file_lock *lock;

    list_for_each_entry(lock, &locks->list, node) {
        if (lock->owner != request->owner && is_overlap(lock, request) &&
            (lock->type == FILE_LOCK_WRITE || request->type == FILE_LOCK_WRITE))
            return lock;
    }
    return NULL;
}

/*
 * Cuts the owner's own locks out of the request's range. spare is used if one has to be split in
 * two; true if it was. REQUIRES(locks->lock).
 */
static bool carve(struct file_locks *locks, const struct file_lock *request,
                  struct file_lock *spare, struct list *freed)
{
    struct file_lock *lock;
    struct file_lock *next;

    list_for_each_entry_safe(lock, next, &locks->list, node) {
        if (lock->owner != request->owner || !is_overlap(lock, request))
            continue;
        bool has_head = lock->first < request->first;
        bool has_tail = lock->last > request->last;

        if (has_head && has_tail) {
            *spare = *lock;
            spare->first = request->last + 1;
            lock->last = request->first - 1;
            list_add(&lock->node, &spare->node);
            return true;
        }
        if (has_head) {
            lock->last = request->first - 1;
        } else if (has_tail) {
            lock->first = request->last + 1;
        } else {
            list_del(&lock->node);
            list_add(freed, &lock->node);
        }
    }
    return false;
}

static void free_list(struct list *freed)
{
    struct file_lock *lock;
    struct file_lock *next;

    list_for_each_entry_safe(lock, next, freed, node)
        heap_free(lock);
}

int file_lock_set(struct file *file, const struct file_lock *request, bool is_blocking)
{
    struct file_locks *locks = locks_of(file->inode, request->type != FILE_LOCK_NONE);
    LIST_DEFINE(freed);
    int ret = 0;

    if (locks == NULL)
        return request->type == FILE_LOCK_NONE ? 0 : -ENOMEM;
    struct file_lock *added = heap_alloc(sizeof(*added));
    struct file_lock *spare = heap_alloc(sizeof(*spare));

    if (added == NULL || spare == NULL) {
        heap_free(added);
        heap_free(spare);
        return -ENOMEM;
    }
    *added = *request;
    spin_lock(&locks->lock);
    if (request->type != FILE_LOCK_NONE) {
        if (is_blocking)
            ret = wait_event_locked_interruptible(
                &locks->changed, find_conflict(locks, request) == NULL, &locks->lock);
        else if (find_conflict(locks, request) != NULL)
            ret = -EAGAIN;
    }
    if (ret == 0) {
        if (carve(locks, request, spare, &freed))
            spare = NULL;
        if (request->type != FILE_LOCK_NONE) {
            list_add_tail(&locks->list, &added->node);
            added = NULL;
        }
    }
    spin_unlock(&locks->lock);
    if (ret == 0)
        wait_wake_all(&locks->changed);
    heap_free(added);
    heap_free(spare);
    free_list(&freed);
    return ret;
}

void file_lock_test(struct file *file, const struct file_lock *request, struct file_lock *out)
{
    struct file_locks *locks = locks_of(file->inode, false);
    struct file_lock *lock = NULL;

    *out = *request;
    out->type = FILE_LOCK_NONE;
    if (locks == NULL)
        return;
    spin_lock(&locks->lock);
    lock = find_conflict(locks, request);
    if (lock != NULL)
        *out = *lock;
    spin_unlock(&locks->lock);
}

static void remove_owner(struct file_locks *locks, void *owner)
{
    LIST_DEFINE(freed);
    struct file_lock *lock;
    struct file_lock *next;

    spin_lock(&locks->lock);
    list_for_each_entry_safe(lock, next, &locks->list, node) {
        if (lock->owner == owner) {
            list_del(&lock->node);
            list_add(&freed, &lock->node);
        }
    }
    spin_unlock(&locks->lock);
    if (!list_is_empty(&freed))
        wait_wake_all(&locks->changed);
    free_list(&freed);
}

void file_lock_close(struct file *file, void *owner)
{
    struct file_locks *locks = file->inode == NULL ? NULL : locks_of(file->inode, false);

    if (locks != NULL)
        remove_owner(locks, owner);
}

void file_locks_release(struct file *file)
{
    remove_owner(file->inode->locks, file);
}
