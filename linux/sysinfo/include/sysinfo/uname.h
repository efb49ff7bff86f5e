/*
 * The system's names, as uname(2) and /proc/sys/kernel show them.
 */
#ifndef PROCESS_UNAME_H
#define PROCESS_UNAME_H

#define UNAME_FIELD 65

struct uname {
    char sysname[UNAME_FIELD], nodename[UNAME_FIELD], release[UNAME_FIELD], version[UNAME_FIELD],
        machine[UNAME_FIELD], domainname[UNAME_FIELD];
};
extern struct uname uname_now;

#endif
