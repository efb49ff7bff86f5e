/*
 * /sys: the machine's processors, disks and terminals, in the places where Linux has them.
 */
#ifndef SYSFS_SYSFS_H
#define SYSFS_SYSFS_H

/* Registers the file system "sysfs". */
int sysfs_boot(void);

#endif
