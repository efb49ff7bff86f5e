/*
 * Names that programs pass to system calls, and the directories they are relative to.
 */
#ifndef PATHNAME_PATHNAME_H
#define PATHNAME_PATHNAME_H

#include <base/types.h>
#include <vfs/vfs.h>

/* A name copied from a program. */
struct user_name {
    char *text;
    char *heap; /* owns a long one */
    char own[256];
};
int user_name_get(struct user_name *name, uint64_t uaddr) MUST_CHECK;
void user_name_put(struct user_name *name);

/* The arguments of a call with (dirfd, name), copied in and resolved. */
struct at_call {
    struct vfs_context context;
    struct path at; /* counted if `has_at` */
    bool has_at;
    struct user_name name;
};
/*
 * Copy in the name and find the directory. may_be_empty: "" (or a null pointer) is allowed and
 * means dirfd itself. at_call_end() must follow success.
 */
int at_call_begin(struct at_call *call, int dirfd, uint64_t uname, bool may_be_empty) MUST_CHECK;
void at_call_end(struct at_call *call);
static inline const struct path *at_call_path(const struct at_call *call)
{
    return call->has_at ? &call->at : NULL;
}
/* Do begin, lookup and end in one: return the path with references. flags: LOOKUP_*. */
int path_of_user(int dirfd, uint64_t uname, unsigned flags, struct path *out) MUST_CHECK;

#endif
