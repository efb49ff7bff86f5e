/*
 * How changes of ids, capset(2) and execve(2) transform capability sets (capabilities(7)). Files
 * carry no capabilities: there are no extended attributes.
 */
#include "internal.h"

#include <base/errno.h>

/* Capabilities over files, which follow the file-system uid. */
#define CAPS_OF_FILES                                                                              \
    (1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH |                  \
     1ull << CAP_FOWNER | 1ull << CAP_FSETID | 1ull << CAP_LINUX_IMMUTABLE | 1ull << CAP_MKNOD |   \
     1ull << CAP_MAC_OVERRIDE)

static bool is_subset(uint64_t caps, uint64_t of)
{
    return (caps & ~of) == 0;
}

/* ---- what follows from the ids ---- */

static bool has_root_id(const struct cred *c)
{
    return c->uid == 0 || c->euid == 0 || c->suid == 0;
}

void cred_uids_changed(struct cred *c, const struct cred *old)
{
    if (has_root_id(old) && !has_root_id(c)) {
        if (!c->keeps_caps) {
            c->cap_permitted = 0;
            c->cap_effective = 0;
        }
        c->cap_ambient = 0;
    }
    if (old->euid == 0 && c->euid != 0)
        c->cap_effective = 0;
    if (old->euid != 0 && c->euid == 0)
        c->cap_effective = c->cap_permitted;
}

void cred_fsuid_changed(struct cred *c, uint32_t old_fsuid)
{
    if (old_fsuid == 0 && c->fsuid != 0)
        c->cap_effective &= ~CAPS_OF_FILES;
    if (old_fsuid != 0 && c->fsuid == 0)
        c->cap_effective |= c->cap_permitted & CAPS_OF_FILES;
}

bool cred_exec(struct cred *c, const struct cred *old, bool no_new_privs)
{
    bool has_root = c->euid == 0 || c->uid == 0;
    bool is_effective = c->euid == 0;
    bool is_set_id = c->euid != c->uid || c->egid != c->gid;

    /* A root id makes the file count as having all capabilities, any other id as having none. */
    c->cap_permitted = has_root ? old->cap_bounding | old->cap_inheritable : 0;
    if (no_new_privs && (is_set_id || !is_subset(c->cap_permitted, old->cap_permitted))) {
        c->euid = c->uid;
        c->egid = c->gid;
        c->cap_permitted &= old->cap_permitted;
    }
    c->suid = c->fsuid = c->euid;
    c->sgid = c->fsgid = c->egid;
    if (is_set_id)
        c->cap_ambient = 0;
    c->cap_permitted |= c->cap_ambient;
    c->cap_effective = is_effective ? c->cap_permitted : c->cap_ambient;
    c->keeps_caps = false;
    return is_set_id ||
           (c->uid != 0 && (is_effective || !is_subset(c->cap_permitted, c->cap_ambient)));
}

int cred_capset(struct cred *c, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    if (!cred_has_cap(c, CAP_SETPCAP) &&
        !is_subset(inheritable, c->cap_inheritable | c->cap_permitted))
        return -EPERM;
    if (!is_subset(inheritable, c->cap_inheritable | c->cap_bounding) ||
        !is_subset(permitted, c->cap_permitted) || !is_subset(effective, permitted))
        return -EPERM;
    c->cap_effective = effective;
    c->cap_permitted = permitted;
    c->cap_inheritable = inheritable;
    c->cap_ambient &= permitted & inheritable;
    return 0;
}
