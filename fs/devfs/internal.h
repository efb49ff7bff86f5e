#ifndef DEVFS_INTERNAL_H
#define DEVFS_INTERNAL_H

/* Registers null, zero, full, random, urandom and kmsg. */
int memdev_init(void);

#endif
