/*
 * /proc: what Linux's programs read there, after proc(5). The contents of system-wide files come
 * from core, mm and fs; those of /proc/PID from linux/process, at the moment of the read.
 */
#ifndef PROCFS_PROCFS_H
#define PROCFS_PROCFS_H

/* Registers the file system "proc" and starts the load averages. After the work queue. */
int procfs_boot(void);

#endif
