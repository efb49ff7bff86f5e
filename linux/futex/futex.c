/*
 * futex: sleeping on a word of memory (Franke, Russell, Kirkwood: "Fuss, Futexes and Furwocks",
 * 2002).
 *
 * A futex word is identified by a key: (space, address) in private memory, (object, offset) in
 * shared memory, which processes may map at different addresses. The key is never the frame: copy
 * on write and truncation replace it under a sleeper. Waiters are in a hash table of buckets, each
 * a spinlock and a list. A waiter queues itself first and then reads the word, without the lock
 * because the read may fault; a waker changes the word first and then looks at the queue, so one of
 * the two sees the other.
 */
#include "internal.h"

#include <log/log.h>

struct key {
    uint64_t object; /* the space's address, or a shared object's number, which is never reused */
    uint64_t offset;
};

struct bucket {
    struct spinlock lock;
    struct list waiters GUARDED_BY(&lock); /* [lock] oldest first */
};

/* On the waiter's stack. [b] bucket->lock (unchecked: a requeue changes which bucket that is) */
struct waiter {
    struct list node;      /* [b] */
    struct bucket *bucket; /* [a] the queue it is in; a requeue changes it */
    struct key key;        /* [b] */
    struct thread *thread;
    uint32_t bits;
    bool is_woken; /* [b] read without */
};

#define NR_BUCKETS 64
static struct bucket buckets[NR_BUCKETS];
static bool is_ready;

static struct bucket *bucket_of(const struct key *key)
{
    uint64_t h = key->object * 0x9e3779b97f4a7c15ull ^ (key->offset >> 2) * 0xff51afd7ed558ccdull;

    return &buckets[(h ^ h >> 29) % NR_BUCKETS];
}

static void make_ready(void)
{
    static struct spinlock lock = SPINLOCK_INIT("futex set-up");

    if (__atomic_load_n(&is_ready, __ATOMIC_ACQUIRE))
        return;
    spin_lock(&lock);
    for (unsigned i = 0; !is_ready && i < NR_BUCKETS; i++) {
        spin_init(&buckets[i].lock, "futex bucket");
        list_init(&buckets[i].waiters);
    }
    __atomic_store_n(&is_ready, true, __ATOMIC_RELEASE);
    spin_unlock(&lock);
}

/*
 * With FUTEX_PRIVATE_FLAG only threads of this space use the word, whatever memory it is in.
 * Without it private memory is told from shared. The two kinds of call do not meet, as on Linux;
 * the lowest bit of the offset tells the keys apart. May sleep.
 */
static int key_make(uint64_t addr, bool is_private, uint32_t access, struct key *key)
{
    struct vspace *vs = user_current()->vspace;
    int err;

    make_ready();
    if (addr & 3)
        return -EINVAL;
    if (addr >= vs->limit)
        return -EFAULT;
    *key = (struct key){(uint64_t)(uintptr_t)vs, addr};
    if (is_private)
        return 0;
    err = vspace_identify(vs, addr, access, &key->object, &key->offset);
    if (err)
        return err == -ENOMEM ? err : -EFAULT;
    if (key->object == 0)
        *key = (struct key){(uint64_t)(uintptr_t)vs, addr | 1};
    return 0;
}

static bool is_same(const struct key *a, const struct key *b)
{
    return a->object == b->object && a->offset == b->offset;
}

/* --- wait ------------------------------------------------------------------------------------- */

static void enqueue(struct waiter *w, const struct key *key)
{
    struct bucket *b = bucket_of(key);

    spin_lock(&b->lock);
    w->key = *key;
    w->bucket = b;
    list_add_tail(&b->waiters, &w->node);
    spin_unlock(&b->lock);
}

/* Take the waiter out of its queue. True: it was still queued, nobody woke it. */
static bool dequeue(struct waiter *w)
{
    for (;;) {
        struct bucket *b = __atomic_load_n(&w->bucket, __ATOMIC_ACQUIRE);
        bool was_queued;

        spin_lock(&b->lock);
        if (b != w->bucket) { /* requeued in the meantime */
            spin_unlock(&b->lock);
            continue;
        }
        was_queued = !w->is_woken;
        if (was_queued)
            list_del(&w->node);
        spin_unlock(&b->lock);
        return was_queued;
    }
}

static int sleep_on(struct waiter *w, uint64_t deadline)
{
    bool timely = true;

    for (;;) {
        thread_block_prepare(THREAD_INTERRUPTIBLE);
        if (__atomic_load_n(&w->is_woken, __ATOMIC_ACQUIRE) || !timely || signal_is_pending())
            break;
        timely = thread_block_until(deadline);
    }
    thread_block_cancel();
    if (!dequeue(w))
        return 0;
    return timely ? -ERESTARTSYS : -ETIMEDOUT;
}

static int64_t wait(uint64_t addr, bool is_private, uint32_t expected, uint64_t deadline,
                    uint32_t bits)
{
    struct waiter w = {.thread = thread_current(), .bits = bits};
    struct key key;
    uint32_t value;
    int err;

    if (!bits)
        return -EINVAL;
    err = key_make(addr, is_private, VMA_READ, &key);
    if (err)
        return err;
    enqueue(&w, &key);
    arch_mb();
    err = get_user_u32(&value, addr);
    if (err || value != expected)
        if (dequeue(&w))
            err = err ? err : -EAGAIN;
        else
            err = 0; /* woken before we read the word */
    else
        err = sleep_on(&w, deadline);
    /* A timed wait can be restarted as it stands only if its deadline is absolute. */
    if (err == -ERESTARTSYS && deadline != TIME_NEVER)
        return -EINTR;
    return err;
}

/* --- wake ------------------------------------------------------------------------------------- */

/* REQUIRES(b->lock). The waiter's memory may be gone once is_woken is set. */
static void wake_one(struct waiter *w)
{
    struct thread *thread = w->thread;

    list_del(&w->node);
    __atomic_store_n(&w->is_woken, true, __ATOMIC_RELEASE);
    thread_wake(thread);
}

static uint32_t wake_key(const struct key *key, uint32_t nr, uint32_t bits)
{
    struct bucket *b = bucket_of(key);
    struct waiter *w, *next;
    uint32_t done = 0;

    spin_lock(&b->lock);
    list_for_each_entry_safe(w, next, &b->waiters, node) {
        if (done >= nr)
            break;
        if (is_same(&w->key, key) && (w->bits & bits)) {
            wake_one(w);
            done++;
        }
    }
    spin_unlock(&b->lock);
    return done;
}

int64_t futex_wake(uint64_t addr, bool is_private, uint32_t nr, uint32_t bits)
{
    struct key key;
    int err;

    if (!bits)
        return -EINVAL;
    err = key_make(addr, is_private, VMA_READ, &key);
    if (err)
        return err;
    arch_mb();
    return wake_key(&key, nr, bits);
}

/* --- requeue, wake_op ------------------------------------------------------------------------- */

/* Lock in address order: two calls may name the same two futexes in opposite order. */
static void lock_two(struct bucket *a, struct bucket *b) ACQUIRES(&a->lock, &b->lock)
    NO_LOCK_CHECK("the two may be one")
{
    spin_lock(a < b ? &a->lock : &b->lock);
    if (a != b)
        spin_lock_nested(a < b ? &b->lock : &a->lock, 1);
}

static void unlock_two(struct bucket *a, struct bucket *b) RELEASES(&a->lock, &b->lock)
    NO_LOCK_CHECK("the two may be one")
{
    if (a != b)
        spin_unlock_no_preempt(a < b ? &b->lock : &a->lock);
    spin_unlock(a < b ? &a->lock : &b->lock);
}

static int64_t requeue(uint64_t addr, uint64_t addr2, bool is_private, uint32_t nr_wake,
                       uint32_t nr_move, const uint32_t *expected)
{
    struct key key, key2;
    struct bucket *from, *to;
    struct waiter *w, *next;
    int64_t done = 0;
    uint32_t moved = 0, value;
    int err = key_make(addr, is_private, VMA_READ, &key);

    if (!err)
        err = key_make(addr2, is_private, VMA_WRITE, &key2);
    if (!err && expected) {
        err = get_user_u32(&value, addr);
        if (!err && value != *expected)
            err = -EAGAIN;
    }
    if (err)
        return err;
    from = bucket_of(&key);
    to = bucket_of(&key2);
    lock_two(from, to);
    list_for_each_entry_safe(w, next, &from->waiters, node) {
        if (!is_same(&w->key, &key))
            continue;
        if (done < nr_wake) {
            wake_one(w);
            done++;
        } else if (moved < nr_move) {
            if (is_same(&key, &key2))
                break;
            list_del(&w->node);
            w->key = key2;
            __atomic_store_n(&w->bucket, to, __ATOMIC_RELEASE);
            list_add_tail(&to->waiters, &w->node);
            moved++;
        }
    }
    unlock_two(from, to);
    return done + (expected ? moved : 0);
}

static bool compare(uint32_t op, int32_t old, int32_t arg)
{
    switch (op) {
    case 0:
        return old == arg;
    case 1:
        return old != arg;
    case 2:
        return old < arg;
    case 3:
        return old <= arg;
    case 4:
        return old > arg;
    default:
        return old >= arg;
    }
}

static int64_t wake_op(uint64_t addr, uint64_t addr2, bool is_private, uint32_t nr, uint32_t nr2,
                       uint32_t encoded)
{
    uint32_t op = encoded >> 28 & 7, cmp = encoded >> 24 & 15;
    int32_t op_arg = (int32_t)(encoded << 8) >> 20, cmp_arg = (int32_t)(encoded << 20) >> 20;
    struct key key, key2;
    uint32_t old;
    int64_t done;
    int err;

    if (encoded >> 31)
        op_arg = (int32_t)(1u << (op_arg & 31));
    if (op > 4 || cmp > 5)
        return -ENOSYS;
    err = key_make(addr, is_private, VMA_READ, &key);
    if (!err)
        err = key_make(addr2, is_private, VMA_WRITE, &key2);
    if (!err)
        err = amo_user_u32(addr2, op, (uint32_t)op_arg, &old);
    if (err)
        return err;
    arch_mb();
    done = wake_key(&key, nr, FUTEX_BITSET_ANY);
    if (compare(cmp, (int32_t)old, cmp_arg))
        done += wake_key(&key2, nr2, FUTEX_BITSET_ANY);
    return done;
}

/* --- the call --------------------------------------------------------------------------------- */

static int read_deadline(uint64_t addr, int op, bool is_realtime, uint64_t *deadline)
{
    struct linux_timespec t;
    uint64_t ns, real, now = time_now_ns();

    *deadline = TIME_NEVER;
    if (!addr)
        return 0;
    if (copy_from_user(&t, addr, sizeof(t)) != 0)
        return -EFAULT;
    if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= (int64_t)NS_PER_SEC)
        return -EINVAL;
    if ((uint64_t)t.tv_sec >= (uint64_t)INT64_MAX / NS_PER_SEC)
        return 0;
    ns = (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
    if (op == FUTEX_WAIT) {
        *deadline = time_deadline_ns(ns);
    } else if (is_realtime) {
        real = time_realtime_ns();
        *deadline = now + (ns > real ? ns - real : 0);
    } else {
        *deadline = ns;
    }
    return 0;
}

static int64_t unsupported(int op)
{
    static bool said;

    if (!said)
        log_warn("futex: operation %d (priority inheritance) is not supported", op);
    said = true;
    return -ENOSYS;
}

int64_t sys_futex(vaddr_t addr, int op, uint32_t value, uint64_t timeout, vaddr_t addr2,
                  uint32_t value3)
{
    bool is_private = op & FUTEX_PRIVATE_FLAG, is_realtime = op & FUTEX_CLOCK_REALTIME;
    uint64_t deadline;
    int err;

    op &= ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    switch (op) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        err = read_deadline(timeout, op, is_realtime, &deadline);
        if (err)
            return err;
        return wait(addr, is_private, value, deadline,
                    op == FUTEX_WAIT ? FUTEX_BITSET_ANY : value3);
    case FUTEX_WAKE:
        return futex_wake(addr, is_private, value, FUTEX_BITSET_ANY);
    case FUTEX_WAKE_BITSET:
        return futex_wake(addr, is_private, value, value3);
    case FUTEX_REQUEUE:
        return requeue(addr, addr2, is_private, value, (uint32_t)timeout, NULL);
    case FUTEX_CMP_REQUEUE:
        return requeue(addr, addr2, is_private, value, (uint32_t)timeout, &value3);
    case FUTEX_WAKE_OP:
        return wake_op(addr, addr2, is_private, value, (uint32_t)timeout, value3);
    default:
        return unsupported(op);
    }
}
