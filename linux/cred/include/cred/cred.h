/*
 * Credentials: one object that threads share, and the rules by which they change
 * (credentials(7), capabilities(7)).
 *
 * An object never changes: clone shares it, a call that changes ids makes a new one from a copy and
 * puts that in its place (<task/task.h>: cred_commit). Whoever holds a count may read it without a
 * lock. Credentials are a thread's, as in Linux; that all threads of a process change theirs
 * together is the C library's work.
 *
 * The rules work on a struct cred that the caller has for himself: no locks, any context. They
 * return 0 or -errno, and change nothing then.
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

/* A new object, counted once; NULL: no memory. Any context. */
struct credentials *credentials_create(const struct cred *cred);
static inline void credentials_get(struct credentials *c)
{
    __atomic_fetch_add(&c->refcount, 1, __ATOMIC_RELAXED);
}
void credentials_put(struct credentials *c); /* NULL is allowed */

#define CRED_KEEP ((uint32_t)-1) /* an id that stays as it is */

/* The calls of these names: -EPERM, -EINVAL. Capability sets follow the user ids. */
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
 * execve: what becomes of `old` when a file is executed that gives c its effective ids. True: the
 * program gains rights (AT_SECURE).
 */
bool cred_exec(struct cred *c, const struct cred *old, bool no_new_privs) MUST_CHECK;

#endif
