/*
 * The system's names, as uname(2) and /proc/sys/kernel show them.
 */
#ifndef SYSINFO_UNAME_H
#define SYSINFO_UNAME_H

#include <base/types.h>

#define UNAME_FIELD 65

struct uname {
    char sysname[UNAME_FIELD], nodename[UNAME_FIELD], release[UNAME_FIELD], version[UNAME_FIELD],
        machine[UNAME_FIELD], domainname[UNAME_FIELD];
};

/* Copy all names consistently. Thread context. */
void uname_get(struct uname *out);

enum uname_settable { UNAME_NODENAME, UNAME_DOMAINNAME };

/* Set a name. 0, or -EINVAL for a text of UNAME_FIELD or more bytes. Thread context. */
MUST_CHECK int uname_set(enum uname_settable which, const char *text, size_t len);

#endif
