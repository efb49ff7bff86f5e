/*
 * Lookups: properties of a node, nodes of the tree, addresses through the buses above.
 */
#include <base/errno.h>
#include <string/string.h>

#include "private.h"

int fdt_prop_find(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                  struct fdt_prop *prop)
{
    uint32_t pos = node->props;
    int err;

    while ((err = fdt_prop_next(fdt, &pos, prop)) > 0)
        if (str_equal(prop->name, name))
            return 0;
    *prop = (struct fdt_prop){0};
    return err < 0 ? err : -ENOENT;
}

int fdt_node_u32(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                 uint32_t *out)
{
    struct fdt_prop prop;
    int err = fdt_prop_find(fdt, node, name, &prop);

    return err < 0 ? err : fdt_prop_u32(&prop, 0, out);
}

int fdt_node_u64(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                 uint64_t *out)
{
    struct fdt_prop prop;
    int err = fdt_prop_find(fdt, node, name, &prop);

    return err < 0 ? err : fdt_prop_u64(&prop, out);
}

const char *fdt_node_string(const struct fdt *fdt, const struct fdt_node *node, const char *name)
{
    struct fdt_prop prop;

    return fdt_prop_find(fdt, node, name, &prop) < 0 ? NULL : fdt_prop_string(&prop, 0);
}

/* The error of a whole-tree search, from 0 or -EBADMSG of the walk. */
static int not_found(int err)
{
    return err < 0 ? err : -ENOENT;
}

/* Length of the first component of path. */
static size_t component_length(const char *path)
{
    size_t length = 0;

    while (path[length] && path[length] != '/' && path[length] != ':')
        length++;
    return length;
}

static bool is_component(const struct fdt_node *node, const char *component, size_t length)
{
    if (strncmp(node->name, component, length) != 0)
        return false;
    return node->name[length] == '\0' ||
           (node->name[length] == '@' && !memchr(component, '@', length));
}

static int find_absolute(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    struct fdt_walk walk;
    int depth = 0, err;
    size_t length = 0; /* of the component that a node at depth must match; the root matches "" */

    fdt_walk_init(&walk, fdt);
    while ((err = fdt_walk_next(&walk, node)) > 0) {
        if (node->depth < depth)
            return -ENOENT;
        if (depth > 0 && !is_component(node, path, length)) {
            err = fdt_walk_skip(&walk, node);
            if (err < 0)
                return err;
            continue;
        }
        path += length;
        while (*path == '/')
            path++;
        length = component_length(path);
        if (length == 0)
            return 0;
        depth++;
    }
    return not_found(err);
}

int fdt_find_path(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    size_t length = component_length(path);
    struct fdt_prop prop;
    uint32_t pos;
    int err;

    if (path[0] == '/')
        return find_absolute(fdt, path, node);
    err = find_absolute(fdt, "/aliases", node);
    if (err < 0)
        return err;
    pos = node->props;
    while ((err = fdt_prop_next(fdt, &pos, &prop)) > 0) {
        if (strncmp(prop.name, path, length) == 0 && prop.name[length] == '\0') {
            const char *target = fdt_prop_string(&prop, 0);

            return target && target[0] == '/' ? find_absolute(fdt, target, node) : -ENOENT;
        }
    }
    return not_found(err);
}

int fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node)
{
    struct fdt_walk walk;
    int err;

    fdt_walk_init(&walk, fdt);
    while ((err = fdt_walk_next(&walk, node)) > 0)
        if (phandle && node->phandle == phandle)
            return 0;
    return not_found(err);
}

int fdt_find_compatible(const struct fdt *fdt, uint32_t after, const char *compatible,
                        struct fdt_node *node)
{
    struct fdt_walk walk;
    int err;

    fdt_walk_init(&walk, fdt);
    while ((err = fdt_walk_next(&walk, node)) > 0)
        if (node->offset > after && fdt_node_is_compatible(node, compatible))
            return 0;
    return not_found(err);
}

int fdt_find_offset(const struct fdt *fdt, uint32_t offset, struct fdt_node *node)
{
    struct fdt_walk walk;
    int err;

    fdt_walk_init(&walk, fdt);
    while ((err = fdt_walk_next(&walk, node)) > 0)
        if (node->offset == offset)
            return 0;
    return not_found(err);
}

/* Translate a region from the bus of node bus to the bus above. */
static int translate(const struct fdt *fdt, const struct fdt_node *bus, uint64_t *addr,
                     uint64_t size)
{
    struct fdt_prop ranges;
    struct fdt_range range;
    int err = fdt_prop_find(fdt, bus, "ranges", &ranges);

    if (err < 0 || ranges.size == 0)
        return err;
    if (bus->child_address_cells > 2)
        return -ENOENT; /* such addresses name a space, which reg entries do not carry here */
    for (unsigned i = 0; (err = fdt_range(bus, &ranges, i, &range)) == 0; i++) {
        uint64_t distance = *addr - range.child;

        if (*addr >= range.child && distance <= range.size && size <= range.size - distance)
            return __builtin_add_overflow(range.parent, distance, addr) ? -ERANGE : 0;
    }
    return err == -ENOENT ? -ERANGE : err;
}

int fdt_reg_phys(const struct fdt *fdt, const struct fdt_node *node, unsigned index, paddr_t *addr,
                 uint64_t *size)
{
    uint64_t region_addr, region_size, end;
    uint32_t parent = node->parent;
    int err = fdt_reg(node, index, &region_addr, &region_size);

    if (err < 0)
        return err;
    /* Slow path: search each bus again, from the innermost to the root's child. */
    while (!node->is_identity && parent) {
        struct fdt_node bus;

        err = fdt_find_offset(fdt, parent, &bus);
        if (err < 0)
            return err;
        parent = bus.parent;
        err = parent ? translate(fdt, &bus, &region_addr, region_size) : 0;
        if (err < 0)
            return err;
    }
    if (__builtin_add_overflow(region_addr, region_size, &end))
        return -ERANGE;
    *addr = PADDR(region_addr);
    if (size)
        *size = region_size;
    return 0;
}

int fdt_reservation(const struct fdt *fdt, unsigned index, paddr_t *addr, uint64_t *size)
{
    uint32_t left = fdt->size - fdt->reservations;

    /* The entry of two zeros that ends the list must be there. */
    for (unsigned i = 0; i < left / 16; i++) {
        const uint8_t *entry = fdt->blob + fdt->reservations + 16 * (size_t)i;
        uint64_t entry_addr = fdt_read_cells(entry, 2), entry_size = fdt_read_cells(entry + 8, 2);

        if (!entry_addr && !entry_size)
            return -ENOENT;
        if (i == index) {
            *addr = PADDR(entry_addr);
            *size = entry_size;
            return 0;
        }
    }
    return -EBADMSG;
}
