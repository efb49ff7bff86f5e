/*
 * The banks of the device tree's cfi-flash node, and the public functions: bounds, blocks, one
 * command at a time. The commands themselves are in lib/cfi.
 *
 * A bank is queried when more than its address is first needed: firmware may still be running from
 * it while devices are probed.
 */
#include <pflash/pflash.h>

#include <arch/mmio.h>
#include <base/errno.h>
#include <cfi/cfi.h>
#include <driver/driver.h>
#include <heap/heap.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <string/string.h>
#include <sync/mutex.h>
#include <thread/thread.h>
#include <time/time.h>

#define PAUSE_NS (50 * NS_PER_USEC)

struct bank {
    struct cfi_bus bus;                 /* [I] */
    paddr_t pa;                         /* [I] */
    struct mutex lock;                  /* one command or read at a time */
    char *va GUARDED_BY(&lock);         /* [lock] NULL: not mapped yet */
    struct cfi cfi GUARDED_BY(&lock);   /* [lock] */
    bool is_queried GUARDED_BY(&lock);  /* [lock] */
    bool is_writable GUARDED_BY(&lock); /* [lock] */
};

static struct bank banks[PFLASH_BANKS_MAX]; /* [I] up to nr_banks */
static unsigned nr_banks;                   /* [a] written by the probe */

static uint32_t bus_read(struct cfi_bus *bus, uint64_t offset)
{
    struct bank *bank = container_of(bus, struct bank, bus);

    ASSUME_LOCKED(&bank->lock, "by the caller of lib/cfi, which calls this");
    return mmio_read(bank->va + offset, bus->bytes);
}

static void bus_write(struct cfi_bus *bus, uint64_t offset, uint32_t value)
{
    struct bank *bank = container_of(bus, struct bank, bus);

    ASSUME_LOCKED(&bank->lock, "by the caller of lib/cfi, which calls this");
    mmio_write(bank->va + offset, bus->bytes, value);
}

static uint64_t bus_now_ns(struct cfi_bus *bus)
{
    return time_now_ns();
}

static void bus_pause(struct cfi_bus *bus)
{
    thread_sleep_ns(PAUSE_NS);
}

/* Lock the bank, mapping it if necessary. 0, -ENODEV, -ENOMEM. */
static int bank_lock(unsigned number, struct bank **out) TRY_ACQUIRES(0, &(*out)->lock)
{
    if (number >= pflash_bank_count())
        return -ENODEV;
    struct bank *bank = &banks[number];
    mutex_lock(&bank->lock);
    if (!bank->va)
        bank->va = kmap_device(bank->pa, bank->bus.nr_bytes);
    if (!bank->va) {
        mutex_unlock(&bank->lock);
        return -ENOMEM;
    }
    *out = bank;
    LOCK_GIVEN(&bank->lock, "to the caller");
    return 0;
}

static void query(struct bank *bank) REQUIRES(&bank->lock)
{
    if (bank->is_queried)
        return;
    int err = cfi_query(&bank->cfi, &bank->bus);
    bank->is_writable = err == 0;
    bank->is_queried = true;
    if (err != 0 && err != -ENODEV)
        log_warn("pflash %u: the chips cannot be used for writing: error %d",
                 (unsigned)(bank - banks), -err);
}

static bool is_inside(const struct bank *bank, uint64_t offset, uint64_t nr_bytes)
    REQUIRES(&bank->lock)
{
    uint64_t end = bank->is_writable ? bank->cfi.nr_bytes : bank->bus.nr_bytes;

    return offset <= end && nr_bytes <= end - offset;
}

/* For the functions that write: locked, queried, in range. */
static int bank_lock_writable(unsigned number, uint64_t offset, uint64_t nr_bytes,
                              struct bank **out) TRY_ACQUIRES(0, &(*out)->lock)
{
    int err = bank_lock(number, out);

    if (err != 0)
        return err;
    query(*out);
    if (!(*out)->is_writable)
        err = -EROFS;
    else if (!is_inside(*out, offset, nr_bytes))
        err = -EINVAL;
    if (err != 0)
        mutex_unlock(&(*out)->lock);
    else
        LOCK_GIVEN(&(*out)->lock, "to the caller");
    return err;
}

unsigned pflash_bank_count(void)
{
    return __atomic_load_n(&nr_banks, __ATOMIC_ACQUIRE);
}

int pflash_bank_info(unsigned number, struct pflash_info *info)
{
    struct bank *bank;
    int err = bank_lock(number, &bank);

    if (err != 0)
        return err;
    query(bank);
    *info = (struct pflash_info){
        .pa = bank->pa,
        .nr_bytes = bank->bus.nr_bytes,
        .is_writable = bank->is_writable,
        .bus_bytes = bank->bus.bytes,
    };
    if (bank->is_writable) {
        info->nr_chips = bank->cfi.nr_chips;
        info->write_buffer_bytes = bank->cfi.write_buffer_bytes;
        info->nr_regions = bank->cfi.nr_regions;
        for (unsigned i = 0; i < bank->cfi.nr_regions; i++) {
            const struct cfi_region *r = &bank->cfi.regions[i];
            info->regions[i] = (struct pflash_region){r->offset, r->block_bytes, r->nr_blocks};
        }
    }
    mutex_unlock(&bank->lock);
    return 0;
}

int pflash_read(unsigned number, uint64_t offset, void *data, size_t nr_bytes)
{
    struct bank *bank;
    int err = bank_lock(number, &bank);

    if (err != 0)
        return err;
    if (is_inside(bank, offset, nr_bytes))
        memcpy(data, bank->va + offset, nr_bytes);
    else
        err = -EINVAL;
    mutex_unlock(&bank->lock);
    return err;
}

int pflash_program(unsigned number, uint64_t offset, const void *data, size_t nr_bytes)
{
    struct bank *bank;
    int err = bank_lock_writable(number, offset, nr_bytes, &bank);

    if (err != 0)
        return err;
    err = cfi_program(&bank->cfi, offset, data, nr_bytes);
    mutex_unlock(&bank->lock);
    return err;
}

/* Call act for each block of a range that must start and end at block boundaries. */
static int for_each_block(struct bank *bank, uint64_t offset, uint64_t nr_bytes,
                          int (*act)(struct bank *bank, uint64_t start)) REQUIRES(&bank->lock)
{
    uint64_t end = offset + nr_bytes;
    uint64_t start;
    uint32_t block_bytes;
    int err = 0;

    /* Check everything first, so that a range that ends inside a block does nothing. */
    for (uint64_t at = offset; at < end; at += block_bytes)
        if (!cfi_block(&bank->cfi, at, &start, &block_bytes) || start != at ||
            block_bytes > end - at)
            return -EINVAL;
    for (uint64_t at = offset; at < end && err == 0; at += block_bytes) {
        if (!cfi_block(&bank->cfi, at, &start, &block_bytes))
            return -EINVAL;
        err = act(bank, at);
    }
    return err;
}

static int erase_block(struct bank *bank, uint64_t start)
{
    ASSUME_LOCKED(&bank->lock, "by for_each_block()");
    return cfi_erase_block(&bank->cfi, start);
}

int pflash_erase(unsigned number, uint64_t offset, uint64_t nr_bytes)
{
    struct bank *bank;
    int err = bank_lock_writable(number, offset, nr_bytes, &bank);

    if (err != 0)
        return err;
    err = for_each_block(bank, offset, nr_bytes, erase_block);
    mutex_unlock(&bank->lock);
    return err;
}

/* Write nr_bytes at offset inside one erase block. old: a buffer for the block. */
static int write_in_block(struct bank *bank, uint64_t offset, const uint8_t *data, size_t nr_bytes,
                          uint64_t start, uint32_t block_bytes, uint8_t *old) REQUIRES(&bank->lock)
{
    bool must_erase = false;

    memcpy(old, bank->va + start, block_bytes);
    uint8_t *target = old + (offset - start);
    for (size_t i = 0; i < nr_bytes; i++)
        must_erase |= (data[i] & ~target[i]) != 0;
    if (!must_erase)
        return cfi_program(&bank->cfi, offset, data, nr_bytes);
    memcpy(target, data, nr_bytes);
    int err = cfi_erase_block(&bank->cfi, start);
    if (err == 0)
        err = cfi_program(&bank->cfi, start, old, block_bytes);
    return err;
}

int pflash_write(unsigned number, uint64_t offset, const void *data, size_t nr_bytes)
{
    struct bank *bank;
    int err = bank_lock_writable(number, offset, nr_bytes, &bank);
    const uint8_t *from = data;

    if (err != 0)
        return err;
    while (nr_bytes > 0 && err == 0) {
        uint64_t start;
        uint32_t block_bytes;
        if (!cfi_block(&bank->cfi, offset, &start, &block_bytes)) {
            err = -EINVAL;
            break;
        }
        size_t now = MIN(nr_bytes, start + block_bytes - offset);
        uint8_t *old = heap_alloc(block_bytes);
        if (!old) {
            err = -ENOMEM;
            break;
        }
        err = write_in_block(bank, offset, from, now, start, block_bytes, old);
        heap_free(old);
        offset += now;
        from += now;
        nr_bytes -= now;
    }
    mutex_unlock(&bank->lock);
    return err;
}

static int pflash_probe(struct device *dev)
{
    uint32_t bus_bytes = 0;

    if (fdt_node_u32(dev->fdt, &dev->node, "bank-width", &bus_bytes) != 0 ||
        (bus_bytes != 1 && bus_bytes != 2 && bus_bytes != 4))
        return -EINVAL;
    for (unsigned i = 0; i < dev->nr_regs; i++) {
        unsigned number = nr_banks;
        if (number == PFLASH_BANKS_MAX)
            return -ENOSPC;
        if (dev->reg[i].size == 0 || !IS_ALIGNED(dev->reg[i].base.v | dev->reg[i].size, PAGE_SIZE))
            return -EINVAL;
        struct bank *bank = &banks[number];
        mutex_init(&bank->lock);
        bank->pa = dev->reg[i].base;
        bank->bus = (struct cfi_bus){bus_bytes, dev->reg[i].size, bus_read,
                                     bus_write, bus_now_ns,       bus_pause};
        __atomic_store_n(&nr_banks, number + 1, __ATOMIC_RELEASE);
    }
    return 0;
}

DRIVER(pflash, pflash_probe, "cfi-flash");
