/*
 * A model of a bank of Intel-command-set NOR chips for the tests: nr_chips side by side on a bus,
 * each with its own state, as a data sheet tells it. Programming clears bits only.
 */
#ifndef MODEL_FLASH_H
#define MODEL_FLASH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cfi/cfi.h>

#define MODEL_CHIPS_MAX 4

enum model_mode { MODEL_ARRAY, MODEL_QUERY, MODEL_STATUS };

struct model_chip {
    enum model_mode mode;
    uint8_t status;
    unsigned busy;    /* reads of the status until ready */
    uint8_t pending;  /* first cycle of a command that has a second, or 0 */
    unsigned nr_left; /* words of a write buffer still to come */
    bool has_count;
    uint32_t buffer[4096];
    uint64_t buffer_at[4096];
    unsigned nr_buffered;
};

struct model_flash {
    struct cfi_bus bus;
    unsigned nr_chips;
    uint8_t *memory;
    uint8_t query[256];
    unsigned block_bytes; /* of all chips */
    bool is_locked[64];
    bool is_plain_memory, is_rom, never_ready, fails_program, fails_erase, drops_writes;
    unsigned busy_polls;
    uint64_t clock_ns;
    unsigned nr_pauses;
    struct model_chip chips[MODEL_CHIPS_MAX];
};

static unsigned model_lane_bytes(const struct model_flash *m)
{
    return m->bus.bytes / m->nr_chips;
}

static void model_chip_program(struct model_flash *m, struct model_chip *chip, uint64_t at,
                               uint32_t value)
{
    if (m->is_locked[at / m->block_bytes]) {
        chip->status |= 0x12;
        return;
    }
    if (m->fails_program) {
        chip->status |= 0x10;
        return;
    }
    for (unsigned i = 0; i < model_lane_bytes(m) && !m->drops_writes; i++)
        m->memory[at + i] &= (uint8_t)(value >> (8 * i));
}

static void model_chip_erase(struct model_flash *m, struct model_chip *chip, unsigned lane,
                             uint64_t at)
{
    uint64_t block = at / m->block_bytes * m->block_bytes;
    unsigned width = model_lane_bytes(m);

    if (m->is_locked[at / m->block_bytes]) {
        chip->status |= 0x22;
        return;
    }
    if (m->fails_erase) {
        chip->status |= 0x20;
        return;
    }
    for (uint64_t word = block; word < block + m->block_bytes; word += m->bus.bytes)
        memset(m->memory + word + lane * width, 0xff, width);
}

static void model_chip_second(struct model_flash *m, struct model_chip *chip, unsigned lane,
                              uint64_t at, uint32_t value)
{
    uint8_t command = chip->pending;

    chip->pending = 0;
    chip->mode = MODEL_STATUS;
    chip->busy = m->busy_polls;
    switch (command) {
    case 0x40:
        model_chip_program(m, chip, at, value);
        break;
    case 0x20:
        if ((uint8_t)value == 0xd0)
            model_chip_erase(m, chip, lane, at);
        else
            chip->status |= 0x30;
        break;
    case 0x60:
        m->is_locked[at / m->block_bytes] = (uint8_t)value == 0x01;
        break;
    }
}

static void model_chip_buffer(struct model_flash *m, struct model_chip *chip, uint64_t at,
                              uint32_t value)
{
    if (!chip->has_count) {
        chip->has_count = true;
        chip->nr_left = value + 1;
        chip->nr_buffered = 0;
        return;
    }
    if (chip->nr_left > 0) {
        chip->buffer_at[chip->nr_buffered] = at;
        chip->buffer[chip->nr_buffered++] = value;
        chip->nr_left--;
        return;
    }
    chip->pending = 0;
    chip->has_count = false;
    chip->busy = m->busy_polls;
    uint64_t window = (1ull << m->query[0x2a]) * m->nr_chips;
    for (unsigned i = 0; i < chip->nr_buffered; i++)
        if ((uint8_t)value != 0xd0 || chip->buffer_at[i] / window != chip->buffer_at[0] / window)
            chip->status |= 0x30;
        else
            model_chip_program(m, chip, chip->buffer_at[i], chip->buffer[i]);
}

static void model_chip_write(struct model_flash *m, unsigned lane, uint64_t at, uint32_t value)
{
    struct model_chip *chip = &m->chips[lane];

    if (chip->pending == 0xe8) {
        model_chip_buffer(m, chip, at, value);
        return;
    }
    if (chip->pending != 0) {
        model_chip_second(m, chip, lane, at, value);
        return;
    }
    switch ((uint8_t)value) {
    case 0xff:
        chip->mode = MODEL_ARRAY;
        break;
    case 0x98:
        chip->mode = MODEL_QUERY;
        break;
    case 0x70:
        chip->mode = MODEL_STATUS;
        break;
    case 0x50:
        chip->status = 0;
        break;
    case 0xe8:
        chip->mode = MODEL_STATUS;
        chip->busy = m->busy_polls;
        chip->pending = 0xe8;
        chip->has_count = false;
        break;
    case 0x20:
    case 0x40:
    case 0x60:
        chip->pending = (uint8_t)value;
        break;
    }
}

static uint32_t model_chip_read(struct model_flash *m, unsigned lane, uint64_t at)
{
    struct model_chip *chip = &m->chips[lane];
    uint32_t value = 0;
    uint64_t word = at / m->bus.bytes;

    switch (chip->mode) {
    case MODEL_ARRAY:
        memcpy(&value, m->memory + at, model_lane_bytes(m));
        return value;
    case MODEL_QUERY:
        return word < sizeof(m->query) ? m->query[word] : 0;
    default:
        if (m->never_ready)
            return 0;
        if (chip->busy > 0) {
            chip->busy--;
            return 0;
        }
        return chip->status | 0x80;
    }
}

static void model_access_check(struct model_flash *m, uint64_t offset)
{
    if (offset % m->bus.bytes != 0 || offset >= m->bus.nr_bytes) {
        fprintf(stderr, "model flash: bad access at %#llx\n", (unsigned long long)offset);
        abort();
    }
}

static uint32_t model_read(struct cfi_bus *bus, uint64_t offset)
{
    struct model_flash *m = container_of(bus, struct model_flash, bus);
    uint32_t value = 0;

    model_access_check(m, offset);
    if (m->is_plain_memory || m->is_rom) {
        memcpy(&value, m->memory + offset, bus->bytes);
        return value;
    }
    for (unsigned lane = 0; lane < m->nr_chips; lane++) {
        unsigned width = model_lane_bytes(m);
        value |= model_chip_read(m, lane, offset + lane * width) << (8 * width * lane);
    }
    return value;
}

static void model_write(struct cfi_bus *bus, uint64_t offset, uint32_t value)
{
    struct model_flash *m = container_of(bus, struct model_flash, bus);

    model_access_check(m, offset);
    if (m->is_plain_memory)
        memcpy(m->memory + offset, &value, bus->bytes);
    if (m->is_plain_memory || m->is_rom)
        return;
    for (unsigned lane = 0; lane < m->nr_chips; lane++) {
        unsigned width = model_lane_bytes(m);
        uint32_t part =
            width == 4 ? value : (value >> (8 * width * lane)) & ((1u << 8 * width) - 1);
        model_chip_write(m, lane, offset + lane * width, part);
    }
}

static uint64_t model_now_ns(struct cfi_bus *bus)
{
    struct model_flash *m = container_of(bus, struct model_flash, bus);
    return m->clock_ns += 1000;
}

static void model_pause(struct cfi_bus *bus)
{
    struct model_flash *m = container_of(bus, struct model_flash, bus);
    m->nr_pauses++;
    m->clock_ns += 1000000;
}

/* size: of the bank, a power of two; buffer_bits: of one chip. */
static void model_init(struct model_flash *m, unsigned bus_bytes, unsigned nr_chips, uint64_t size,
                       unsigned block_bytes, unsigned buffer_bits)
{
    memset(m, 0, sizeof(*m));
    m->bus = (struct cfi_bus){bus_bytes, size, model_read, model_write, model_now_ns, model_pause};
    m->nr_chips = nr_chips;
    m->block_bytes = block_bytes;
    m->memory = malloc(size);
    for (uint64_t i = 0; i < size; i++)
        m->memory[i] = (uint8_t)(i * 7 + i / 256);

    uint8_t *q = m->query;
    uint64_t chip_bytes = size / nr_chips;
    unsigned chip_block = block_bytes / nr_chips / 256;
    unsigned last_block = (unsigned)(size / block_bytes) - 1;
    memcpy(q + 0x10, "QRY\1\0\x31", 6);
    q[0x1f] = 7;
    q[0x20] = 7;
    q[0x21] = 10;
    q[0x23] = q[0x24] = q[0x25] = 4;
    while ((1ull << q[0x27]) < chip_bytes)
        q[0x27]++;
    q[0x2a] = (uint8_t)buffer_bits;
    q[0x2c] = 1;
    q[0x2d] = (uint8_t)last_block;
    q[0x2e] = (uint8_t)(last_block >> 8);
    q[0x2f] = (uint8_t)chip_block;
    q[0x30] = (uint8_t)(chip_block >> 8);
    memcpy(q + 0x31, "PRI10", 5);
    q[0x36] = 1 << 5;
}

static void model_fini(struct model_flash *m)
{
    free(m->memory);
}

#endif
