/*
 * The flash model; see vpflash.h. Command and status bits: Intel 28F128J3A data sheet, tables 4 and
 * 17; the query table: JEP137 and the Intel extended query.
 */
#include <bits/bits.h>
#include <string/string.h>
#include <vpflash/vpflash.h>

enum {
    CMD_READ_ARRAY = 0xff,
    CMD_READ_ARRAY_AMD = 0xf0, /* reset of the other command set: drivers that probe try both */
    CMD_PROGRAM = 0x40,
    CMD_PROGRAM_ALTERNATE = 0x10,
    CMD_ERASE = 0x20,
    CMD_CONFIRM = 0xd0,
    CMD_CLEAR_STATUS = 0x50,
    CMD_LOCK = 0x60,
    CMD_LOCK_SET = 0x01,
    CMD_READ_STATUS = 0x70,
    CMD_READ_ID = 0x90,
    CMD_QUERY = 0x98,
    CMD_BUFFER = 0xe8,
    STATUS_READY = 0x80,
    STATUS_ERASE_ERROR = 0x20,
    STATUS_PROGRAM_ERROR = 0x10,
    STATUS_SEQUENCE_ERROR = STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR,
    BUS_BYTES = 4,
};

/* The query table of one chip, less the fields that depend on its size. From word 0x10 on. */
static const uint8_t query_table[] = {
    'Q',  'R',  'Y',  0x01, 0x00, /* 13: Intel extended command set */
    0x31, 0x00,                   /* 15: its table */
    0x00, 0x00, 0x00, 0x00,       /* 17: no alternate command set */
    0x45, 0x55, 0x00, 0x00,       /* 1b: supply 4.5 to 5.5 V, no programming voltage */
    0x07, 0x07, 0x0a, 0x00,       /* 1f: typical times: 2^7 us word, 2^7 us buffer, 2^10 ms block */
    0x04, 0x04, 0x04, 0x00,       /* 23: 2^4 times as much at most */
    0x00,                         /* 27: log2 of the chip's size, filled in */
    0x02, 0x00,                   /* 28: x8 and x16 */
    0x09, 0x00,                   /* 2a: log2 of the buffer: 512 bytes */
    0x01,                         /* 2c: one erase region */
    0x00, 0x00,                   /* 2d: number of blocks less one, filled in */
    0x00, 0x02,                   /* 2f: block size in units of 256 bytes: 128 KiB */
    'P',  'R',  'I',  '1',  '0',  0x00, 0x00, 0x00, 0x00, /* 36: no optional features */
    0x00,       /* 3a: nothing works while erase is suspended */
    0x00, 0x00, /* 3b: block status register mask */
    0x50, 0x00, /* 3d: best supply voltages */
    0x00,       /* 3f: no protection registers */
};

#define QUERY_FIRST 0x10u

static uint8_t query_byte(const struct vpflash *flash, uint64_t word)
{
    const uint64_t chip_size = flash->dev.size / 2;
    const uint64_t last_block = flash->dev.size / VPFLASH_BLOCK_SIZE - 1;

    switch (word) {
    case 0x27:
        return (uint8_t)bit_lowest64(chip_size);
    case 0x2d:
        return (uint8_t)last_block;
    case 0x2e:
        return (uint8_t)(last_block >> 8);
    default:
        if (word < QUERY_FIRST || word - QUERY_FIRST >= sizeof(query_table))
            return 0;
        return query_table[word - QUERY_FIRST];
    }
}

/* Manufacturer Intel, a 128 Mbit part; every block is unlocked. */
static uint8_t id_byte(uint64_t word)
{
    static const uint8_t id[] = {0x89, 0x18, 0x00};

    return (word & 0xff) < sizeof(id) ? id[word & 0xff] : 0;
}

static void set_mode(struct vpflash *flash, enum vpflash_mode mode) REQUIRES(&flash->lock)
{
    const bool was_array = flash->mode == VPFLASH_ARRAY;
    const bool is_array = mode == VPFLASH_ARRAY;

    WRITE_ONCE(flash->mode, mode);
    if (was_array != is_array && flash->backing.set_readable)
        flash->backing.set_readable(flash->backing.ctx, is_array);
}

/* End a command with error bits, or 0. */
static void finish(struct vpflash *flash, uint8_t error) REQUIRES(&flash->lock)
{
    flash->status |= error;
    set_mode(flash, VPFLASH_STATUS);
}

static uint8_t array_byte(struct vpflash *flash, uint64_t offset) REQUIRES(&flash->lock)
{
    const uint8_t *page = flash->backing.page(flash->backing.ctx, offset >> PAGE_SHIFT, false);

    return page ? page[offset & PAGE_MASK] : 0xff;
}

/* Return the byte that the two chips drive onto a lane outside read-array mode. */
static uint8_t register_byte(const struct vpflash *flash, uint64_t offset) REQUIRES(&flash->lock)
{
    if (offset % 2 != 0)
        return 0; /* the upper half of a chip's 16 bits */
    switch (flash->mode) {
    case VPFLASH_ID:
        return id_byte(offset / BUS_BYTES);
    case VPFLASH_QUERY:
        return query_byte(flash, offset / BUS_BYTES);
    default:
        return flash->status;
    }
}

static uint64_t vpflash_read(struct vdev *dev, uint64_t offset, unsigned size)
{
    struct vpflash *flash = container_of(dev, struct vpflash, dev);
    uint64_t value = 0;

    mutex_lock(&flash->lock);
    for (unsigned i = 0; i < size; i++) {
        const uint8_t byte = flash->mode == VPFLASH_ARRAY ? array_byte(flash, offset + i)
                                                          : register_byte(flash, offset + i);

        value |= (uint64_t)byte << (8 * i);
    }
    mutex_unlock(&flash->lock);
    return value;
}

/* Program: clear the bits that are clear in data. */
static uint8_t program(struct vpflash *flash, uint64_t offset, const uint8_t *data, uint64_t size)
    REQUIRES(&flash->lock)
{
    for (uint64_t i = 0; i < size; i++, offset++) {
        uint8_t *page = flash->backing.page(flash->backing.ctx, offset >> PAGE_SHIFT, true);

        if (!page)
            return STATUS_PROGRAM_ERROR;
        page[offset & PAGE_MASK] &= data[i];
    }
    return 0;
}

static uint8_t erase_block(struct vpflash *flash, uint64_t offset) REQUIRES(&flash->lock)
{
    const uint64_t first = ALIGN_DOWN(offset, VPFLASH_BLOCK_SIZE) >> PAGE_SHIFT;

    for (uint64_t i = 0; i < VPFLASH_BLOCK_SIZE >> PAGE_SHIFT; i++) {
        uint8_t *page = flash->backing.page(flash->backing.ctx, first + i, true);

        if (!page)
            return STATUS_ERASE_ERROR;
        memset(page, 0xff, PAGE_SIZE);
    }
    return 0;
}

/* Handle the first cycle of a command. */
static void command(struct vpflash *flash, uint64_t offset, uint8_t cmd) REQUIRES(&flash->lock)
{
    switch (cmd) {
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALTERNATE:
        set_mode(flash, VPFLASH_PROGRAM);
        break;
    case CMD_ERASE:
        set_mode(flash, VPFLASH_ERASE);
        break;
    case CMD_LOCK:
        set_mode(flash, VPFLASH_LOCK);
        break;
    case CMD_BUFFER:
        flash->buffer_offset = ALIGN_DOWN(offset, VPFLASH_BUFFER_SIZE);
        memset(flash->buffer, 0xff, sizeof(flash->buffer));
        set_mode(flash, VPFLASH_BUFFER_COUNT);
        break;
    case CMD_CLEAR_STATUS:
        flash->status = STATUS_READY;
        break;
    case CMD_READ_STATUS:
        set_mode(flash, VPFLASH_STATUS);
        break;
    case CMD_READ_ID:
        set_mode(flash, VPFLASH_ID);
        break;
    case CMD_QUERY:
        set_mode(flash, VPFLASH_QUERY);
        break;
    case CMD_READ_ARRAY:
    case CMD_READ_ARRAY_AMD:
    default:
        set_mode(flash, VPFLASH_ARRAY);
        break;
    }
}

static void buffer_count(struct vpflash *flash, uint64_t value) REQUIRES(&flash->lock)
{
    const unsigned nr_words = (unsigned)(value & 0xffff) + 1;

    if (nr_words > VPFLASH_BUFFER_SIZE / BUS_BYTES) {
        finish(flash, STATUS_SEQUENCE_ERROR);
        return;
    }
    flash->nr_words_left = nr_words;
    set_mode(flash, VPFLASH_BUFFER_DATA);
}

static void buffer_data(struct vpflash *flash, uint64_t offset, const uint8_t *data, unsigned size)
    REQUIRES(&flash->lock)
{
    const uint64_t index = offset - flash->buffer_offset;

    if (index >= VPFLASH_BUFFER_SIZE || size > VPFLASH_BUFFER_SIZE - index) {
        finish(flash, STATUS_SEQUENCE_ERROR);
        return;
    }
    memcpy(&flash->buffer[index], data, size);
    flash->nr_words_left -= MIN(flash->nr_words_left, (size + BUS_BYTES - 1) / BUS_BYTES);
    if (flash->nr_words_left == 0)
        set_mode(flash, VPFLASH_BUFFER_CONFIRM);
}

/* Handle a write cycle: a command, or the operand of the previous one. */
static void cycle(struct vpflash *flash, uint64_t offset, unsigned size, uint64_t value)
    REQUIRES(&flash->lock)
{
    const uint8_t cmd = (uint8_t)value;
    uint8_t data[8];

    for (unsigned i = 0; i < size; i++)
        data[i] = (uint8_t)(value >> (8 * i));

    switch (flash->mode) {
    case VPFLASH_PROGRAM:
        finish(flash, program(flash, offset, data, size));
        break;
    case VPFLASH_ERASE:
        finish(flash, cmd == CMD_CONFIRM ? erase_block(flash, offset) : STATUS_SEQUENCE_ERROR);
        break;
    case VPFLASH_LOCK: /* blocks have no persistent locks: accept both */
        finish(flash, cmd == CMD_CONFIRM || cmd == CMD_LOCK_SET ? 0 : STATUS_SEQUENCE_ERROR);
        break;
    case VPFLASH_BUFFER_COUNT:
        buffer_count(flash, value);
        break;
    case VPFLASH_BUFFER_DATA:
        buffer_data(flash, offset, data, size);
        break;
    case VPFLASH_BUFFER_CONFIRM:
        finish(flash, cmd == CMD_CONFIRM ? program(flash, flash->buffer_offset, flash->buffer,
                                                   sizeof(flash->buffer))
                                         : STATUS_SEQUENCE_ERROR);
        break;
    default:
        command(flash, offset, cmd);
        break;
    }
}

static void vpflash_write(struct vdev *dev, uint64_t offset, unsigned size, uint64_t value)
{
    struct vpflash *flash = container_of(dev, struct vpflash, dev);

    mutex_lock(&flash->lock);
    cycle(flash, offset, size, value);
    mutex_unlock(&flash->lock);
}

static bool vpflash_is_memory(const struct vdev *dev, bool is_write)
{
    const struct vpflash *flash = container_of((struct vdev *)dev, struct vpflash, dev);

    return !is_write && flash->backing.set_readable && vpflash_reads_array(flash);
}

static const struct vdev_ops vpflash_ops = {
    .read = vpflash_read, .write = vpflash_write, .is_memory = vpflash_is_memory};

void vpflash_init(struct vpflash *flash, const char *name, gpa_t base, uint64_t size,
                  struct vpflash_backing backing)
{
    *flash = (struct vpflash){
        .dev = {.name = name, .base = base, .size = size, .ops = &vpflash_ops},
        .backing = backing,
    };
    mutex_init(&flash->lock);
    ASSUME_UNSHARED(&flash->lock, "nobody knows it yet");
    flash->mode = VPFLASH_ARRAY;
    flash->status = STATUS_READY;
}
