/*
 * Flattened device tree: a reader over the blob as it lies, after the Devicetree Specification
 * v0.4, chapter 5. Nothing is unpacked or allocated. <fdt/writer.h> builds trees.
 *
 * The blob is untrusted: every access is bounds-checked, names and strings are proven to be
 * terminated before they are handed out, depth is limited (FDT_MAX_DEPTH). A malformed tree ends an
 * iteration with -EBADMSG; it never loops. The blob must not change while it is read.
 *
 * The natural use is one linear pass:
 *
 *   struct fdt_walk walk;
 *   struct fdt_node node;
 *   int rc;
 *   fdt_walk_init(&walk, &fdt);
 *   while ((rc = fdt_walk_next(&walk, &node)) > 0) { ... }
 *
 * Nodes are returned parents before children, with the properties for driver matching already
 * decoded. fdt_find_* are such passes and cost as much.
 */
#ifndef FDT_FDT_H
#define FDT_FDT_H

#include <base/types.h>

#define FDT_MAGIC       0xd00dfeedu
#define FDT_HEADER_SIZE 40
#define FDT_MAX_DEPTH   16 /* the root is depth 0; deeper nodes are -EBADMSG */
#define FDT_NAME_CACHE  32
#define FDT_MAX_CELLS   4 /* of an address or size in any property that is decoded here */

/* A checked blob. */
struct fdt {
    const uint8_t *blob;
    uint32_t size;         /* totalsize */
    uint32_t structs;      /* offset of the structure block, 4-aligned */
    uint32_t structs_end;  /* the offset behind it */
    uint32_t strings;      /* offset of the strings block */
    uint32_t strings_size; /* up to and with its last NUL: every offset below it is terminated */
    uint32_t reservations; /* offset of the memory reservation block, 8-aligned */
    uint32_t boot_hart;    /* boot_cpuid_phys */
};

/* One property: name terminated, value of size bytes, 4-aligned in the blob. value NULL: absent. */
struct fdt_prop {
    const char *name;
    const void *value;
    uint32_t size;
};

/* One node. Plain data: it may be copied and kept as long as the blob. */
struct fdt_node {
    uint32_t offset; /* of its FDT_BEGIN_NODE in the blob: the node's identity, 0 is none */
    uint32_t props; /* offset of its first property or, without one, of the token behind its name */
    uint32_t parent; /* offset of its parent's FDT_BEGIN_NODE, 0 for the root */
    uint8_t depth;
    uint8_t address_cells; /* the parent's #address-cells and #size-cells: they decode reg */
    uint8_t size_cells;
    uint8_t child_address_cells; /* this node's own, for its children and its ranges */
    uint8_t child_size_cells;
    bool is_identity;           /* every bus above maps 1:1 (empty ranges): reg is a CPU address */
    uint32_t phandle;           /* 0: none */
    uint32_t interrupt_parent;  /* phandle, inherited from above; 0: none */
    const char *name;           /* with the unit address; "" for the root */
    struct fdt_prop compatible; /* value NULL when absent, like the following */
    struct fdt_prop reg;
    struct fdt_prop status;
};

/* Inherited from the enclosing node. */
struct fdt_level {
    uint32_t offset;
    uint32_t interrupt_parent;
    uint8_t address_cells;
    uint8_t size_cells;
    bool is_identity;
};

struct fdt_walk {
    const struct fdt *fdt;
    uint32_t offset; /* of the next token */
    int depth;       /* of the node whose children come next; -1: before and behind the root */
    bool has_root;   /* it has been returned */
    uint32_t names[FDT_NAME_CACHE]; /* cache of property meanings, by the offset of their names */
    struct fdt_level levels[FDT_MAX_DEPTH + 1];
};

/*
 * Check the header. max_size: bytes that may be read at blob (at least FDT_HEADER_SIZE). blob must
 * be 8-aligned. 0; -EINVAL: no device tree (magic, alignment); -EBADMSG: a malformed one; -EPROTO:
 * a version this reader does not know (it reads 16 and 17 and what says it is compatible with
 * them).
 */
MUST_CHECK int fdt_open(struct fdt *fdt, const void *blob, size_t max_size);

void fdt_walk_init(struct fdt_walk *walk, const struct fdt *fdt);

/* 1 and the next node, 0 at the end of the tree, -EBADMSG. */
MUST_CHECK int fdt_walk_next(struct fdt_walk *walk, struct fdt_node *node);

/* Make the next fdt_walk_next() continue behind node's subtree; call it right after node was
 * returned. */
MUST_CHECK int fdt_walk_skip(struct fdt_walk *walk, const struct fdt_node *node);

/* Properties of one node in order: pos starts at node->props. 1, 0 at the end, -EBADMSG. */
MUST_CHECK int fdt_prop_next(const struct fdt *fdt, uint32_t *pos, struct fdt_prop *prop);

/* The property called name: 0, -ENOENT, -EBADMSG. prop->value is NULL unless 0. */
int fdt_prop_find(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                  struct fdt_prop *prop);

/*
 * Whole-tree searches: 0 and the node, -ENOENT, -EBADMSG.
 *
 * path: "/soc/serial@10000000"; a component without @ also matches a node with any unit address. A
 * path that does not start with '/' is the name of an alias. Text behind ':' is ignored
 * (stdout-path). compatible: the first node behind the node at offset after (0: from the start)
 * that lists it.
 */
MUST_CHECK int fdt_find_path(const struct fdt *fdt, const char *path, struct fdt_node *node);
MUST_CHECK int fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node);
MUST_CHECK int fdt_find_compatible(const struct fdt *fdt, uint32_t after, const char *compatible,
                                   struct fdt_node *node);
MUST_CHECK int fdt_find_offset(const struct fdt *fdt, uint32_t offset, struct fdt_node *node);

/* True when compatible lists name. */
bool fdt_node_is_compatible(const struct fdt_node *node, const char *name);

/* True without a status property and with "okay" or "ok". */
bool fdt_node_is_enabled(const struct fdt_node *node);

/* True when the name is base or base@anything. */
bool fdt_node_is_named(const struct fdt_node *node, const char *base);

/*
 * Get the index-th (address, size) of reg in the parent bus's address space. Sizes of zero cells
 * are 0; of addresses wider than two cells the low 64 bits. 0, -ENOENT (fewer entries, or no reg),
 * -EBADMSG (size not a multiple of an entry, or cells out of range). addr and size may be NULL.
 */
int fdt_reg(const struct fdt_node *node, unsigned index, uint64_t *addr, uint64_t *size);

/*
 * The same as CPU physical address, translated by the ranges of all buses above; -ENOENT also when
 * the region cannot be reached (a bus without ranges) and -ERANGE when no range holds it.
 */
int fdt_reg_phys(const struct fdt *fdt, const struct fdt_node *node, unsigned index, paddr_t *addr,
                 uint64_t *size);

/* One entry of ranges or dma-ranges. */
struct fdt_range {
    uint32_t child_flags; /* the first cell of a 3-cell child address (PCI's phys.hi), else 0 */
    uint64_t child;
    uint64_t parent;
    uint64_t size;
};

/* Entry index of a ranges property of node: 0, -ENOENT, -EBADMSG. */
int fdt_range(const struct fdt_node *node, const struct fdt_prop *ranges, unsigned index,
              struct fdt_range *range);

/* Big-endian cells at any 4-aligned place; nr_cells 0 to 4, of more than two the last two count. */
uint32_t fdt_read_u32(const void *cell);
uint64_t fdt_read_cells(const void *cells, unsigned nr_cells);

/* The index-th u32 of a value: 0, -ENOENT when it is absent or shorter. */
int fdt_prop_u32(const struct fdt_prop *prop, unsigned index, uint32_t *out);

/* A value of one or two cells: 0, -ENOENT when absent, -EBADMSG when it has another size. */
int fdt_prop_u64(const struct fdt_prop *prop, uint64_t *out);

/* Number of u32 cells in a value. */
static inline unsigned fdt_prop_nr_cells(const struct fdt_prop *prop)
{
    return prop->size / 4;
}

/* The index-th string of a string list, terminated within the value; NULL when there is none. */
const char *fdt_prop_string(const struct fdt_prop *prop, unsigned index);

/* True when the string list holds s. */
bool fdt_prop_has_string(const struct fdt_prop *prop, const char *s);

/* Lookups in one: property name of node, in the forms above. */
int fdt_node_u32(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                 uint32_t *out);
int fdt_node_u64(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                 uint64_t *out);
const char *fdt_node_string(const struct fdt *fdt, const struct fdt_node *node, const char *name);

/* Entry index of the memory reservation block: 0, -ENOENT behind the last, -EBADMSG. */
int fdt_reservation(const struct fdt *fdt, unsigned index, paddr_t *addr, uint64_t *size);

/* Return the totalsize of a presumed device tree at blob (FDT_HEADER_SIZE bytes readable); 0:
 * none. */
uint32_t fdt_blob_size(const void *blob);

#endif
