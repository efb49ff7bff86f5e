/*
 * Device tree writer: builds a flat tree front to back into a caller's buffer.
 *
 *   fdt_writer_init(&w, buf, size);
 *   fdt_write_reservation(&w, addr, size);      any number, before the first node
 *   fdt_write_begin(&w, "");                    the root
 *   fdt_write_u32(&w, "#address-cells", 2);     properties before children
 *   fdt_write_begin(&w, "memory@80000000"); ... fdt_write_end(&w);
 *   fdt_write_end(&w);
 *   rc = fdt_writer_finish(&w, &total);
 *
 * Errors are sticky: only fdt_writer_finish() needs a check. The structure block grows from the
 * front of the buffer, the strings from its back; finish moves them together.
 *
 * Trees cannot be edited in place. To edit one copy it: fdt_write_copy() passes every property and
 * node of a source tree to a filter, which keeps it, drops it or writes something else.
 */
#ifndef FDT_WRITER_H
#define FDT_WRITER_H

#include <fdt/fdt.h>

struct fdt_writer {
    uint8_t *buf;
    uint32_t size;
    uint32_t pos;     /* next byte of the structure block */
    uint32_t structs; /* where it starts, 0 before the first node */
    uint32_t strings; /* the strings occupy [strings, size) until finish */
    uint32_t boot_hart;
    int depth;         /* open nodes */
    bool has_children; /* the open node has had a child: no more properties */
    bool has_root;
    int error; /* the first error: -ENOSPC, -EINVAL (wrong order) */
};

/* buf: 8-aligned, at least 64 bytes. */
void fdt_writer_init(struct fdt_writer *w, void *buf, size_t size);

void fdt_write_reservation(struct fdt_writer *w, paddr_t addr, uint64_t size);
void fdt_write_begin(struct fdt_writer *w, const char *name);
void fdt_write_begin_at(struct fdt_writer *w, const char *name,
                        uint64_t unit_address); /* name@hex */
void fdt_write_end(struct fdt_writer *w);

void fdt_write_prop(struct fdt_writer *w, const char *name, const void *value, size_t size);
void fdt_write_flag(struct fdt_writer *w, const char *name); /* an empty property */
void fdt_write_u32(struct fdt_writer *w, const char *name, uint32_t value);
void fdt_write_u64(struct fdt_writer *w, const char *name, uint64_t value);
void fdt_write_string(struct fdt_writer *w, const char *name, const char *value);
void fdt_write_strings(struct fdt_writer *w, const char *name, const char *const *values,
                       size_t nr_values);
void fdt_write_cells(struct fdt_writer *w, const char *name, const uint32_t *cells,
                     size_t nr_cells);
/* nr_pairs of (address, size), two cells each. */
void fdt_write_reg(struct fdt_writer *w, const uint64_t *pairs, size_t nr_pairs);

/* Add a property of size bytes and return its zeroed value; NULL: it does not fit. */
void *fdt_write_prop_space(struct fdt_writer *w, const char *name, size_t size);

/* Terminate the tree. *total: bytes of the blob. 0, -ENOSPC, -EINVAL (nodes open or none,
 * order). */
MUST_CHECK int fdt_writer_finish(struct fdt_writer *w, size_t *total);

enum fdt_edit { FDT_KEEP, FDT_DROP };

/* All may be NULL, which keeps. Depths are the source's. */
struct fdt_filter {
    /* Called before a node (with its subtree) is copied. */
    enum fdt_edit (*node)(void *ctx, const struct fdt_node *node);
    /* For each property; to replace it, write the new one to w and return FDT_DROP. */
    enum fdt_edit (*prop)(void *ctx, const struct fdt_node *node, const struct fdt_prop *prop,
                          struct fdt_writer *w);
    /* Called after the last property of node, to add properties. */
    void (*more_props)(void *ctx, const struct fdt_node *node, struct fdt_writer *w);
    /* Called after the last child of the node called name, to add children. */
    void (*more_nodes)(void *ctx, const char *name, int depth, struct fdt_writer *w);
};

/*
 * Copy node of src with its subtree as the next child of the open node of w (or as the root). 0,
 * -EBADMSG (src is malformed) or the writer's error.
 */
int fdt_write_copy(struct fdt_writer *w, const struct fdt *src, const struct fdt_node *node,
                   const struct fdt_filter *filter, void *ctx);

#endif
