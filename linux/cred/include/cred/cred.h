/*
 * The rules of capabilities(7) and credentials(7): what becomes of credentials when ids change and
 * when a program is executed. No state and no locks: whoever calls has the structures for itself.
 */
#ifndef CRED_CRED_H
#define CRED_CRED_H

#include <vfs/cred.h>

/* The sets follow the ids that c has now: after a change of uids, or of the file-system uid. */
void cred_uids_changed(struct cred *c, const struct cred *old);
void cred_fsuid_changed(struct cred *c, uint32_t old_fsuid);

/* capset(2): -EPERM. */
int cred_set_caps(struct cred *c, uint64_t effective, uint64_t permitted, uint64_t inheritable);

/*
 * execve: what becomes of `old` when a file is executed that gives c its effective ids. True: the
 * program gains rights (AT_SECURE).
 */
bool cred_exec(struct cred *c, const struct cred *old, bool no_new_privs) MUST_CHECK;

#endif
