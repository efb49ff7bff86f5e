/*
 * Decoding of property values: cells, string lists, reg and ranges entries.
 */
#include <base/errno.h>
#include <string/string.h>

#include "private.h"

uint32_t fdt_read_u32(const void *cell)
{
    uint32_t x = *(const fdt_word_t *)cell;

    return FDT_SWAP32(x);
}

uint64_t fdt_read_cells(const void *cells, unsigned nr_cells)
{
    const fdt_word_t *cell = cells;
    uint64_t value = 0;

    for (unsigned i = 0; i < nr_cells; i++)
        value = value << 32 | fdt_read_u32(cell + i);
    return value;
}

int fdt_prop_u32(const struct fdt_prop *prop, unsigned index, uint32_t *out)
{
    if (!prop->value || index >= prop->size / 4)
        return -ENOENT;
    *out = fdt_read_u32((const uint8_t *)prop->value + 4 * (size_t)index);
    return 0;
}

int fdt_prop_u64(const struct fdt_prop *prop, uint64_t *out)
{
    if (!prop->value)
        return -ENOENT;
    if (prop->size != 4 && prop->size != 8)
        return -EBADMSG;
    *out = fdt_read_cells(prop->value, prop->size / 4);
    return 0;
}

const char *fdt_prop_string(const struct fdt_prop *prop, unsigned index)
{
    const char *s = prop->value, *end;

    if (!s)
        return NULL;
    end = s + prop->size;
    while (s < end) {
        size_t length = strnlen(s, (size_t)(end - s));

        if (s + length == end)
            return NULL; /* not terminated */
        if (index-- == 0)
            return s;
        s += length + 1;
    }
    return NULL;
}

bool fdt_prop_has_string(const struct fdt_prop *prop, const char *s)
{
    size_t size = strlen(s) + 1;
    const char *item = prop->value, *end;

    if (!item)
        return false;
    end = item + prop->size;
    while ((size_t)(end - item) >= size) {
        if (memcmp(item, s, size) == 0)
            return true;
        item += strnlen(item, (size_t)(end - item));
        if (item == end)
            break;
        item++;
    }
    return false;
}

bool fdt_node_is_compatible(const struct fdt_node *node, const char *name)
{
    return fdt_prop_has_string(&node->compatible, name);
}

bool fdt_node_is_enabled(const struct fdt_node *node)
{
    const char *status = fdt_prop_string(&node->status, 0);

    return !node->status.value ||
           (status && (str_equal(status, "okay") || str_equal(status, "ok")));
}

bool fdt_node_is_named(const struct fdt_node *node, const char *base)
{
    size_t length = strlen(base);

    return strncmp(node->name, base, length) == 0 &&
           (node->name[length] == '\0' || node->name[length] == '@');
}

/* The entry index of a list of entries of nr_cells: its cells, or NULL and the error. */
static const fdt_word_t *entry(const struct fdt_prop *prop, unsigned nr_cells, unsigned index,
                               int *err)
{
    uint32_t size = nr_cells * 4;

    *err = -ENOENT;
    if (!prop->value || prop->size == 0)
        return NULL;
    if (size == 0 || prop->size % size) {
        *err = -EBADMSG;
        return NULL;
    }
    if (index >= prop->size / size)
        return NULL;
    *err = 0;
    return (const fdt_word_t *)prop->value + (size_t)index * nr_cells;
}

int fdt_reg(const struct fdt_node *node, unsigned index, uint64_t *addr, uint64_t *size)
{
    const fdt_word_t *cells;
    int err;

    /* A bus without addresses has no reg. */
    if (node->address_cells == 0 || node->address_cells > FDT_MAX_CELLS ||
        node->size_cells > FDT_MAX_CELLS)
        return -EBADMSG;
    cells = entry(&node->reg, node->address_cells + node->size_cells, index, &err);
    if (cells && addr)
        *addr = fdt_read_cells(cells, node->address_cells);
    if (cells && size)
        *size = fdt_read_cells(cells + node->address_cells, node->size_cells);
    return err;
}

int fdt_range(const struct fdt_node *node, const struct fdt_prop *ranges, unsigned index,
              struct fdt_range *range)
{
    unsigned nr_child = node->child_address_cells, nr_parent = node->address_cells;
    const fdt_word_t *cells;
    int err;

    if (nr_child > FDT_MAX_CELLS || nr_parent > FDT_MAX_CELLS ||
        node->child_size_cells > FDT_MAX_CELLS)
        return -EBADMSG;
    cells = entry(ranges, nr_child + nr_parent + node->child_size_cells, index, &err);
    if (cells) {
        range->child_flags = nr_child == 3 ? fdt_read_u32(cells) : 0;
        range->child = fdt_read_cells(cells, nr_child);
        range->parent = fdt_read_cells(cells + nr_child, nr_parent);
        range->size = fdt_read_cells(cells + nr_child + nr_parent, node->child_size_cells);
    }
    return err;
}
