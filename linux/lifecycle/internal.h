/*
 * Shared by the files of linux/lifecycle only.
 */
#ifndef LIFECYCLE_INTERNAL_H
#define LIFECYCLE_INTERNAL_H

#include <base/errno.h>
#include <fs_context/fs_context.h>
#include <heap/heap.h>
#include <lifecycle/lifecycle.h>
#include <log/log.h>
#include <pending/pending.h>
#include <string/string.h>
#include <task/group.h>
#include <task/table.h>
#include <task/task.h>
#include <vspace/vspace.h>

/* wait.c: notify the parent of a zombie. Reaps it if nobody will wait for it: it may be freed on
 * return. */
void process_notify_exit_locked(struct process *child) REQUIRES(&process_lock);

#endif
