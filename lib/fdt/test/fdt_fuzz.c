/*
 * Any bytes as a device tree: everything is read, and what can be read is copied and read again.
 */
#include <stdlib.h>
#include <string.h>

#include <fdt/fdt.h>
#include <fdt/writer.h>

static int read_all(const struct fdt *fdt, struct fdt_node *root)
{
    struct fdt_walk walk;
    struct fdt_node node;
    struct fdt_prop prop;
    struct fdt_range range;
    int nr_nodes = 0, rc;
    uint64_t x, y;
    paddr_t addr;

    fdt_walk_init(&walk, fdt);
    while ((rc = fdt_walk_next(&walk, &node)) > 0) {
        uint32_t pos = node.props;

        if (nr_nodes++ == 0)
            *root = node;
        while (fdt_prop_next(fdt, &pos, &prop) > 0) {
            for (unsigned i = 0; i < 8 && fdt_prop_string(&prop, i); i++) {
            }
            fdt_prop_has_string(&prop, prop.name);
            fdt_range(&node, &prop, 0, &range);
        }
        fdt_reg(&node, 1, &x, &y);
        if (nr_nodes < 50)
            fdt_reg_phys(fdt, &node, 0, &addr, &x);
        fdt_node_is_enabled(&node);
    }
    return rc < 0 ? rc : nr_nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size ? size : 1), *copy = malloc(2 * size + 256);
    struct fdt fdt, fdt_copy;
    struct fdt_node root, node;
    struct fdt_writer w;
    size_t total;

    if (size)
        memcpy(block, data, size);
    if (fdt_open(&fdt, block, size) == 0) {
        int nr_nodes = read_all(&fdt, &root);

        if (fdt_find_path(&fdt, "/soc/serial@1:x", &node) > 0 ||
            fdt_find_path(&fdt, "serial0", &node) > 0 ||
            fdt_find_compatible(&fdt, 0, "ns16550a", &node) > 0)
            abort();
        fdt_writer_init(&w, copy, 2 * size + 256);
        if (nr_nodes > 0 && fdt_write_copy(&w, &fdt, &root, NULL, NULL) == 0 &&
            fdt_writer_finish(&w, &total) == 0) {
            if (fdt_open(&fdt_copy, copy, total) < 0 || read_all(&fdt_copy, &root) != nr_nodes)
                abort();
        }
    }
    free(block);
    free(copy);
    return 0;
}
