#include <vfs/lock.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <sync/waitqueue.h>
#include <vfs/inode.h>

#include "internal.h"

struct file_locks {
    struct spinlock lock;
    struct list list GUARDED_BY(&lock);  /* [lock] of one owner and kind: ranges do not overlap */
    struct list waits GUARDED_BY(&lock); /* [lock] of lock_wait.locks_node */
    struct wait_queue changed;
};

/*
 * The wait graph of record-lock owners over all files. It has no cycles: a wait that would close
 * one fails with -EDEADLK. An owner counts as waiting if one of its threads does. Locks of open
 * files (F_OFD_*) and flock are not in it, as in Linux, since no single thread waits for an open
 * file.
 */
#define NR_WAIT_BUCKETS 64u

static struct spinlock waits_lock = SPINLOCK_INIT("lock waits");

/* [l] locks->lock (unchecked: the file's, which a wait does not point to) */
struct lock_wait {
    struct list locks_node; /* [l] */
    struct list
        bucket_node GUARDED_BY(&waits_lock); /* [waits_lock] by owner; unlinked: not in the graph */
    const void *owner;                       /* [I] */
    const void *blocker GUARDED_BY(
        &waits_lock); /* [waits_lock] owner of a conflicting lock; NULL: about to look again */
    struct lock_wait *todo GUARDED_BY(&waits_lock); /* [waits_lock] of a search */
    uint64_t search GUARDED_BY(&waits_lock); /* [waits_lock] last search that visited this wait */
};

static struct list waits_by_owner[NR_WAIT_BUCKETS] GUARDED_BY(&waits_lock); /* made at first use */
static uint64_t last_search GUARDED_BY(&waits_lock);

static struct file_locks *locks_of(struct inode *inode, bool may_make)
{
    struct file_locks *locks = __atomic_load_n(&inode->locks, __ATOMIC_ACQUIRE);
    struct file_locks *none = NULL;

    if (locks || !may_make)
        return locks;
    locks = heap_alloc(sizeof(*locks));
    if (!locks)
        return NULL;
    spin_init(&locks->lock, "file-locks");
    list_init(&locks->list);
    list_init(&locks->waits);
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

    ASSUME_UNSHARED(&locks->lock, "the inode goes, and nobody has it open");
    list_for_each_entry_safe(lock, next, &locks->list, node)
        heap_free(lock);
    heap_free(locks);
}

static bool is_overlap(const struct file_lock *a, const struct file_lock *b)
{
    return a->is_flock == b->is_flock && a->first <= b->last && b->first <= a->last;
}

/* Find the conflicting lock with the lowest start. */
static struct file_lock *find_conflict(struct file_locks *locks, const struct file_lock *request)
    REQUIRES(&locks->lock)
{
    struct file_lock *found = NULL;
    struct file_lock *lock;

    list_for_each_entry(lock, &locks->list, node) {
        if (lock->owner == request->owner || !is_overlap(lock, request) ||
            (lock->type != FILE_LOCK_WRITE && request->type != FILE_LOCK_WRITE))
            continue;
        if (!found || lock->first < found->first)
            found = lock;
    }
    return found;
}

/* ---- waiting ---- */

static struct list *waits_of(const void *owner) REQUIRES(&waits_lock)
{
    struct list *bucket = &waits_by_owner[(uintptr_t)owner / 64 % NR_WAIT_BUCKETS];

    if (!bucket->next)
        list_init(bucket);
    return bucket;
}

/* Push the waits of the owner in front of the rest of a search. */
static struct lock_wait *search_from(const void *owner, struct lock_wait *todo)
    REQUIRES(&waits_lock)
{
    struct lock_wait *wait;

    list_for_each_entry(wait, waits_of(owner), bucket_node) {
        if (wait->owner != owner || wait->search == last_search)
            continue;
        wait->search = last_search;
        wait->todo = todo;
        todo = wait;
    }
    return todo;
}

/* True if an owner waits for another, directly or through others. */
static bool does_wait_for(const void *owner, const void *other) REQUIRES(&waits_lock)
{
    last_search++;
    for (struct lock_wait *todo = search_from(owner, NULL); todo;) {
        const void *blocker = todo->blocker;

        if (blocker == other)
            return true;
        todo = search_from(blocker, todo->todo);
    }
    return false;
}

/* Add an edge from the owner to blocker; -EDEADLK: it would close a cycle. */
static int wait_enter(struct lock_wait *wait, const void *blocker)
{
    int ret = 0;

    spin_lock(&waits_lock);
    if (does_wait_for(blocker, wait->owner)) {
        ret = -EDEADLK;
    } else {
        wait->blocker = blocker;
        if (!list_is_linked(&wait->bucket_node))
            list_add(waits_of(wait->owner), &wait->bucket_node);
    }
    spin_unlock(&waits_lock);
    return ret;
}

static void wait_leave_graph(struct lock_wait *wait)
{
    spin_lock(&waits_lock);
    list_del_init(&wait->bucket_node);
    spin_unlock(&waits_lock);
}

/* The locks have changed: wake the waiters here, which wait for nobody until they have looked
 * again. */
static void waits_renew(struct file_locks *locks) REQUIRES(&locks->lock)
{
    struct lock_wait *wait;

    if (list_is_empty(&locks->waits))
        return;
    spin_lock(&waits_lock);
    list_for_each_entry(wait, &locks->waits, locks_node)
        wait->blocker = NULL;
    spin_unlock(&waits_lock);
}

/* Sleep until nothing conflicts with the request; drops the lock while sleeping. */
static int wait_for_room(struct file_locks *locks, const struct file_lock *request)
    REQUIRES(&locks->lock)
{
    bool is_in_graph = !request->is_flock && request->pid >= 0;
    struct lock_wait wait = {.owner = request->owner};
    const struct file_lock *lock;
    int ret = 0;

    UNLOCKED_DO(list_init(&wait.bucket_node), "it is in no list yet");
    list_add(&locks->waits, &wait.locks_node);
    while ((lock = find_conflict(locks, request)) != NULL && ret == 0) {
        if (is_in_graph)
            ret = wait_enter(&wait, lock->owner);
        if (ret == 0)
            ret =
                wait_sleep_locked(&locks->changed, &locks->lock, THREAD_INTERRUPTIBLE, TIME_NEVER);
    }
    list_del(&wait.locks_node);
    wait_leave_graph(&wait);
    return lock ? ret : 0;
}

/* ---- changing ---- */

/*
 * Cut the owner's own locks out of the request's range. Uses spare if one must be split in two;
 * true if it was.
 */
static bool carve(struct file_locks *locks, const struct file_lock *request,
                  struct file_lock *spare, struct list *freed) REQUIRES(&locks->lock)
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

/* Merge the owner's locks of the same type that touch the new one into it. */
static void join(struct file_locks *locks, struct file_lock *added, struct list *freed)
    REQUIRES(&locks->lock)
{
    struct file_lock *lock;
    struct file_lock *next;

    list_for_each_entry_safe(lock, next, &locks->list, node) {
        if (lock->owner != added->owner || lock->is_flock != added->is_flock ||
            lock->type != added->type)
            continue;
        if (lock->last + 1 == added->first)
            added->first = lock->first;
        else if (added->last + 1 == lock->first)
            added->last = lock->last;
        else
            continue;
        list_del(&lock->node);
        list_add(freed, &lock->node);
    }
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
    struct file_locks *locks = locks_of(file_inode(file), request->type != FILE_LOCK_NONE);
    LIST_DEFINE(freed);
    int ret = 0;

    if (!locks)
        return request->type == FILE_LOCK_NONE ? 0 : -ENOMEM;
    struct file_lock *added = heap_alloc(sizeof(*added));
    struct file_lock *spare = heap_alloc(sizeof(*spare));

    if (!added || !spare) {
        heap_free(added);
        heap_free(spare);
        return -ENOMEM;
    }
    *added = *request;
    spin_lock(&locks->lock);
    if (request->type != FILE_LOCK_NONE) {
        if (is_blocking)
            ret = wait_for_room(locks, request);
        else if (find_conflict(locks, request))
            ret = -EAGAIN;
    }
    if (ret == 0) {
        if (carve(locks, request, spare, &freed))
            spare = NULL;
        if (request->type != FILE_LOCK_NONE) {
            join(locks, added, &freed);
            list_add_tail(&locks->list, &added->node);
            added = NULL;
        }
        waits_renew(locks);
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
    struct file_locks *locks = locks_of(file_inode(file), false);
    struct file_lock *lock = NULL;

    *out = *request;
    out->type = FILE_LOCK_NONE;
    if (!locks)
        return;
    spin_lock(&locks->lock);
    lock = find_conflict(locks, request);
    if (lock)
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
    if (!list_is_empty(&freed))
        waits_renew(locks);
    spin_unlock(&locks->lock);
    if (!list_is_empty(&freed))
        wait_wake_all(&locks->changed);
    free_list(&freed);
}

void file_lock_close(struct file *file, void *owner)
{
    struct file_locks *locks = !file_inode(file) ? NULL : locks_of(file_inode(file), false);

    if (locks)
        remove_owner(locks, owner);
}

void file_locks_release(struct file *file)
{
    remove_owner(file_inode(file)->locks, file);
}
