/*
 * Finds files in the hypervisor's initrd; see guestset.h.
 */
#include <base/errno.h>
#include <cpio/cpio.h>
#include <frame/frame.h>
#include <guestset/guestset.h>
#include <inflate/inflate.h>
#include <string/string.h>

static const void *archive_data;
static size_t archive_size;

static int unpack(const void *data, size_t nr_bytes)
{
    struct inflate_output out = {.size = gzip_size_hint(data, nr_bytes)};
    const size_t nr_pages = ALIGN_UP(out.size, PAGE_SIZE) >> PAGE_SHIFT;
    struct frame *frame = nr_pages ? frame_alloc_contig(nr_pages, 1, 0) : NULL;
    struct frame *work = frame_alloc(frame_order(sizeof(struct inflate_work)), 0);
    int err = -ENOMEM;

    if (frame && work) {
        out.buf = frame_to_virt(frame);
        err = gzip_inflate(frame_to_virt(work), data, nr_bytes, NULL, &out);
    }
    if (work)
        frame_free(work, frame_order(sizeof(struct inflate_work)));
    if (err && frame)
        frame_free_contig(frame, nr_pages);
    if (!err) {
        archive_data = out.buf;
        archive_size = out.length;
    }
    return err;
}

int guestset_open(const void *archive, size_t nr_bytes)
{
    if (gzip_is_compressed(archive, nr_bytes)) {
        int err = unpack(archive, nr_bytes);

        if (err)
            return err;
    } else {
        archive_data = archive;
        archive_size = nr_bytes;
    }
    return cpio_is_archive(archive_data, archive_size) ? 0 : -EINVAL;
}

static const char *plain(const char *path)
{
    while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
        path += path[0] == '/' ? 1 : 2;
    return path;
}

int guestset_find(const char *path, struct guest_file *file)
{
    struct cpio_reader reader;
    struct cpio_entry entry;
    int ret;

    cpio_init(&reader, archive_data, archive_size);
    while ((ret = cpio_next(&reader, &entry)) > 0) {
        if (strcmp(plain(entry.name), plain(path)) == 0) {
            *file = (struct guest_file){.data = entry.body, .size = entry.body_size};
            return 0;
        }
    }
    return ret < 0 ? ret : -ENOENT;
}
