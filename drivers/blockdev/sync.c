/*
 * Synchronous block I/O: splits a transfer into requests that the device can take, keeps several in
 * flight, and sleeps until all are done. Memory that a device cannot access (stacks, static
 * variables) is copied through a buffer.
 *
 * The wait for a disk is bounded. After disk_timeout= seconds (default 30) without an answer the
 * waiter returns -EIO and the disk counts as silent: further requests fail at once until it answers
 * one of the old ones. Memory that the device may still access outlives the waiter: the transfer is
 * on the heap, its frames are referenced, and both are released with the last answer. The device is
 * not reset: a reset completes only when all requests have (QEMU stops the whole machine until
 * then), so it would wait for the very answer that does not come. The caller's own memory
 * (block_read and block_write of memory that the device can access) cannot be kept alive, so there
 * the wait is unbounded.
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

#include "internal.h"

#define IN_FLIGHT_MAX 4
#define SEGMENTS_MAX  8 /* per piece, if there are several */
#define BOUNCE_ORDER  3

static uint64_t timeout_ns = 30 * NS_PER_SEC;

static int set_timeout(const char *value)
{
    const char *end;
    uint64_t seconds;

    if (!value || str_to_u64(value, &end, 10, &seconds) != 0 || *end != '\0' || seconds == 0 ||
        seconds > 86400)
        return -EINVAL;
    timeout_ns = seconds * NS_PER_SEC;
    return 0;
}
BOOTARG("disk_timeout", set_timeout);

/*
 * Memory of a transfer: one contiguous range that the device can access, or a page each of several
 * frames. The frames listed are referenced: for a range its one block, or none.
 */
struct memory {
    void *data;                  /* of a range; NULL: pages */
    struct frame *const *frames; /* pages or the block */
    size_t nr_frames;
    size_t offset; /* of the first byte, in the first page */
};

struct piece {
    struct block_request rq;
    struct block_segment *segments; /* room for transfer->nr_segments_max */
};

/* The semaphore counts free pieces. */
struct transfer {
    struct semaphore free;
    uint32_t busy;     /* [a] bit i: pieces[i] is in flight */
    uint32_t nr_users; /* [a] the waiter, and the pieces in flight; unused on a stack */
    int error;         /* [a] the first that happened */
    bool can_outlive;  /* [I] on the heap with referenced memory: can outlive the waiter */
    bool has_given_up; /* the waiter's */
    bool is_held;      /* holds references to frames[], since the waiter has given up */
    struct block_device *dev;
    unsigned nr_pieces;       /* [I] of which there are */
    unsigned nr_segments_max; /* [I] of a piece */
    size_t nr_frames;         /* [I] that it moves */
    struct frame **frames;    /* [I] on the heap, behind the segments */
    struct piece pieces[IN_FLIGHT_MAX];
    struct block_segment own_segments[IN_FLIGHT_MAX]; /* more behind all this */
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
    for (size_t i = 0; t->is_held && i < t->nr_frames; i++)
        frame_put(t->frames[i]);
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

/* Allocate a transfer with room for its segments and frames; NULL: no memory. */
static struct transfer *transfer_alloc(unsigned nr_segments, const struct memory *memory)
{
    size_t size = sizeof(struct transfer) + nr_segments * sizeof(struct block_segment);
    struct transfer *t = heap_alloc(size + memory->nr_frames * sizeof(struct frame *));

    if (!t)
        return NULL;
    t->nr_frames = memory->nr_frames;
    t->frames = (struct frame **)((char *)t + size);
    for (size_t i = 0; i < memory->nr_frames; i++)
        t->frames[i] = memory->frames[i];
    return t;
}

/* Choose the number of pieces and of segments in each: one piece if the device takes all at
 * once. */
static unsigned cut(const struct block_device *dev, const struct memory *memory, size_t nr_bytes,
                    unsigned *nr_segments)
{
    bool is_whole = nr_bytes <= (size_t)dev->max_sectors << SECTOR_SHIFT;

    *nr_segments = 1;
    if (memory->data)
        return is_whole && nr_bytes <= dev->max_segment_bytes ? 1 : IN_FLIGHT_MAX;
    *nr_segments = (unsigned)MIN(memory->nr_frames, (size_t)dev->max_segments);
    if (is_whole && *nr_segments == memory->nr_frames && dev->max_segment_bytes >= PAGE_SIZE)
        return 1;
    *nr_segments = MIN(*nr_segments, (unsigned)SEGMENTS_MAX);
    return IN_FLIGHT_MAX;
}

/*
 * Make the transfer on the heap if `can_outlive`; otherwise, or without memory, on the caller's
 * stack, with an unbounded wait.
 */
static struct transfer *transfer_make(struct block_device *dev, bool can_outlive,
                                      const struct memory *memory, size_t nr_bytes,
                                      struct transfer *on_stack)
{
    unsigned nr_segments;
    unsigned nr_pieces = cut(dev, memory, nr_bytes, &nr_segments);
    bool is_more = nr_segments > 1;
    struct transfer *t =
        can_outlive ? transfer_alloc(is_more ? nr_pieces * nr_segments : 0, memory) : NULL;
    struct block_segment *segments;

    can_outlive = t;
    if (!t) {
        t = on_stack;
        nr_pieces = IN_FLIGHT_MAX;
        nr_segments = 1;
        is_more = false;
    }
    segments = is_more ? (struct block_segment *)(t + 1) : t->own_segments;
    sem_init(&t->free, nr_pieces);
    t->busy = 0;
    t->nr_users = 1;
    t->error = 0;
    t->can_outlive = can_outlive;
    t->has_given_up = false;
    t->is_held = false;
    t->dev = dev->disk;
    t->nr_pieces = nr_pieces;
    t->nr_segments_max = nr_segments;
    for (unsigned i = 0; i < nr_pieces; i++)
        t->pieces[i].segments = segments + i * nr_segments;
    return t;
}

/* Wait for one unit. False: the disk was silent for too long; logged and marked. */
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

/* Wait for a free piece; NULL: timed out. */
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

/* Wait for the pieces in flight and release t. */
static int transfer_end(struct transfer *t)
{
    int error = 0;

    for (unsigned i = 0; i < t->nr_pieces; i++) {
        if (unit_get(t))
            continue;
        for (size_t k = 0; k < t->nr_frames; k++)
            frame_get(t->frames[k]);
        t->is_held = true;
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

/* Find the byte at `at`, and how many of nr_bytes are contiguous from there. */
static size_t memory_at(const struct memory *memory, size_t at, size_t nr_bytes, void **data)
{
    if (memory->data) {
        *data = (char *)memory->data + at;
        return nr_bytes;
    }
    size_t place = memory->offset + at, n = PAGE_SIZE - place % PAGE_SIZE;
    struct frame *const *frame = memory->frames + place / PAGE_SIZE;

    *data = (char *)frame_to_virt(*frame) + place % PAGE_SIZE;
    for (; n < nr_bytes && frame[1] == frame[0] + 1; frame++)
        n += PAGE_SIZE;
    return MIN(n, nr_bytes);
}

/* Fill the piece's segments with bytes from `at` on, as many as a request takes; returns their
 * number. */
static size_t piece_fill(struct piece *piece, unsigned nr_max, const struct block_device *dev,
                         const struct memory *memory, size_t at, size_t nr_bytes, unsigned *nr_out)
{
    uint32_t most = ALIGN_DOWN(dev->max_segment_bytes, dev->block_size);
    size_t end =
        MIN(nr_bytes, (size_t)ALIGN_DOWN(dev->max_sectors << SECTOR_SHIFT, dev->block_size));
    size_t n = 0;
    unsigned nr = 0;

    while (n < end && nr < nr_max) {
        struct block_segment *segment = &piece->segments[nr++];

        segment->len =
            (uint32_t)MIN(memory_at(memory, at + n, end - n, &segment->data), (size_t)most);
        n += segment->len;
    }
    *nr_out = nr;
    return n;
}

/* can_outlive: memory->frames lists referenced frames. */
static int move(struct block_device *dev, enum block_op op, uint64_t sector,
                const struct memory *memory, uint32_t nr_sectors)
{
    size_t nr_bytes = (size_t)nr_sectors << SECTOR_SHIFT, at = 0;
    struct transfer on_stack;
    struct transfer *t = transfer_make(dev, memory->nr_frames != 0, memory, nr_bytes, &on_stack);

    while (at < nr_bytes && __atomic_load_n(&t->error, __ATOMIC_RELAXED) == 0) {
        struct piece *piece = piece_get(t);
        unsigned nr;

        if (!piece)
            break;
        size_t n = piece_fill(piece, t->nr_segments_max, dev, memory, at, nr_bytes - at, &nr);

        block_request_init(&piece->rq, op, sector + (at >> SECTOR_SHIFT), piece->segments, nr,
                           piece_done, t);
        piece_start(t, dev, piece);
        at += n;
    }
    return transfer_end(t);
}

/* Check the whole range first, so that a write beyond the end writes nothing. */
static int check_range(const struct block_device *dev, uint64_t sector, uint64_t nr_sectors)
{
    if (sector > dev->nr_sectors || nr_sectors > dev->nr_sectors - sector)
        return -ENXIO;
    return 0;
}

int block_move_bounced(struct block_device *dev, enum block_op op, uint64_t sector, void *data,
                       uint32_t nr_sectors)
{
    unsigned order = nr_sectors <= PAGE_SIZE / SECTOR_SIZE ? 0 : BOUNCE_ORDER;
    uint32_t most = (uint32_t)(PAGE_SIZE << order) / SECTOR_SIZE;
    struct frame *bounce = frame_alloc(order, 0);
    int error = 0;

    if (!bounce)
        return -ENOMEM;
    struct memory memory = {.data = frame_to_virt(bounce), .frames = &bounce, .nr_frames = 1};

    while (nr_sectors > 0 && error == 0) {
        uint32_t now = MIN(nr_sectors, most);
        size_t bytes = (size_t)now << SECTOR_SHIFT;

        if (op == BLOCK_WRITE)
            memcpy(frame_to_virt(bounce), data, bytes);
        error = move(dev, op, sector, &memory, now);
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
        return move(dev, op, sector, &(struct memory){.data = data}, nr_sectors);
    return block_move_bounced(dev, op, sector, data, nr_sectors);
}

static int transfer_frames(struct block_device *dev, enum block_op op, uint64_t sector,
                           struct frame *const *frames, size_t offset, uint32_t nr_sectors)
{
    size_t nr_bytes = offset + ((size_t)nr_sectors << SECTOR_SHIFT);
    int error = check_range(dev, sector, nr_sectors);

    if (error != 0)
        return error;
    return move(dev, op, sector,
                &(struct memory){.frames = frames,
                                 .nr_frames = ALIGN_UP(nr_bytes, PAGE_SIZE) / PAGE_SIZE,
                                 .offset = offset},
                nr_sectors);
}

int block_read_frames(struct block_device *dev, uint64_t sector, struct frame *const *frames,
                      size_t offset, uint32_t nr_sectors)
{
    return transfer_frames(dev, BLOCK_READ, sector, frames, offset, nr_sectors);
}

int block_write_frames(struct block_device *dev, uint64_t sector, struct frame *const *frames,
                       size_t offset, uint32_t nr_sectors)
{
    return transfer_frames(dev, BLOCK_WRITE, sector, frames, offset, nr_sectors);
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

/* Not pages: none. */
static const struct memory nothing = {.data = &timeout_ns};

int block_flush(struct block_device *dev)
{
    struct transfer on_stack;
    struct transfer *t = transfer_make(dev, true, &nothing, 0, &on_stack);
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
    t = transfer_make(dev, true, &nothing, UINT64_MAX, &on_stack);
    while (nr_sectors > 0 && __atomic_load_n(&t->error, __ATOMIC_RELAXED) == 0) {
        uint64_t now = MIN(nr_sectors, most);
        struct piece *piece = piece_get(t);

        if (!piece)
            break;
        block_request_init(&piece->rq, BLOCK_DISCARD, sector, NULL, 0, piece_done, t);
        piece->rq.nr_sectors = (uint32_t)now;
        piece_start(t, dev, piece);
        sector += now;
        nr_sectors -= now;
    }
    return transfer_end(t);
}
