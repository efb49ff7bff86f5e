/*
 * Descriptors of processes, for clone and for the calls that take one.
 */
#ifndef ANON_PIDFD_H
#define ANON_PIDFD_H

#include <base/types.h>

struct file;
struct process;

/* CLONE_PIDFD: reserves a descriptor of the calling process for p, and makes its file. -EMFILE,
 * -ENOMEM. Then p is there and the descriptor too; or not, and it is taken back. */
int pidfd_reserve(struct process *p, struct file **file) MUST_CHECK;
void pidfd_publish(int fd, struct file *file);
void pidfd_withdraw(int fd, struct file *file);
/* The process behind such a descriptor, counted. -EBADF: it is none. */
int pidfd_process(int fd, struct process **out, bool *is_nonblocking) MUST_CHECK;

#endif
