/*
 * The initrd: a cpio archive (newc), plain or gzip, unpacked into the root file system at boot.
 * File bodies are not copied: ramfs files refer to them where the archive lies. An archive that is
 * damaged in the middle gives one log line, and the files before the damage stay.
 */
#ifndef INITRD_INITRD_H
#define INITRD_INITRD_H

#include <base/types.h>

/* Unpack nr_bytes of memory that stay reserved. 0, or -errno after a line in the log. */
int initrd_unpack(const void *archive, size_t nr_bytes);

#endif
