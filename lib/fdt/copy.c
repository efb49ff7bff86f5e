/*
 * Copies a subtree through a filter, to edit a tree.
 */
#include <base/errno.h>
#include <fdt/writer.h>

#include "private.h"

/* The open nodes of the copy, innermost last. */
struct copy {
    struct fdt_writer *w;
    const struct fdt_filter *filter;
    void *ctx;
    struct {
        const char *name;
        int depth;
    } open[FDT_MAX_DEPTH + 1];
    int nr_open;
};

static void close_node(struct copy *copy)
{
    copy->nr_open--;
    if (copy->filter->more_nodes) {
        copy->filter->more_nodes(copy->ctx, copy->open[copy->nr_open].name,
                                 copy->open[copy->nr_open].depth, copy->w);
    }
    fdt_write_end(copy->w);
}

static int copy_props(struct copy *copy, const struct fdt *src, const struct fdt_node *node)
{
    uint32_t pos = node->props;
    struct fdt_prop prop;
    int err;

    while ((err = fdt_prop_next(src, &pos, &prop)) > 0)
        if (!copy->filter->prop || copy->filter->prop(copy->ctx, node, &prop, copy->w) == FDT_KEEP)
            fdt_write_prop(copy->w, prop.name, prop.value, prop.size);
    if (copy->filter->more_props)
        copy->filter->more_props(copy->ctx, node, copy->w);
    return err;
}

static int copy_node(struct copy *copy, struct fdt_walk *walk, const struct fdt_node *node)
{
    if (copy->filter->node && copy->filter->node(copy->ctx, node) == FDT_DROP)
        return fdt_walk_skip(walk, node);
    fdt_write_begin(copy->w, node->name);
    copy->open[copy->nr_open].name = node->name;
    copy->open[copy->nr_open++].depth = node->depth;
    return copy_props(copy, walk->fdt, node);
}

int fdt_write_copy(struct fdt_writer *w, const struct fdt *src, const struct fdt_node *top,
                   const struct fdt_filter *filter, void *ctx)
{
    static const struct fdt_filter keep_all;
    struct copy copy = {.w = w, .filter = filter ? filter : &keep_all, .ctx = ctx};
    struct fdt_walk walk;
    struct fdt_node node;
    bool is_inside = false;
    int err;

    fdt_walk_init(&walk, src);
    while ((err = fdt_walk_next(&walk, &node)) > 0) {
        if (node.offset == top->offset)
            is_inside = true;
        else if (!is_inside)
            continue;
        else if (node.depth <= top->depth)
            break;
        while (copy.nr_open && copy.open[copy.nr_open - 1].depth >= node.depth)
            close_node(&copy);
        err = copy_node(&copy, &walk, &node);
        if (err < 0)
            break;
    }
    while (copy.nr_open)
        close_node(&copy);
    return err < 0 ? err : w->error;
}
