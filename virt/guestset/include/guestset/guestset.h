/*
 * The initrd of a hypervisor: a cpio archive, plain or gzip, with the guest description and the
 * guests' images. Files are found by path and used where they lie; nothing is copied, unless the
 * archive is compressed: then it is unpacked once, as a whole.
 */
#ifndef GUESTSET_GUESTSET_H
#define GUESTSET_GUESTSET_H

#include <base/types.h>

struct guest_file {
    const uint8_t *data;
    size_t size;
};

/*
 * archive stays where it is for ever. 0; -EINVAL: neither cpio nor gzip; -ENOMEM; -EBADMSG:
 * malformed; -EIO: a checksum is wrong. Once, may sleep.
 */
int guestset_open(const void *archive, size_t nr_bytes) MUST_CHECK;

/* The file at path (with or without a leading "/" or "./"). 0, -ENOENT, -EBADMSG, -EIO. */
int guestset_find(const char *path, struct guest_file *file) MUST_CHECK;

#endif
