/*
 * Shared by the files of linux/cred only.
 */
#ifndef CRED_INTERNAL_H
#define CRED_INTERNAL_H

#include <cred/cred.h>

/* Adjust c's capability sets after a change of its uids, or of its file-system uid. */
void cred_uids_changed(struct cred *c, const struct cred *old);
void cred_fsuid_changed(struct cred *c, uint32_t old_fsuid);

#endif
