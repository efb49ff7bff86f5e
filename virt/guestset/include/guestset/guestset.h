/*
 * The initrd of a hypervisor: a cpio archive, plain or gzip, with the guest description and the
 * guests' images. Files are found by path and used in place; only a compressed archive is unpacked,
 * once and as a whole.
 */
#ifndef GUESTSET_GUESTSET_H
#define GUESTSET_GUESTSET_H

#include <base/types.h>

struct guest_file {
    const uint8_t *data;
    size_t size;
};

/*
 * Set the archive, which must never be freed. 0; -EINVAL: neither cpio nor gzip; -ENOMEM; -EBADMSG:
 * malformed; -EIO: wrong checksum. Once, may sleep.
 */
int guestset_open(const void *archive, size_t nr_bytes) MUST_CHECK;

/* Find the file at path (with or without a leading "/" or "./"). 0, -ENOENT, -EBADMSG, -EIO. */
int guestset_find(const char *path, struct guest_file *file) MUST_CHECK;

#endif
