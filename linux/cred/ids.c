/*
 * The permission rules of setuid(2) and relatives.
 */
#include "internal.h"

#include <base/errno.h>

static bool is_one_of(uint32_t id, uint32_t x, uint32_t y, uint32_t z)
{
    return id == CRED_KEEP || id == x || id == y || id == z;
}

static bool may_take_uid(const struct cred *c, uint32_t uid)
{
    return cred_has_cap(c, CAP_SETUID) || is_one_of(uid, c->uid, c->euid, c->suid);
}

static bool may_take_gid(const struct cred *c, uint32_t gid)
{
    return cred_has_cap(c, CAP_SETGID) || is_one_of(gid, c->gid, c->egid, c->sgid);
}

/* Set the ids that are not CRED_KEEP, after the permission check. */
static int set_uids(struct cred *c, uint32_t uid, uint32_t euid, uint32_t suid)
{
    struct cred old = *c;

    c->uid = uid != CRED_KEEP ? uid : c->uid;
    c->euid = euid != CRED_KEEP ? euid : c->euid;
    c->suid = suid != CRED_KEEP ? suid : c->suid;
    c->fsuid = c->euid;
    cred_uids_changed(c, &old);
    return 0;
}

static int set_gids(struct cred *c, uint32_t gid, uint32_t egid, uint32_t sgid)
{
    c->gid = gid != CRED_KEEP ? gid : c->gid;
    c->egid = egid != CRED_KEEP ? egid : c->egid;
    c->sgid = sgid != CRED_KEEP ? sgid : c->sgid;
    c->fsgid = c->egid;
    return 0;
}

int cred_setresuid(struct cred *c, uint32_t uid, uint32_t euid, uint32_t suid)
{
    if (!may_take_uid(c, uid) || !may_take_uid(c, euid) || !may_take_uid(c, suid))
        return -EPERM;
    return set_uids(c, uid, euid, suid);
}

int cred_setresgid(struct cred *c, uint32_t gid, uint32_t egid, uint32_t sgid)
{
    if (!may_take_gid(c, gid) || !may_take_gid(c, egid) || !may_take_gid(c, sgid))
        return -EPERM;
    return set_gids(c, gid, egid, sgid);
}

int cred_setuid(struct cred *c, uint32_t uid)
{
    if (uid == CRED_KEEP)
        return -EINVAL;
    if (cred_has_cap(c, CAP_SETUID))
        return set_uids(c, uid, uid, uid);
    if (uid != c->uid && uid != c->suid)
        return -EPERM;
    return set_uids(c, CRED_KEEP, uid, CRED_KEEP);
}

int cred_setgid(struct cred *c, uint32_t gid)
{
    if (gid == CRED_KEEP)
        return -EINVAL;
    if (cred_has_cap(c, CAP_SETGID))
        return set_gids(c, gid, gid, gid);
    if (gid != c->gid && gid != c->sgid)
        return -EPERM;
    return set_gids(c, CRED_KEEP, gid, CRED_KEEP);
}

/*
 * setreuid: copy the effective id to the saved one when the real id is set or the effective one
 * changes.
 */
static uint32_t saved_id(uint32_t id, uint32_t eid, uint32_t now, uint32_t enow)
{
    bool follows = id != CRED_KEEP || (eid != CRED_KEEP && eid != now);

    return !follows ? CRED_KEEP : eid != CRED_KEEP ? eid : enow;
}

int cred_setreuid(struct cred *c, uint32_t uid, uint32_t euid)
{
    bool may_real = cred_has_cap(c, CAP_SETUID) || is_one_of(uid, c->uid, c->euid, c->euid);

    if (!may_real || !may_take_uid(c, euid))
        return -EPERM;
    return set_uids(c, uid, euid, saved_id(uid, euid, c->uid, c->euid));
}

int cred_setregid(struct cred *c, uint32_t gid, uint32_t egid)
{
    bool may_real = cred_has_cap(c, CAP_SETGID) || is_one_of(gid, c->gid, c->egid, c->egid);

    if (!may_real || !may_take_gid(c, egid))
        return -EPERM;
    return set_gids(c, gid, egid, saved_id(gid, egid, c->gid, c->egid));
}

int cred_setfsuid(struct cred *c, uint32_t uid)
{
    uint32_t old = c->fsuid;

    if (uid == CRED_KEEP)
        return -EINVAL;
    if (uid != old && !may_take_uid(c, uid))
        return -EPERM;
    c->fsuid = uid;
    cred_fsuid_changed(c, old);
    return 0;
}

int cred_setfsgid(struct cred *c, uint32_t gid)
{
    if (gid == CRED_KEEP)
        return -EINVAL;
    if (gid != c->fsgid && !may_take_gid(c, gid))
        return -EPERM;
    c->fsgid = gid;
    return 0;
}
