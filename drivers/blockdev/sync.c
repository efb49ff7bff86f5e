/*
 * Block I/O that waits: cuts a transfer into requests that the device takes, keeps several in
 * flight, and sleeps until all are done. Memory that a device cannot reach (stacks, static
 * variables) is copied through a buffer.
 *
 * A disk that does not answer is not waited for without end. After disk_timeout= seconds (default
 * 30) without an answer the waiter goes on with -EIO and the disk counts as silent: further
 * requests fail at once until it answers one of the old ones. What the device may still read or
 * write outlives the waiter: the transfer is on the heap, its memory is a counted frame, and both
 * go with the last answer. The device is not reset: a reset ends only when all requests have (QEMU
 * stops the whole machine until then), so it would wait for the very answer that does not come. The
 * caller's own memory (block_read and block_write of what a device can reach) cannot be kept, so
 * there the wait has no end.
 */
#include <blockdev/blockdev.h>

#include <arch/memory.h>
#include <base/errno.h>
#include <bits/bits.h>
#include <bootargs/bootargs.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <log/log.h>
#include <string/string.h>
#include <sync/semaphore.h>
#include <time/time.h>

#define IN_FLIGHT_MAX 4
#define BOUNCE_ORDER  3

static uint64_t timeout_ns = 30 * NS_PER_SEC;

static int set_timeout(const char *value)
{
    const char *end;
    uint64_t seconds;

    if (value == NULL || str_to_u64(value, &end, 10, &seconds) != 0 || *end != '\0' ||
        seconds == 0 || seconds > 86400)
        return -EINVAL;
    timeout_ns = seconds * NS_PER_SEC;
    return 0;
}
BOOTARG("disk_timeout", set_timeout);

struct piece {
    struct block_request rq;
    struct block_segment segment;
};

/* The semaphore counts pieces that are free. */
struct transfer {
    struct semaphore free;
    uint32_t busy;     /* [a] bit i: pieces[i] is in flight */
    uint32_t nr_users; /* [a] the waiter, and the pieces in flight; of no use on a stack */
    int error;         /* [a] the first that happened */
    bool can_outlive;  /* [I] it is on the heap, and the device may keep what it moves */
    bool has_given_up; /* the waiter's */
    struct block_device *dev;
    struct frame *memory; /* [I] what it moves, or NULL: nothing */
    struct frame *held;   /* the same with a reference, once the waiter has gone */
    struct piece pieces[IN_FLIGHT_MAX];
};

static void note_error(struct transfer *t, int error)
{
    int none = 0;
    if (error != 0)
        __atomic_compare_exchange_n(&t->error, &none, error, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
}

static void transfer_put(struct transfer *t)
{
    if (__atomic_sub_fetch(&t->nr_users, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (t->held != NULL)
        frame_put(t->held);
    heap_free(t);
}

/*
 * Interrupt context. The last touch of a t on the stack is in sem_up: the waiter returns only after
 * all units are back.
 */
static void piece_done(struct block_request *rq)
{
    struct transfer *t = rq->ctx;
    struct piece *piece = container_of(rq, struct piece, rq);
    bool is_counted = t->can_outlive;

    note_error(t, rq->error);
    __atomic_fetch_and(&t->busy, ~(1u << (piece - t->pieces)), __ATOMIC_RELEASE);
    sem_up(&t->free);
    if (is_counted)
        transfer_put(t);
}

/*
 * Makes the transfer on the heap when `can_outlive`; otherwise, or without memory for that, on the
 * caller's stack, and then the wait has no end.
 */
static struct transfer *transfer_make(struct block_device *dev, bool can_outlive,
                                      struct frame *memory, struct transfer *on_stack)
{
    struct transfer *t = can_outlive ? heap_alloc(sizeof(*t)) : NULL;

    can_outlive = t != NULL;
    if (t == NULL)
        t = on_stack;
    sem_init(&t->free, IN_FLIGHT_MAX);
    t->busy = 0;
    t->nr_users = 1;
    t->error = 0;
    t->can_outlive = can_outlive;
    t->has_given_up = false;
    t->dev = dev->disk;
    t->memory = memory;
    t->held = NULL;
    return t;
}

/* One unit. False: the disk has been silent for too long, which was said and noted. */
static bool unit_get(struct transfer *t)
{
    if (sem_trydown(&t->free))
        return true;
    if (!t->can_outlive) {
        sem_down(&t->free);
        return true;
    }
    if (!t->has_given_up && sem_down_until(&t->free, time_deadline_ns(timeout_ns)) == 0)
        return true;
    note_error(t, -EIO);
    if (t->has_given_up)
        return false;
    t->has_given_up = true;
    if (__atomic_exchange_n(&t->dev->is_silent, 1, __ATOMIC_RELAXED) == 0)
        log_err("%s: no answer for %lu seconds: requests fail until there is one", t->dev->name,
                (unsigned long)(timeout_ns / NS_PER_SEC));
    return false;
}

/* Waits for a piece that is not in flight; NULL: that takes too long. */
static struct piece *piece_get(struct transfer *t)
{
    if (!unit_get(t))
        return NULL;
    uint32_t busy = __atomic_load_n(&t->busy, __ATOMIC_ACQUIRE);

    return &t->pieces[bit_ctz64(~(uint64_t)busy)];
}

static void piece_start(struct transfer *t, struct block_device *dev, struct piece *piece)
{
    __atomic_fetch_or(&t->busy, 1u << (piece - t->pieces), __ATOMIC_RELAXED);
    __atomic_fetch_add(&t->nr_users, 1, __ATOMIC_RELAXED);
    int error = block_submit(dev, &piece->rq);
    if (error != 0) {
        piece->rq.error = error;
        piece_done(&piece->rq);
    }
}

/* Waits for what is in flight and lets go of t. */
static int transfer_end(struct transfer *t)
{
    int error = 0;

    for (unsigned i = 0; i < IN_FLIGHT_MAX; i++) {
        if (unit_get(t))
            continue;
        if (t->memory != NULL)
            frame_get(t->memory);
        t->held = t->memory;
        break;
    }
    error = __atomic_load_n(&t->error, __ATOMIC_RELAXED);
    if (t->can_outlive)
        transfer_put(t);
    return error;
}

static bool is_reachable(const void *data)
{
    vaddr_t va = (uintptr_t)data;
    return va >= ARCH_DIRECT_MAP_BASE && va < ARCH_VMEMMAP_BASE;
}

/* data: reachable by the device, and inside the counted frame `memory` if that is not NULL. */
static int move(struct block_device *dev, enum block_op op, uint64_t sector, void *data,
                uint32_t nr_sectors, struct frame *memory)
{
    struct transfer on_stack;
    struct transfer *t = transfer_make(dev, memory != NULL, memory, &on_stack);
    uint32_t per_block = dev->block_size / SECTOR_SIZE;
    uint32_t most = MIN(dev->max_sectors, dev->max_segment_bytes / SECTOR_SIZE);

    most = ALIGN_DOWN(most, per_block);
    while (nr_sectors > 0 && __atomic_load_n(&t->error, __ATOMIC_RELAXED) == 0) {
        uint32_t now = MIN(nr_sectors, most);
        struct piece *piece = piece_get(t);

        if (piece == NULL)
            break;
        piece->segment = (struct block_segment){data, now << SECTOR_SHIFT};
        block_request_init(&piece->rq, op, sector, &piece->segment, 1, piece_done, t);
        piece_start(t, dev, piece);
        sector += now;
        nr_sectors -= now;
        data = (char *)data + ((size_t)now << SECTOR_SHIFT);
    }
    return transfer_end(t);
}

/* The whole range is checked first, so that a write beyond the end writes nothing. */
static int check_range(const struct block_device *dev, uint64_t sector, uint64_t nr_sectors)
{
    if (sector > dev->nr_sectors || nr_sectors > dev->nr_sectors - sector)
        return -ENXIO;
    return 0;
}

static int move_bounced(struct block_device *dev, enum block_op op, uint64_t sector, void *data,
                        uint32_t nr_sectors)
{
    unsigned order = nr_sectors <= PAGE_SIZE / SECTOR_SIZE ? 0 : BOUNCE_ORDER;
    uint32_t most = (uint32_t)(PAGE_SIZE << order) / SECTOR_SIZE;
    struct frame *bounce = frame_alloc(order, 0);
    int error = 0;

    if (bounce == NULL)
        return -ENOMEM;
    while (nr_sectors > 0 && error == 0) {
        uint32_t now = MIN(nr_sectors, most);
        size_t bytes = (size_t)now << SECTOR_SHIFT;

        if (op == BLOCK_WRITE)
            memcpy(frame_to_virt(bounce), data, bytes);
        error = move(dev, op, sector, frame_to_virt(bounce), now, bounce);
        if (op == BLOCK_READ && error == 0)
            memcpy(data, frame_to_virt(bounce), bytes);
        sector += now;
        nr_sectors -= now;
        data = (char *)data + bytes;
    }
    frame_put(bounce);
    return error;
}

static int transfer(struct block_device *dev, enum block_op op, uint64_t sector, void *data,
                    uint32_t nr_sectors)
{
    int error = check_range(dev, sector, nr_sectors);

    if (error != 0)
        return error;
    if (is_reachable(data))
        return move(dev, op, sector, data, nr_sectors, NULL);
    return move_bounced(dev, op, sector, data, nr_sectors);
}

static int transfer_frame(struct block_device *dev, enum block_op op, uint64_t sector,
                          struct frame *frame, size_t offset, uint32_t nr_sectors)
{
    int error = check_range(dev, sector, nr_sectors);

    if (error != 0)
        return error;
    return move(dev, op, sector, (char *)frame_to_virt(frame) + offset, nr_sectors, frame);
}

int block_read_frame(struct block_device *dev, uint64_t sector, struct frame *frame, size_t offset,
                     uint32_t nr_sectors)
{
    return transfer_frame(dev, BLOCK_READ, sector, frame, offset, nr_sectors);
}

int block_write_frame(struct block_device *dev, uint64_t sector, struct frame *frame, size_t offset,
                      uint32_t nr_sectors)
{
    return transfer_frame(dev, BLOCK_WRITE, sector, frame, offset, nr_sectors);
}

int block_read(struct block_device *dev, uint64_t sector, void *data, uint32_t nr_sectors)
{
    return transfer(dev, BLOCK_READ, sector, data, nr_sectors);
}

int block_write(struct block_device *dev, uint64_t sector, const void *data, uint32_t nr_sectors)
{
    /* A write only reads through the pointer. */
    return transfer(dev, BLOCK_WRITE, sector, (void *)(uintptr_t)data, nr_sectors);
}

int block_flush(struct block_device *dev)
{
    struct transfer on_stack;
    struct transfer *t = transfer_make(dev, true, NULL, &on_stack);
    struct piece *piece = piece_get(t); /* the first is free */

    block_request_init(&piece->rq, BLOCK_FLUSH, 0, NULL, 0, piece_done, t);
    piece_start(t, dev, piece);
    return transfer_end(t);
}

int block_discard(struct block_device *dev, uint64_t sector, uint64_t nr_sectors)
{
    struct transfer on_stack;
    struct transfer *t;
    int error = check_range(dev, sector, nr_sectors);

    if (error != 0)
        return error;
    uint32_t per_block = dev->block_size / SECTOR_SIZE;
    uint64_t most = ALIGN_DOWN(dev->max_discard_sectors, per_block);
    if (most == 0)
        return -EOPNOTSUPP;
    t = transfer_make(dev, true, NULL, &on_stack);
    while (nr_sectors > 0 && __atomic_load_n(&t->error, __ATOMIC_RELAXED) == 0) {
        uint64_t now = MIN(nr_sectors, most);
        struct piece *piece = piece_get(t);

        if (piece == NULL)
            break;
        block_request_init(&piece->rq, BLOCK_DISCARD, sector, NULL, 0, piece_done, t);
        piece->rq.nr_sectors = (uint32_t)now;
        piece_start(t, dev, piece);
        sector += now;
        nr_sectors -= now;
    }
    return transfer_end(t);
}

/*
 * --- at any byte ---------------------------------------------------------------------------------
 */

static int check_bytes(const struct block_device *dev, uint64_t offset, size_t nr_bytes)
{
    uint64_t end = dev->nr_sectors << SECTOR_SHIFT;
    return offset <= end && nr_bytes <= end - offset ? 0 : -ENXIO;
}

/*
 * Part of one block: [offset, offset + nr_bytes) does not cross a block boundary. block: memory for
 * it.
 */
static int move_part(struct block_device *dev, enum block_op op, uint64_t offset, char *data,
                     size_t nr_bytes, struct frame *block)
{
    char *bytes = frame_to_virt(block);
    uint32_t per_block = dev->block_size / SECTOR_SIZE;
    uint64_t sector = ALIGN_DOWN(offset, dev->block_size) >> SECTOR_SHIFT;
    size_t skip = offset & (dev->block_size - 1);

    int error = block_read_frame(dev, sector, block, 0, per_block);
    if (error != 0)
        return error;
    if (op == BLOCK_READ) {
        memcpy(data, bytes + skip, nr_bytes);
        return 0;
    }
    memcpy(bytes + skip, data, nr_bytes);
    return block_write_frame(dev, sector, block, 0, per_block);
}

static int move_bytes(struct block_device *dev, enum block_op op, uint64_t offset, char *data,
                      size_t nr_bytes)
{
    int error = check_bytes(dev, offset, nr_bytes);
    struct frame *block = frame_alloc(0, 0); /* no block is larger than a page */

    if (error == 0 && block == NULL)
        error = -ENOMEM;
    while (error == 0 && nr_bytes > 0) {
        size_t skip = offset & (dev->block_size - 1);
        size_t now;

        if (skip == 0 && nr_bytes >= dev->block_size) {
            now = ALIGN_DOWN(MIN(nr_bytes, (size_t)1 << 30), dev->block_size);
            error = move_bounced(dev, op, offset >> SECTOR_SHIFT, data,
                                 (uint32_t)(now >> SECTOR_SHIFT));
        } else {
            now = MIN(nr_bytes, dev->block_size - skip);
            error = move_part(dev, op, offset, data, now, block);
        }
        offset += now;
        data += now;
        nr_bytes -= now;
    }
    if (block != NULL)
        frame_put(block);
    return error;
}

int block_read_bytes(struct block_device *dev, uint64_t offset, void *data, size_t nr_bytes)
{
    return move_bytes(dev, BLOCK_READ, offset, data, nr_bytes);
}

int block_write_bytes(struct block_device *dev, uint64_t offset, const void *data, size_t nr_bytes)
{
    return move_bytes(dev, BLOCK_WRITE, offset, (char *)(uintptr_t)data, nr_bytes);
}
