/*
 * /sys: CPUs, disks and terminals, laid out as in Linux.
 */
#ifndef SYSFS_SYSFS_H
#define SYSFS_SYSFS_H

/* Register the file system "sysfs". */
int sysfs_boot(void);

#endif
