/* What fail_calls.c shares with the cases: the calls that are made, and how a success is undone. */
#ifndef FAIL_CALLS_H
#define FAIL_CALLS_H

#include <stdbool.h>

#define PAGE       4096
#define FILE_PAGES 32

struct call {
    long nr, args[6];
    bool has_child; /* a second thread or process returns with 0 and ends at once */
};

struct test {
    const char *name;
    void (*prepare)(struct call *call);
    bool (*undo)(long result); /* after a success; false: the result is wrong */
    bool (*is_intact)(void);   /* after a failure; NULL: nothing to look at */
    bool may_be_refused;       /* FAT has no links: EPERM */
};

/* What a child does after fail_from_here(nth); gives its exit status. */
struct child_test {
    const char *name;
    int (*run)(const char *nth);
    bool is_exec; /* may be killed, or refuse to begin without memory (127) */
};

/* Both end with an entry without a name. */
extern const struct test tests[];
extern const struct child_test child_tests[];

/* Makes the files and the like that the cases need in `folder`. */
bool cases_begin(const char *folder);
/* Before each child: its file is empty, and a process is there that memory can be taken from. */
bool child_cases_begin(void);
void child_cases_end(void);
void fail_from_here(const char *nth);

#endif
