/*
 * Credentials: one object that threads share, and the rules by which they change (credentials(7),
 * capabilities(7)).
 *
 * An object is immutable once shared: clone shares it, a call that changes ids builds a new one
 * from a copy and replaces the old (<task/task.h>: cred_commit). A holder of a reference may read
 * it without a lock. Credentials belong to a thread, as in Linux; the C library makes all threads
 * of a process change theirs together.
 *
 * The rules work on a private struct cred: no locks, any context. They return 0, or -errno with
 * nothing changed.
 */
#ifndef CRED_CRED_H
#define CRED_CRED_H

#include <cred/user_account.h>
#include <vfs/cred.h>

struct credentials {
    struct cred cred;             /* [I] */
    struct user_account *account; /* [I] counted: of cred.uid */
    uint32_t refcount;            /* [a] */
};

/* Allocate an object with one reference; NULL: no memory. Any context. */
struct credentials *credentials_create(const struct cred *cred);
static inline void credentials_get(struct credentials *c)
{
    __atomic_fetch_add(&c->refcount, 1, __ATOMIC_RELAXED);
}
void credentials_put(struct credentials *c); /* NULL is allowed */

#define CRED_KEEP ((uint32_t)-1) /* leave this id unchanged */

/* The rules of the system calls of the same names: -EPERM, -EINVAL. Capability sets follow the user
 * ids. */
int cred_setuid(struct cred *c, uint32_t uid) MUST_CHECK;
int cred_setreuid(struct cred *c, uint32_t uid, uint32_t euid) MUST_CHECK;
int cred_setresuid(struct cred *c, uint32_t uid, uint32_t euid, uint32_t suid) MUST_CHECK;
int cred_setfsuid(struct cred *c, uint32_t uid) MUST_CHECK;
int cred_setgid(struct cred *c, uint32_t gid) MUST_CHECK;
int cred_setregid(struct cred *c, uint32_t gid, uint32_t egid) MUST_CHECK;
int cred_setresgid(struct cred *c, uint32_t gid, uint32_t egid, uint32_t sgid) MUST_CHECK;
int cred_setfsgid(struct cred *c, uint32_t gid) MUST_CHECK;
int cred_capset(struct cred *c, uint64_t effective, uint64_t permitted,
                uint64_t inheritable) MUST_CHECK;

/*
 * execve: compute c, whose effective ids come from the executed file, from `old`. True: the program
 * gains rights (AT_SECURE).
 */
bool cred_exec(struct cred *c, const struct cred *old, bool no_new_privs) MUST_CHECK;

#endif
