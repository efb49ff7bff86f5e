/*
 * Writing a tree. A property's name offset is written as the distance of its string from the end of
 * the buffer, since the strings grow downwards; finish turns it into an offset in the strings
 * block.
 */
#include <base/errno.h>
#include <fdt/writer.h>
#include <printf/printf.h>
#include <string/string.h>

#include "private.h"

#define RESERVATION_SIZE 16

static void fail(struct fdt_writer *w, int error)
{
    if (!w->error)
        w->error = error;
}

/* Room for nr_bytes, 4-aligned, at the end of the structure block; NULL when there is none. */
static void *extend(struct fdt_writer *w, size_t nr_bytes)
{
    uint8_t *space = w->buf + w->pos;

    if (w->error)
        return NULL;
    if (nr_bytes > w->strings - w->pos || ALIGN_UP(nr_bytes, 4) > w->strings - w->pos) {
        fail(w, -ENOSPC);
        return NULL;
    }
    w->pos += (uint32_t)ALIGN_UP(nr_bytes, 4);
    memset(space + ALIGN_DOWN(nr_bytes, 4), 0, ALIGN_UP(nr_bytes, 4) - ALIGN_DOWN(nr_bytes, 4));
    return space;
}

static void put_raw(struct fdt_writer *w, uint32_t raw)
{
    fdt_word_t *word = extend(w, 4);

    if (word)
        *word = raw;
}

void fdt_writer_init(struct fdt_writer *w, void *buf, size_t size)
{
    size = MIN(ALIGN_DOWN(size, 4), (size_t)INT32_MAX & ~3ul);
    *w = (struct fdt_writer){
        .buf = buf, .size = (uint32_t)size, .pos = FDT_HEADER_SIZE, .strings = (uint32_t)size};
    if (size < 64) {
        w->error = -ENOSPC;
        w->pos = w->strings;
    }
}

void fdt_write_reservation(struct fdt_writer *w, paddr_t addr, uint64_t size)
{
    if (w->structs) {
        fail(w, -EINVAL);
        return;
    }
    put_raw(w, FDT_SWAP32((uint32_t)(addr.v >> 32)));
    put_raw(w, FDT_SWAP32((uint32_t)addr.v));
    put_raw(w, FDT_SWAP32((uint32_t)(size >> 32)));
    put_raw(w, FDT_SWAP32((uint32_t)size));
}

void fdt_write_begin(struct fdt_writer *w, const char *name)
{
    size_t size = strlen(name) + 1;
    char *space;

    if (w->depth == 0 && w->has_root) {
        fail(w, -EINVAL);
        return;
    }
    if (!w->structs) {
        void *terminator = extend(w, RESERVATION_SIZE);

        if (terminator)
            memset(terminator, 0, RESERVATION_SIZE);
        w->structs = w->pos;
    }
    put_raw(w, FDT_BEGIN_NODE);
    space = extend(w, size);
    if (space) {
        memcpy(space, name, size);
        w->depth++;
        w->has_root = true;
        w->has_children = false;
    }
}

void fdt_write_begin_at(struct fdt_writer *w, const char *name, uint64_t unit_address)
{
    char full[64];

    if (snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit_address) >=
        (int)sizeof(full)) {
        fail(w, -EINVAL);
        return;
    }
    fdt_write_begin(w, full);
}

void fdt_write_end(struct fdt_writer *w)
{
    if (w->depth == 0) {
        fail(w, -EINVAL);
        return;
    }
    put_raw(w, FDT_END_NODE);
    if (!w->error) {
        w->depth--;
        w->has_children = true;
    }
}

/* The distance from the end of the buffer of name, which is added unless it is there; 0: no
 * room. */
static uint32_t intern(struct fdt_writer *w, const char *name)
{
    size_t size = strlen(name) + 1;

    for (uint32_t at = w->strings; at < w->size; at += (uint32_t)strlen((char *)w->buf + at) + 1)
        if (str_equal((char *)w->buf + at, name))
            return w->size - at;
    if (size > w->strings - w->pos) {
        fail(w, -ENOSPC);
        return 0;
    }
    w->strings -= (uint32_t)size;
    memcpy(w->buf + w->strings, name, size);
    return w->size - w->strings;
}

void *fdt_write_prop_space(struct fdt_writer *w, const char *name, size_t size)
{
    uint32_t distance;
    void *value;

    if (w->depth == 0 || w->has_children)
        fail(w, -EINVAL);
    if (w->error)
        return NULL;
    distance = intern(w, name);
    put_raw(w, FDT_PROP);
    put_raw(w, FDT_SWAP32((uint32_t)size));
    put_raw(w, distance);
    value = extend(w, size);
    if (value)
        memset(value, 0, size);
    return value;
}

void fdt_write_prop(struct fdt_writer *w, const char *name, const void *value, size_t size)
{
    void *space = fdt_write_prop_space(w, name, size);

    if (space && size)
        memcpy(space, value, size);
}

void fdt_write_flag(struct fdt_writer *w, const char *name)
{
    fdt_write_prop(w, name, NULL, 0);
}

void fdt_write_cells(struct fdt_writer *w, const char *name, const uint32_t *cells, size_t nr_cells)
{
    fdt_word_t *space = fdt_write_prop_space(w, name, 4 * nr_cells);

    for (size_t i = 0; space && i < nr_cells; i++)
        space[i] = FDT_SWAP32(cells[i]);
}

void fdt_write_u32(struct fdt_writer *w, const char *name, uint32_t value)
{
    fdt_write_cells(w, name, &value, 1);
}

void fdt_write_u64(struct fdt_writer *w, const char *name, uint64_t value)
{
    fdt_write_cells(w, name, (uint32_t[]){(uint32_t)(value >> 32), (uint32_t)value}, 2);
}

void fdt_write_reg(struct fdt_writer *w, const uint64_t *pairs, size_t nr_pairs)
{
    fdt_word_t *space = fdt_write_prop_space(w, "reg", 16 * nr_pairs);

    for (size_t i = 0; space && i < 2 * nr_pairs; i++) {
        uint32_t high = (uint32_t)(pairs[i] >> 32), low = (uint32_t)pairs[i];

        space[2 * i] = FDT_SWAP32(high);
        space[2 * i + 1] = FDT_SWAP32(low);
    }
}

void fdt_write_string(struct fdt_writer *w, const char *name, const char *value)
{
    fdt_write_prop(w, name, value, strlen(value) + 1);
}

void fdt_write_strings(struct fdt_writer *w, const char *name, const char *const *values,
                       size_t nr_values)
{
    size_t size = 0;
    char *space;

    for (size_t i = 0; i < nr_values; i++)
        size += strlen(values[i]) + 1;
    space = fdt_write_prop_space(w, name, size);
    for (size_t i = 0; space && i < nr_values; i++) {
        size = strlen(values[i]) + 1;
        memcpy(space, values[i], size);
        space += size;
    }
}

/* Turn distances from the end into offsets; the block was written here and is well-formed. */
static void fix_name_offsets(struct fdt_writer *w, uint32_t strings_size)
{
    uint32_t pos = w->structs;

    while (pos < w->pos) {
        fdt_word_t *word = (fdt_word_t *)(w->buf + pos);
        uint32_t size;

        pos += 4;
        if (word[0] == FDT_BEGIN_NODE) {
            pos += (uint32_t)ALIGN_UP(strlen((char *)(word + 1)) + 1, 4);
        } else if (word[0] == FDT_PROP) {
            size = FDT_SWAP32(word[1]);
            word[2] = FDT_SWAP32(strings_size - word[2]);
            pos += 8 + ALIGN_UP(size, 4u);
        }
    }
}

int fdt_writer_finish(struct fdt_writer *w, size_t *total)
{
    struct fdt_header *header = (struct fdt_header *)w->buf;
    uint32_t strings_size = w->size - w->strings, size;

    if (w->depth || !w->has_root)
        fail(w, -EINVAL);
    put_raw(w, FDT_END);
    if (w->error)
        return w->error;
    fix_name_offsets(w, strings_size);
    memmove(w->buf + w->pos, w->buf + w->strings, strings_size);
    size = ALIGN_UP(w->pos + strings_size, 4u); /* the buffer's size is a multiple of 4 */
    memset(w->buf + w->pos + strings_size, 0, size - w->pos - strings_size);
    *header = (struct fdt_header){
        .magic = FDT_SWAP32(FDT_MAGIC),
        .total_size = FDT_SWAP32(size),
        .structs = FDT_SWAP32(w->structs),
        .strings = FDT_SWAP32(w->pos),
        .reservations = FDT_SWAP32(FDT_HEADER_SIZE),
        .version = FDT_SWAP32(FDT_VERSION),
        .compatible_version = FDT_SWAP32(FDT_COMPATIBLE_VERSION),
        .boot_hart = FDT_SWAP32(w->boot_hart),
        .strings_size = FDT_SWAP32(strings_size),
        .structs_size = FDT_SWAP32(w->pos - w->structs),
    };
    w->error = -EINVAL; /* nothing more may be written */
    *total = size;
    return 0;
}
