#ifndef DEVFS_INTERNAL_H
#define DEVFS_INTERNAL_H

/* Register null, zero, full, random, urandom and kmsg. */
int memdev_init(void);

#endif
