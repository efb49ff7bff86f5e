/*
 * The initrd: a cpio archive (newc), plain or gzip, unpacked into the root file system at boot.
 * File bodies are not copied: they stay where the archive lies, and the ramfs files refer to them.
 * An archive that turns bad in the middle gives one line, and what came before stays.
 */
#ifndef INITRD_INITRD_H
#define INITRD_INITRD_H

#include <base/types.h>

/* nr_bytes of memory that stay reserved. 0, or -errno after having said what was wrong. */
int initrd_unpack(const void *archive, size_t nr_bytes);

#endif
