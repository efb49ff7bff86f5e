/*
 * Permission checks of credentials against an inode.
 */
#include <vfs/cred.h>

#include <base/errno.h>
#include <vfs/inode.h>

#include "internal.h"

const struct cred cred_kernel = {
    .cap_permitted = CAP_ALL, .cap_effective = CAP_ALL, .cap_bounding = CAP_ALL};

const struct cred cred_nobody = {
    .uid = UINT32_MAX, .euid = UINT32_MAX, .suid = UINT32_MAX, .fsuid = UINT32_MAX};

bool cred_in_group(const struct cred *cred, uint32_t gid)
{
    if (cred->fsgid == gid)
        return true;
    for (uint32_t i = 0; i < cred->nr_groups; i++)
        if (cred->groups[i] == gid)
            return true;
    return false;
}

bool inode_is_owner(const struct inode *inode, const struct cred *cred)
{
    return cred->fsuid == READ_ONCE(inode->uid) || cred_has_cap(cred, CAP_FOWNER);
}

/* Check the capabilities that override mode bits: capabilities(7). */
static bool has_override(const struct inode *inode, const struct cred *cred, unsigned want)
{
    if (cred_has_cap(cred, CAP_DAC_OVERRIDE)) {
        /* A file without any execute bit is not executable for root either. */
        if ((want & MAY_EXEC) == 0 || S_ISDIR(inode_mode(inode)) ||
            (inode_mode(inode) & S_IXUGO) != 0)
            return true;
    }
    if (!cred_has_cap(cred, CAP_DAC_READ_SEARCH))
        return false;
    return want == MAY_READ || (S_ISDIR(inode_mode(inode)) && (want & MAY_WRITE) == 0);
}

int inode_permission(struct inode *inode, const struct cred *cred, unsigned want)
{
    if (unlikely(inode->ops->permission))
        return inode->ops->permission(inode, cred, want);

    unsigned bits = inode_mode(inode);

    if (cred->fsuid == READ_ONCE(inode->uid))
        bits >>= 6;
    else if (cred_in_group(cred, READ_ONCE(inode->gid)))
        bits >>= 3;
    if (likely((bits & want) == want) || has_override(inode, cred, want))
        return 0;
    return -EACCES;
}
