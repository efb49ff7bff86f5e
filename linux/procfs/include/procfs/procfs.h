/*
 * /proc after proc(5), as far as Linux's programs read it. The contents of system-wide files come
 * from core, mm and fs; those of /proc/PID from linux/task, at the time of the read.
 */
#ifndef PROCFS_PROCFS_H
#define PROCFS_PROCFS_H

/* Register the file system "proc" and start the load averages. After the work queue. */
int procfs_boot(void);

#endif
