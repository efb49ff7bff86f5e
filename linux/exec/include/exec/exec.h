/*
 * exec: a program's file becomes the calling process.
 *
 * The new address space is built completely beside the old one; until the point of no return (the
 * new space, the signals and the descriptors are exchanged) any failure leaves the caller as it
 * was. Static, static-PIE and dynamic ELF files (PT_INTERP) and scripts (#!), up to five deep.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include <base/types.h>
#include <vfs/vfs.h>

/*
 * From a kernel function running in a user thread (init): argv and envp are NULL-terminated kernel
 * arrays. Does not return on success.
 */
int exec_kernel(const char *path, const char *const *argv, const char *const *envp);

#endif
