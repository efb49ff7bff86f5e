/*
 * Shared by the files of linux/identity only.
 */
#ifndef IDENTITY_INTERNAL_H
#define IDENTITY_INTERNAL_H

#include <base/errno.h>
#include <string/string.h>
#include <task/task.h>

/* The operations of prctl(2) on capabilities, handled in capability.c. */
#define PR_GET_KEEPCAPS   7
#define PR_SET_KEEPCAPS   8
#define PR_CAPBSET_READ   23
#define PR_CAPBSET_DROP   24
#define PR_GET_SECUREBITS 27
#define PR_SET_SECUREBITS 28
#define PR_CAP_AMBIENT    47
#define SECBIT_KEEP_CAPS  (1 << 4)
int64_t capability_prctl(int option, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5);

#endif
