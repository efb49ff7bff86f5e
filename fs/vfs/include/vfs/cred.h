/*
 * Credentials: the identity for permission checks. The caller (a process) owns them and passes them
 * in; the file systems only read them. Kernel-internal callers pass cred_kernel.
 */
#ifndef VFS_CRED_H
#define VFS_CRED_H

#include <base/types.h>

#define CRED_NR_GROUPS 32

/* Capabilities, with the bit numbers of Linux's uapi/linux/capability.h. */
#define CAP_CHOWN            0
#define CAP_DAC_OVERRIDE     1
#define CAP_DAC_READ_SEARCH  2
#define CAP_FOWNER           3
#define CAP_FSETID           4
#define CAP_KILL             5
#define CAP_SETGID           6
#define CAP_SETUID           7
#define CAP_SETPCAP          8
#define CAP_LINUX_IMMUTABLE  9
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_ADMIN        12
#define CAP_NET_RAW          13
#define CAP_IPC_LOCK         14
#define CAP_IPC_OWNER        15
#define CAP_SYS_MODULE       16
#define CAP_SYS_RAWIO        17
#define CAP_SYS_CHROOT       18
#define CAP_SYS_PTRACE       19
#define CAP_SYS_ADMIN        21
#define CAP_SYS_BOOT         22
#define CAP_SYS_NICE         23
#define CAP_SYS_RESOURCE     24
#define CAP_SYS_TIME         25
#define CAP_SYS_TTY_CONFIG   26
#define CAP_MKNOD            27
#define CAP_MAC_OVERRIDE     32
#define CAP_SYSLOG           34
#define CAP_LAST             40
#define CAP_ALL              ((1ull << (CAP_LAST + 1)) - 1)

struct cred {
    uint32_t uid, euid, suid, fsuid;
    uint32_t gid, egid, sgid, fsgid;
    uint32_t nr_groups;
    uint32_t groups[CRED_NR_GROUPS]; /* supplementary */
    uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
    bool keeps_caps; /* PR_SET_KEEPCAPS: the permitted ones stay when the last root uid goes */
};

/* Root with every capability. */
extern const struct cred cred_kernel;

static inline bool cred_has_cap(const struct cred *cred, unsigned cap)
{
    return (cred->cap_effective >> cap & 1) != 0;
}

/* gid is the file-system group or a supplementary one. */
bool cred_in_group(const struct cred *cred, uint32_t gid);

#endif
