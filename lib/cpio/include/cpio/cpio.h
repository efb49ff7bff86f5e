/*
 * cpio archives in the "newc" form (070701) and its checksummed sister (070702), read where they
 * lie, after Linux's Documentation/driver-api/early-userspace/buffer-format.rst. Several archives
 * may follow one another, with zero padding between them.
 *
 * The archive is untrusted. Names and bodies returned lie within it and names are terminated; the
 * caller must judge what a name means (absolute, "..", duplicates).
 */
#ifndef CPIO_CPIO_H
#define CPIO_CPIO_H

#include <base/types.h>

#define CPIO_HEADER_SIZE 110
#define CPIO_NAME_MAX    4096 /* with the NUL */

struct cpio_reader {
    const uint8_t *data;
    size_t size;
    size_t pos;           /* of the next header or padding */
    size_t base;          /* start of the current archive: alignment counts from here */
    unsigned nr_trailers; /* finished archives: (dev, ino) are unique within one */
};

/* name and body point into the archive. */
struct cpio_entry {
    const char *name; /* terminated, not empty, otherwise as stored */
    size_t name_length;
    const uint8_t *body;
    uint32_t body_size; /* of a hard link: 0 in all entries but the last of its (dev, ino) */
    uint32_t ino;
    uint32_t mode; /* type and permissions, as in st_mode */
    uint32_t uid;
    uint32_t gid;
    uint32_t nlink;
    uint32_t mtime;
    uint32_t dev_major, dev_minor;
    uint32_t rdev_major, rdev_minor;
};

/* True when data starts with a newc header's magic. */
bool cpio_is_archive(const void *data, size_t size);

void cpio_init(struct cpio_reader *reader, const void *data, size_t size);

/*
 * Read the next entry (trailers are skipped): 1; 0 at the end of the data, or if the data after a
 * trailer and its padding is not a cpio archive (it starts at reader->pos and may be compressed);
 * -EBADMSG: malformed or truncated, at reader->pos; -EIO: the checksum of a 070702 file does not
 * match.
 */
MUST_CHECK int cpio_next(struct cpio_reader *reader, struct cpio_entry *entry);

#endif
