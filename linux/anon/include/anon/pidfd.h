/*
 * Process descriptors (pidfds): for clone, which makes them, and for the calls that take one.
 */
#ifndef ANON_PIDFD_H
#define ANON_PIDFD_H

#include <base/types.h>

struct file;
struct process;

/* CLONE_PIDFD: pidfd_reserve() makes a file for p and reserves a descriptor of the calling process
 * (-EMFILE, -ENOMEM). pidfd_publish() fills it once p exists, pidfd_withdraw() gives it back
 * otherwise. */
int pidfd_reserve(struct process *p, struct file **file) MUST_CHECK;
void pidfd_publish(int fd, struct file *file);
void pidfd_withdraw(int fd, struct file *file);
/* Find the process behind a pidfd and take a reference. -EBADF: not a pidfd. */
int pidfd_process(int fd, struct process **out, bool *is_nonblocking) MUST_CHECK;

#endif
