/*
 * The pass over the structure block. All bounds are checked here, once per token: an offset that
 * these functions keep is 4-aligned and not behind structs_end.
 */
#include <base/errno.h>
#include <string/string.h>

#include "private.h"

uint32_t fdt_blob_size(const void *blob)
{
    const struct fdt_header *header = blob;

    return header->magic == FDT_SWAP32(FDT_MAGIC) ? fdt_read_u32(&header->total_size) : 0;
}

/* True when [offset, offset + size) lies behind the header in a blob of total bytes. */
static bool is_block(uint32_t offset, uint32_t size, uint32_t total)
{
    return offset >= FDT_HEADER_SIZE - 4 && offset <= total && size <= total - offset;
}

int fdt_open(struct fdt *fdt, const void *blob, size_t max_size)
{
    const struct fdt_header *header = blob;
    uint32_t version, structs_size;

    *fdt = (struct fdt){0};
    if (!IS_ALIGNED((uintptr_t)blob, 8) || max_size < FDT_HEADER_SIZE)
        return -EINVAL;
    if (header->magic != FDT_SWAP32(FDT_MAGIC))
        return -EINVAL;
    fdt->blob = blob;
    fdt->size = fdt_read_u32(&header->total_size);
    version = fdt_read_u32(&header->version);
    if (version < FDT_COMPATIBLE_VERSION || fdt_read_u32(&header->compatible_version) > FDT_VERSION)
        return -EPROTO;
    if (fdt->size < FDT_HEADER_SIZE || fdt->size > max_size || fdt->size > INT32_MAX)
        return -EBADMSG;
    fdt->structs = fdt_read_u32(&header->structs);
    fdt->strings = fdt_read_u32(&header->strings);
    fdt->strings_size = fdt_read_u32(&header->strings_size);
    fdt->reservations = fdt_read_u32(&header->reservations);
    fdt->boot_hart = fdt_read_u32(&header->boot_hart);
    structs_size = version >= FDT_VERSION ? fdt_read_u32(&header->structs_size)
                                          : fdt->size - MIN(fdt->structs, fdt->size);
    if (!is_block(fdt->structs, structs_size, fdt->size) || !IS_ALIGNED(fdt->structs, 4) ||
        !is_block(fdt->strings, fdt->strings_size, fdt->size) ||
        !is_block(fdt->reservations, 0, fdt->size) || !IS_ALIGNED(fdt->reservations, 8))
        return -EBADMSG;
    fdt->structs_end = fdt->structs + ALIGN_DOWN(structs_size, 4u);
    while (fdt->strings_size && fdt->blob[fdt->strings + fdt->strings_size - 1])
        fdt->strings_size--;
    return 0;
}

void fdt_walk_init(struct fdt_walk *walk, const struct fdt *fdt)
{
    walk->fdt = fdt;
    walk->offset = fdt->structs;
    walk->depth = -1;
    walk->has_root = false;
    memset(walk->names, 0, sizeof(walk->names));
}

/* The offset behind the terminated, padded name at offset; 0 when it is not terminated. */
static uint32_t name_end(const struct fdt *fdt, uint32_t offset)
{
    for (; offset < fdt->structs_end; offset += 4) {
        uint32_t word = fdt_raw(fdt, offset);

        if ((word - 0x01010101u) & ~word & 0x80808080u)
            return offset + 4;
    }
    return 0;
}

/* Read the property at *pos, whose token was read already, and advance behind it. */
static int read_prop(const struct fdt *fdt, uint32_t *pos, struct fdt_prop *prop)
{
    uint32_t left = fdt_left(fdt, *pos), size, name;

    if (left < 12)
        return -EBADMSG;
    size = fdt_read_u32(fdt->blob + *pos + 4);
    name = fdt_read_u32(fdt->blob + *pos + 8);
    if (size > left - 12 || name >= fdt->strings_size)
        return -EBADMSG;
    prop->name = (const char *)fdt->blob + fdt->strings + name;
    prop->value = fdt->blob + *pos + 12;
    prop->size = size;
    *pos += 12 + ALIGN_UP(size, 4u);
    return 0;
}

int fdt_prop_next(const struct fdt *fdt, uint32_t *pos, struct fdt_prop *prop)
{
    while (fdt_left(fdt, *pos) >= 4) {
        uint32_t token = fdt_raw(fdt, *pos);

        if (token == FDT_PROP)
            return read_prop(fdt, pos, prop) < 0 ? -EBADMSG : 1;
        if (token != FDT_NOP)
            return 0;
        *pos += 4;
    }
    return -EBADMSG;
}

/* A cell count; what no decoder here accepts becomes a value that fits the field and none
 * accepts. */
static uint8_t cell_count(const struct fdt_prop *prop)
{
    uint32_t count;

    return fdt_prop_u32(prop, 0, &count) == 0 && count <= FDT_MAX_CELLS ? (uint8_t)count
                                                                        : UINT8_MAX;
}

/* The properties that the walk understands. */
enum prop_name {
    NAME_UNSEEN, /* an empty place of the cache */
    NAME_OTHER,
    NAME_ADDRESS_CELLS,
    NAME_SIZE_CELLS,
    NAME_COMPATIBLE,
    NAME_INTERRUPT_PARENT,
    NAME_LINUX_PHANDLE,
    NAME_PHANDLE,
    NAME_RANGES,
    NAME_REG,
    NAME_STATUS,
};

static enum prop_name classify(const char *name)
{
    static const char *const names[] = {
        [NAME_ADDRESS_CELLS] = "#address-cells",
        [NAME_SIZE_CELLS] = "#size-cells",
        [NAME_COMPATIBLE] = "compatible",
        [NAME_INTERRUPT_PARENT] = "interrupt-parent",
        [NAME_LINUX_PHANDLE] = "linux,phandle",
        [NAME_PHANDLE] = "phandle",
        [NAME_RANGES] = "ranges",
        [NAME_REG] = "reg",
        [NAME_STATUS] = "status",
    };

    for (unsigned i = NAME_ADDRESS_CELLS; i < ARRAY_SIZE(names); i++)
        if (name[0] == names[i][0] && str_equal(name, names[i]))
            return (enum prop_name)i;
    return NAME_OTHER;
}

/*
 * The same, cached by the name's offset in the strings block, since a tree stores a name once. The
 * cache is direct-mapped; an entry holds the offset above four bits of the meaning.
 */
static ALWAYS_INLINE enum prop_name name_of(struct fdt_walk *walk, const struct fdt_prop *prop)
{
    uint32_t offset = (uint32_t)(prop->name - (const char *)walk->fdt->blob) - walk->fdt->strings;
    uint32_t *entry = &walk->names[(offset ^ offset >> 5) % FDT_NAME_CACHE];
    enum prop_name name;

    if (likely(*entry >> 4 == offset && *entry & 15))
        return (enum prop_name)(*entry & 15);
    name = classify(prop->name);
    if (offset < 1u << 28)
        *entry = offset << 4 | name;
    return name;
}

/* Record what the node and its children need of a property; an empty ranges makes a bus
 * transparent. */
static ALWAYS_INLINE void pick_prop(struct fdt_walk *walk, struct fdt_node *node,
                                    const struct fdt_prop *prop, bool *is_transparent)
{
    switch (name_of(walk, prop)) {
    case NAME_ADDRESS_CELLS:
        node->child_address_cells = cell_count(prop);
        break;
    case NAME_SIZE_CELLS:
        node->child_size_cells = cell_count(prop);
        break;
    case NAME_COMPATIBLE:
        node->compatible = *prop;
        break;
    case NAME_INTERRUPT_PARENT:
        fdt_prop_u32(prop, 0, &node->interrupt_parent);
        break;
    case NAME_LINUX_PHANDLE:
        if (!node->phandle)
            fdt_prop_u32(prop, 0, &node->phandle);
        break;
    case NAME_PHANDLE:
        fdt_prop_u32(prop, 0, &node->phandle);
        break;
    case NAME_RANGES:
        *is_transparent = prop->size == 0;
        break;
    case NAME_REG:
        node->reg = *prop;
        break;
    case NAME_STATUS:
        node->status = *prop;
        break;
    default:
        break;
    }
}

/* Read the node whose begin token is at walk->offset, and its properties. */
static int begin_node(struct fdt_walk *walk, struct fdt_node *node)
{
    static const struct fdt_level above_root = {
        .address_cells = 2, .size_cells = 1, .is_identity = true};
    const struct fdt *fdt = walk->fdt;
    const struct fdt_level *parent = walk->depth < 0 ? &above_root : &walk->levels[walk->depth];
    bool is_transparent = walk->depth < 0;
    struct fdt_prop prop;
    uint32_t pos;
    int err;

    if (walk->depth < 0 ? walk->has_root : walk->depth >= FDT_MAX_DEPTH)
        return -EBADMSG;
    pos = name_end(fdt, walk->offset + 4);
    if (!pos)
        return -EBADMSG;
    *node = (struct fdt_node){
        .offset = walk->offset,
        .props = pos,
        .parent = parent->offset,
        .depth = (uint8_t)(walk->depth + 1),
        .address_cells = parent->address_cells,
        .size_cells = parent->size_cells,
        .child_address_cells = 2, /* the defaults of 2.3.5 */
        .child_size_cells = 1,
        .is_identity = parent->is_identity,
        .interrupt_parent = parent->interrupt_parent,
        .name = (const char *)fdt->blob + walk->offset + 4,
    };
    while ((err = fdt_prop_next(fdt, &pos, &prop)) > 0)
        pick_prop(walk, node, &prop, &is_transparent);
    if (err < 0)
        return err;
    walk->has_root = true;
    walk->offset = pos;
    walk->levels[++walk->depth] = (struct fdt_level){
        .offset = node->offset,
        .interrupt_parent = node->interrupt_parent,
        .address_cells = node->child_address_cells,
        .size_cells = node->child_size_cells,
        .is_identity = node->is_identity && is_transparent,
    };
    return 1;
}

int fdt_walk_next(struct fdt_walk *walk, struct fdt_node *node)
{
    const struct fdt *fdt = walk->fdt;

    while (fdt_left(fdt, walk->offset) >= 4) {
        switch (fdt_raw(fdt, walk->offset)) {
        case FDT_BEGIN_NODE:
            return begin_node(walk, node);
        case FDT_END_NODE:
            if (walk->depth < 0)
                return -EBADMSG;
            walk->depth--;
            break;
        case FDT_NOP:
            break;
        case FDT_END:
            return walk->depth < 0 && walk->has_root ? 0 : -EBADMSG;
        default: /* among others, properties behind a child */
            return -EBADMSG;
        }
        walk->offset += 4;
    }
    return -EBADMSG;
}

int fdt_walk_skip(struct fdt_walk *walk, const struct fdt_node *node)
{
    const struct fdt *fdt = walk->fdt;
    uint32_t pos = walk->offset;
    int depth = node->depth;

    while (depth >= node->depth) {
        struct fdt_prop prop;

        if (fdt_left(fdt, pos) < 4)
            return -EBADMSG;
        switch (fdt_raw(fdt, pos)) {
        case FDT_BEGIN_NODE:
            depth++;
            pos = name_end(fdt, pos + 4);
            if (!pos)
                return -EBADMSG;
            break;
        case FDT_END_NODE:
            depth--;
            pos += 4;
            break;
        case FDT_PROP:
            if (read_prop(fdt, &pos, &prop) < 0)
                return -EBADMSG;
            break;
        case FDT_NOP:
            pos += 4;
            break;
        default:
            return -EBADMSG;
        }
    }
    walk->offset = pos;
    walk->depth = depth;
    return 0;
}
