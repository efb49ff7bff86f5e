#include <cfi/cfi.h>

#include <base/errno.h>

/* Commands (AP-646, table 3); each chip on the bus gets the same in its lanes. */
#define CMD_READ_ARRAY   0xff
#define CMD_QUERY        0x98
#define CMD_READ_STATUS  0x70
#define CMD_CLEAR_STATUS 0x50
#define CMD_PROGRAM      0x40
#define CMD_WRITE_BUFFER 0xe8
#define CMD_ERASE        0x20
#define CMD_CONFIRM      0xd0
#define CMD_LOCK_SETUP   0x60
#define CMD_LOCK         0x01
#define CMD_UNLOCK       0xd0

/* Status register */
#define STATUS_READY         0x80
#define STATUS_ERASE_ERROR   0x20
#define STATUS_PROGRAM_ERROR 0x10
#define STATUS_VPP_LOW       0x08
#define STATUS_LOCKED        0x02
#define STATUS_ERRORS        (STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR | STATUS_VPP_LOW | STATUS_LOCKED)

/* Query structure (JESD68.01), in units of the chip's width */
#define QUERY_ADDRESS     0x55
#define QUERY_QRY         0x10
#define QUERY_COMMAND_SET 0x13
#define QUERY_EXTENDED    0x15
#define QUERY_TIMES       0x1f /* word program, buffer (2^n us), block erase (2^n ms) */
#define QUERY_TIMES_MAX   0x23 /* the same three: 2^n times the above at most */
#define QUERY_SIZE        0x27 /* 2^n bytes */
#define QUERY_BUFFER      0x2a /* 2^n bytes */
#define QUERY_NR_REGIONS  0x2c
#define QUERY_REGIONS     0x2d

#define COMMAND_SET_INTEL_EXTENDED 0x0001
#define COMMAND_SET_INTEL_STANDARD 0x0003

/* Extended query "PRI", feature bits at +5: legacy lock and instant lock of single blocks */
#define EXTENDED_LOCKS (1u << 3 | 1u << 5)

#define POLLS_WITHOUT_PAUSE 64
#define TIME_AT_LEAST_NS    NS_PER_SEC /* slow buses, busy hosts */

/* value in the lanes of every chip */
static uint32_t lanes(const struct cfi_bus *bus, unsigned nr_chips, uint32_t value)
{
    unsigned lane_bits = bus->bytes / nr_chips * 8;
    uint32_t all = 0;

    for (unsigned i = 0; i < nr_chips; i++)
        all |= value << (i * lane_bits);
    return all;
}

static void command(struct cfi *cfi, uint64_t offset, uint32_t value)
{
    cfi->bus->write(cfi->bus, offset, lanes(cfi->bus, cfi->nr_chips, value));
}

static uint32_t bus_read(struct cfi *cfi, uint64_t offset)
{
    return cfi->bus->read(cfi->bus, offset);
}

static void read_array(struct cfi *cfi, uint64_t offset)
{
    command(cfi, offset, CMD_READ_ARRAY);
}

/*
 * --- query ---------------------------------------------------------------------------------------
 */

static uint8_t query_u8(struct cfi *cfi, unsigned at)
{
    return (uint8_t)bus_read(cfi, (uint64_t)at * cfi->bus->bytes);
}

static uint32_t query_u16(struct cfi *cfi, unsigned at)
{
    return query_u8(cfi, at) | (uint32_t)query_u8(cfi, at + 1) << 8;
}

static bool answers(struct cfi *cfi)
{
    const char text[] = {'Q', 'R', 'Y'};

    for (unsigned i = 0; i < sizeof(text); i++) {
        uint32_t expected = lanes(cfi->bus, cfi->nr_chips, (uint8_t)text[i]);
        if (bus_read(cfi, (uint64_t)(QUERY_QRY + i) * cfi->bus->bytes) != expected)
            return false;
    }
    return true;
}

/*
 * Send the query with nr_chips lanes; in query mode if true. If the bank turns out to be plain
 * memory, restore the word that the command has overwritten.
 */
static bool try_query(struct cfi *cfi, unsigned nr_chips)
{
    uint64_t at = (uint64_t)QUERY_ADDRESS * cfi->bus->bytes;
    uint32_t sent;

    cfi->nr_chips = nr_chips;
    sent = lanes(cfi->bus, nr_chips, CMD_QUERY);
    uint32_t before = bus_read(cfi, at);
    command(cfi, at, CMD_QUERY);
    if (answers(cfi))
        return true;
    if (before != sent && bus_read(cfi, at) == sent)
        cfi->bus->write(cfi->bus, at, before);
    else if (bus_read(cfi, at) != before)
        read_array(cfi, 0);
    return false;
}

/* Compute a time limit from a 2^n exponent and a 2^m multiplier; implausible exponents give the
 * minimum. */
static uint64_t limit_ns(struct cfi *cfi, unsigned which, uint64_t unit_ns)
{
    unsigned bits =
        (unsigned)query_u8(cfi, QUERY_TIMES + which) + query_u8(cfi, QUERY_TIMES_MAX + which);
    uint64_t ns = bits < 20 ? unit_ns << bits : 0;

    return MAX(ns, TIME_AT_LEAST_NS);
}

static int read_regions(struct cfi *cfi)
{
    unsigned nr = query_u8(cfi, QUERY_NR_REGIONS);
    uint64_t offset = 0;

    if (nr == 0 || nr > CFI_REGIONS_MAX)
        return -EBADMSG;
    for (unsigned i = 0; i < nr; i++) {
        struct cfi_region *region = &cfi->regions[i];
        uint32_t nr_blocks = query_u16(cfi, QUERY_REGIONS + 4 * i) + 1;
        uint32_t size = query_u16(cfi, QUERY_REGIONS + 4 * i + 2);
        /* in units of 256 bytes; 0 means 128 bytes */
        uint32_t block_bytes = (size == 0 ? 128 : size * 256) * cfi->nr_chips;

        if (block_bytes % cfi->bus->bytes != 0)
            return -EBADMSG;
        *region = (struct cfi_region){offset, block_bytes, nr_blocks};
        offset += (uint64_t)block_bytes * nr_blocks;
    }
    if (offset != cfi->nr_bytes)
        return -EBADMSG;
    cfi->nr_regions = nr;
    return 0;
}

static int read_query(struct cfi *cfi)
{
    uint32_t set = query_u16(cfi, QUERY_COMMAND_SET);
    unsigned size_bits = query_u8(cfi, QUERY_SIZE);
    unsigned buffer_bits = query_u8(cfi, QUERY_BUFFER);

    if (set != COMMAND_SET_INTEL_EXTENDED && set != COMMAND_SET_INTEL_STANDARD)
        return -ENOTSUP;
    if (size_bits < 12 || size_bits > 32 || buffer_bits > 16)
        return -EBADMSG;
    cfi->nr_bytes = (1ull << size_bits) * cfi->nr_chips;
    if (cfi->nr_bytes > cfi->bus->nr_bytes)
        return -EBADMSG; /* some of the chips are inaccessible */
    cfi->write_buffer_bytes = buffer_bits == 0 ? 0 : (1u << buffer_bits) * cfi->nr_chips;
    if (cfi->write_buffer_bytes < cfi->bus->bytes)
        cfi->write_buffer_bytes = 0;
    cfi->program_ns = limit_ns(cfi, 0, NS_PER_USEC);
    cfi->buffer_ns = limit_ns(cfi, 1, NS_PER_USEC);
    cfi->erase_ns = limit_ns(cfi, 2, NS_PER_MSEC);

    uint32_t extended = query_u16(cfi, QUERY_EXTENDED);
    if (extended >= QUERY_REGIONS && extended < 0x400 && query_u8(cfi, extended) == 'P' &&
        query_u8(cfi, extended + 1) == 'R' && query_u8(cfi, extended + 2) == 'I')
        cfi->has_locks = (query_u8(cfi, extended + 5) & EXTENDED_LOCKS) != 0;
    return read_regions(cfi);
}

int cfi_query(struct cfi *cfi, struct cfi_bus *bus)
{
    *cfi = (struct cfi){.bus = bus};

    if (bus->nr_bytes < KIB(4))
        return -ENODEV;
    for (unsigned nr_chips = 1; nr_chips <= bus->bytes; nr_chips *= 2) {
        if (!try_query(cfi, nr_chips))
            continue;
        int err = read_query(cfi);
        read_array(cfi, 0);
        return err;
    }
    return -ENODEV;
}

/*
 * --- commands ------------------------------------------------------------------------------------
 */

/*
 * Wait until every chip is ready; reads return their status meanwhile. Returns 0 with the union of
 * their error bits, or -ETIMEDOUT.
 */
static int wait_ready(struct cfi *cfi, uint64_t offset, uint64_t limit, uint32_t *errors)
{
    struct cfi_bus *bus = cfi->bus;
    uint32_t ready = lanes(bus, cfi->nr_chips, STATUS_READY);
    uint64_t start = bus->now_ns(bus);

    for (unsigned polls = 0;; polls++) {
        uint32_t status = bus_read(cfi, offset);
        if ((status & ready) == ready) {
            *errors = 0;
            for (unsigned i = 0; i < cfi->nr_chips; i++)
                *errors |= (status >> (i * bus->bytes / cfi->nr_chips * 8)) & STATUS_ERRORS;
            return 0;
        }
        if (bus->now_ns(bus) - start > limit)
            return -ETIMEDOUT;
        if (polls >= POLLS_WITHOUT_PAUSE)
            bus->pause(bus);
    }
}

/* End a command: wait, clear the status, return to read-array mode. */
static int finish(struct cfi *cfi, uint64_t offset, uint64_t limit)
{
    uint32_t errors = 0;
    int result = wait_ready(cfi, offset, limit, &errors);

    if (result == 0 && (errors & STATUS_LOCKED) != 0)
        result = -EACCES;
    else if (result == 0 && errors != 0)
        result = -EIO;
    command(cfi, offset, CMD_CLEAR_STATUS);
    read_array(cfi, offset);
    return result;
}

static int program_word(struct cfi *cfi, uint64_t offset, uint32_t word)
{
    command(cfi, offset, CMD_PROGRAM);
    cfi->bus->write(cfi->bus, offset, word);
    return finish(cfi, offset, cfi->program_ns);
}

/*
 * Merge the bytes of a range into the bus word at offset, as read from the flash.
 */
struct source {
    uint64_t start, end; /* of the range, in the bank */
    const uint8_t *data;
};

static uint32_t merge(const struct cfi *cfi, const struct source *source, uint64_t offset,
                      uint32_t old)
{
    uint32_t word = old;

    for (unsigned i = 0; i < cfi->bus->bytes; i++) {
        if (offset + i >= source->start && offset + i < source->end) {
            word &= ~(0xffu << (8 * i));
            word |= (uint32_t)source->data[offset + i - source->start] << (8 * i);
        }
    }
    return word;
}

/*
 * Program nr_words from offset, all in one write buffer. edge: words that the range covers only
 * partly.
 */
static int program_buffer(struct cfi *cfi, const struct source *source, uint64_t offset,
                          unsigned nr_words)
{
    unsigned width = cfi->bus->bytes;
    uint64_t last = offset + (uint64_t)(nr_words - 1) * width;
    uint32_t first_old = bus_read(cfi, offset);
    uint32_t last_old = bus_read(cfi, last);
    uint32_t errors;

    command(cfi, offset, CMD_WRITE_BUFFER);
    int err = wait_ready(cfi, offset, cfi->buffer_ns, &errors);
    if (err != 0) {
        read_array(cfi, offset);
        return err;
    }
    command(cfi, offset, nr_words - 1);
    for (uint64_t at = offset; at <= last; at += width) {
        uint32_t old = at == offset ? first_old : at == last ? last_old : 0;
        cfi->bus->write(cfi->bus, at, merge(cfi, source, at, old));
    }
    command(cfi, offset, CMD_CONFIRM);
    return finish(cfi, offset, cfi->buffer_ns);
}

/* True if only bits must be cleared. */
static bool can_program(struct cfi *cfi, const struct source *source, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += cfi->bus->bytes) {
        uint32_t old = bus_read(cfi, at);
        uint32_t new = merge(cfi, source, at, old);
        if ((new & ~old) != 0)
            return false;
    }
    return true;
}

int cfi_program(struct cfi *cfi, uint64_t offset, const void *data, size_t nr_bytes)
{
    unsigned width = cfi->bus->bytes;
    struct source source = {offset, offset + nr_bytes, data};
    uint64_t at = ALIGN_DOWN(offset, width);
    uint64_t end = ALIGN_UP(offset + nr_bytes, width);

    if (!can_program(cfi, &source, at, end))
        return -EIO;
    while (at < end) {
        uint64_t next = at + width;
        int err;

        if (cfi->write_buffer_bytes != 0) {
            next = MIN(end, ALIGN_DOWN(at, cfi->write_buffer_bytes) + cfi->write_buffer_bytes);
            err = program_buffer(cfi, &source, at, (unsigned)((next - at) / width));
        } else {
            err = program_word(cfi, at, merge(cfi, &source, at, bus_read(cfi, at)));
        }
        if (err != 0)
            return err;
        for (; at < next; at += width) {
            uint32_t now = bus_read(cfi, at);
            if (merge(cfi, &source, at, now) != now)
                return -EIO;
        }
    }
    return 0;
}

bool cfi_block(const struct cfi *cfi, uint64_t offset, uint64_t *start, uint32_t *nr_bytes)
{
    for (unsigned i = 0; i < cfi->nr_regions; i++) {
        const struct cfi_region *region = &cfi->regions[i];
        uint64_t inside = offset - region->offset;

        if (inside < (uint64_t)region->block_bytes * region->nr_blocks) {
            *start = region->offset + inside / region->block_bytes * region->block_bytes;
            *nr_bytes = region->block_bytes;
            return true;
        }
    }
    return false;
}

int cfi_erase_block(struct cfi *cfi, uint64_t offset)
{
    command(cfi, offset, CMD_ERASE);
    command(cfi, offset, CMD_CONFIRM);
    return finish(cfi, offset, cfi->erase_ns);
}

int cfi_lock_block(struct cfi *cfi, uint64_t offset, bool is_locked)
{
    if (!cfi->has_locks)
        return -EOPNOTSUPP;
    command(cfi, offset, CMD_LOCK_SETUP);
    command(cfi, offset, is_locked ? CMD_LOCK : CMD_UNLOCK);
    return finish(cfi, offset, cfi->erase_ns);
}
