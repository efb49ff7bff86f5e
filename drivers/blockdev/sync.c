/*
 * Block I/O that waits: cuts a transfer into requests that the device takes, keeps several in
 * flight, and sleeps until all are done. Memory that a device cannot reach (stacks, static
 * variables) is copied through a buffer.
 */
#include <blockdev/blockdev.h>

#include <arch/memory.h>
#include <base/errno.h>
#include <heap/heap.h>
#include <string/string.h>
#include <sync/semaphore.h>

#define IN_FLIGHT_MAX 4
#define BOUNCE_BYTES  KIB(32)

struct transfer;

struct piece {
    struct block_request rq;
    struct block_segment segment;
};

/* On the waiter's stack. The semaphore counts pieces that are free. */
struct transfer {
    struct semaphore free;
    uint32_t busy; /* [a] bit i: pieces[i] is in flight */
    int error;     /* [a] the first that happened */
    struct piece pieces[IN_FLIGHT_MAX];
};

static void note_error(struct transfer *t, int error)
{
    int none = 0;
    if (error != 0)
        __atomic_compare_exchange_n(&t->error, &none, error, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
}

/*
 * Interrupt context. The last touch of t is in sem_up: the waiter returns only after all units are
 * back.
 */
static void piece_done(struct block_request *rq)
{
    struct transfer *t = rq->ctx;
    struct piece *piece = container_of(rq, struct piece, rq);

    note_error(t, rq->error);
    __atomic_fetch_and(&t->busy, ~(1u << (piece - t->pieces)), __ATOMIC_RELEASE);
    sem_up(&t->free);
}

static void transfer_init(struct transfer *t)
{
    sem_init(&t->free, IN_FLIGHT_MAX);
    t->busy = 0;
    t->error = 0;
}

/* Waits for a piece that is not in flight. */
static struct piece *piece_get(struct transfer *t)
{
    sem_down(&t->free);
    uint32_t busy = __atomic_load_n(&t->busy, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < IN_FLIGHT_MAX; i++) {
        if (!(busy & (1u << i)))
            return &t->pieces[i];
    }
    __builtin_unreachable();
}

static void piece_start(struct transfer *t, struct block_device *dev, struct piece *piece)
{
    __atomic_fetch_or(&t->busy, 1u << (piece - t->pieces), __ATOMIC_RELAXED);
    int error = block_submit(dev, &piece->rq);
    if (error != 0) {
        piece->rq.error = error;
        piece_done(&piece->rq);
    }
}

static int transfer_wait(struct transfer *t)
{
    for (unsigned i = 0; i < IN_FLIGHT_MAX; i++)
        sem_down(&t->free);
    return __atomic_load_n(&t->error, __ATOMIC_RELAXED);
}

static bool is_reachable(const void *data)
{
    vaddr_t va = (uintptr_t)data;
    return va >= ARCH_DIRECT_MAP_BASE && va < ARCH_VMEMMAP_BASE;
}

/* data: reachable by the device. */
static int move(struct block_device *dev, enum block_op op, uint64_t sector, void *data,
                uint32_t nr_sectors)
{
    struct transfer t;
    uint32_t per_block = dev->block_size / SECTOR_SIZE;
    uint32_t most = MIN(dev->max_sectors, dev->max_segment_bytes / SECTOR_SIZE);

    most = ALIGN_DOWN(most, per_block);
    transfer_init(&t);
    while (nr_sectors > 0 && __atomic_load_n(&t.error, __ATOMIC_RELAXED) == 0) {
        uint32_t now = MIN(nr_sectors, most);
        struct piece *piece = piece_get(&t);

        piece->segment = (struct block_segment){data, now << SECTOR_SHIFT};
        block_request_init(&piece->rq, op, sector, &piece->segment, 1, piece_done, &t);
        piece_start(&t, dev, piece);
        sector += now;
        nr_sectors -= now;
        data = (char *)data + ((size_t)now << SECTOR_SHIFT);
    }
    return transfer_wait(&t);
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
    uint32_t most = BOUNCE_BYTES / SECTOR_SIZE;
    char *bounce = heap_alloc((size_t)MIN(nr_sectors, most) << SECTOR_SHIFT);
    int error = 0;

    if (bounce == NULL)
        return -ENOMEM;
    while (nr_sectors > 0 && error == 0) {
        uint32_t now = MIN(nr_sectors, most);
        size_t bytes = (size_t)now << SECTOR_SHIFT;

        if (op == BLOCK_WRITE)
            memcpy(bounce, data, bytes);
        error = move(dev, op, sector, bounce, now);
        if (op == BLOCK_READ && error == 0)
            memcpy(data, bounce, bytes);
        sector += now;
        nr_sectors -= now;
        data = (char *)data + bytes;
    }
    heap_free(bounce);
    return error;
}

static int transfer(struct block_device *dev, enum block_op op, uint64_t sector, void *data,
                    uint32_t nr_sectors)
{
    int error = check_range(dev, sector, nr_sectors);

    if (error != 0)
        return error;
    if (is_reachable(data))
        return move(dev, op, sector, data, nr_sectors);
    return move_bounced(dev, op, sector, data, nr_sectors);
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
    struct transfer t;

    transfer_init(&t);
    struct piece *piece = piece_get(&t);
    block_request_init(&piece->rq, BLOCK_FLUSH, 0, NULL, 0, piece_done, &t);
    piece_start(&t, dev, piece);
    return transfer_wait(&t);
}

int block_discard(struct block_device *dev, uint64_t sector, uint64_t nr_sectors)
{
    struct transfer t;
    int error = check_range(dev, sector, nr_sectors);

    if (error != 0)
        return error;
    uint32_t per_block = dev->block_size / SECTOR_SIZE;
    uint64_t most = ALIGN_DOWN(dev->max_discard_sectors, per_block);
    if (most == 0)
        return -EOPNOTSUPP;
    transfer_init(&t);
    while (nr_sectors > 0 && __atomic_load_n(&t.error, __ATOMIC_RELAXED) == 0) {
        uint64_t now = MIN(nr_sectors, most);
        struct piece *piece = piece_get(&t);

        block_request_init(&piece->rq, BLOCK_DISCARD, sector, NULL, 0, piece_done, &t);
        piece->rq.nr_sectors = (uint32_t)now;
        piece_start(&t, dev, piece);
        sector += now;
        nr_sectors -= now;
    }
    return transfer_wait(&t);
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
                     size_t nr_bytes, char *block)
{
    uint32_t per_block = dev->block_size / SECTOR_SIZE;
    uint64_t sector = ALIGN_DOWN(offset, dev->block_size) >> SECTOR_SHIFT;
    size_t skip = offset & (dev->block_size - 1);

    int error = block_read(dev, sector, block, per_block);
    if (error != 0)
        return error;
    if (op == BLOCK_READ) {
        memcpy(data, block + skip, nr_bytes);
        return 0;
    }
    memcpy(block + skip, data, nr_bytes);
    return block_write(dev, sector, block, per_block);
}

static int move_bytes(struct block_device *dev, enum block_op op, uint64_t offset, char *data,
                      size_t nr_bytes)
{
    int error = check_bytes(dev, offset, nr_bytes);
    char *block = heap_alloc(dev->block_size);

    if (error == 0 && block == NULL)
        error = -ENOMEM;
    while (error == 0 && nr_bytes > 0) {
        size_t skip = offset & (dev->block_size - 1);
        size_t now;

        if (skip == 0 && nr_bytes >= dev->block_size) {
            now = ALIGN_DOWN(MIN(nr_bytes, (size_t)1 << 30), dev->block_size);
            error =
                transfer(dev, op, offset >> SECTOR_SHIFT, data, (uint32_t)(now >> SECTOR_SHIFT));
        } else {
            now = MIN(nr_bytes, dev->block_size - skip);
            error = move_part(dev, op, offset, data, now, block);
        }
        offset += now;
        data += now;
        nr_bytes -= now;
    }
    heap_free(block);
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
