/*
 * execve: replaces the program of the calling process.
 *
 * The new address space is built beside the old one; until the point of no return (address space,
 * signals and descriptors are switched) any failure leaves the caller unchanged. Static, static-PIE
 * and dynamic ELF files (PT_INTERP) and scripts (#!), up to five deep.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include <base/types.h>
#include <vfs/vfs.h>

/*
 * Exec from a kernel function running in a user thread (init): argv and envp are NULL-terminated
 * kernel arrays. Does not return on success.
 */
int exec_kernel(const char *path, const char *const *argv, const char *const *envp);

#endif
