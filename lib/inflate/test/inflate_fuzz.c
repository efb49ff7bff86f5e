/*
 * Any bytes as a gzip member and as a bare stream, into small windows: bounded output, no access
 * outside.
 */
#include <stdlib.h>
#include <string.h>

#include <base/errno.h>
#include <inflate/inflate.h>

#define MAX_OUTPUT (1 << 20)

struct counted {
    struct inflate_output out;
    size_t nr_slides;
};

static int room(struct inflate_output *out)
{
    struct counted *counted = (struct counted *)out;

    if (++counted->nr_slides > MAX_OUTPUT / INFLATE_WINDOW)
        return -ENOSPC;
    inflate_slide(out);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct inflate_work work;
    uint8_t *block = malloc(size ? size : 1);
    struct counted counted = {.out = {.size = 2 * INFLATE_WINDOW, .room = room}};
    size_t used = 0;

    counted.out.buf = malloc(counted.out.size);
    memcpy(block, data, size);
    if (gzip_inflate(&work, block, size, &used, &counted.out) == 0 && used > size)
        abort();
    counted.out.length = 0;
    counted.nr_slides = 0;
    if (inflate(&work, block, size, &used, &counted.out) == 0 && used > size)
        abort();
    free(counted.out.buf);
    free(block);
    return 0;
}
