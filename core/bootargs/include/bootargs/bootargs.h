/*
 * The kernel's command line (/chosen/bootargs): words separated by blanks, "name" or "name=value",
 * a value may be quoted with ". Components register the words they understand:
 *
 *   static int set_level(const char *value) { ... }
 *   BOOTARG("loglevel", set_level);
 *
 * Words after "--" belong to init. An unknown word, or one whose function returns an error, gives
 * one warning line and is otherwise ignored.
 */
#ifndef BOOTARGS_BOOTARGS_H
#define BOOTARGS_BOOTARGS_H

#include <base/linkerset.h>
#include <base/types.h>

struct bootarg {
    const char *name;
    /* value: what follows '=', or NULL for a bare word; valid for ever. 0 or negative errno. */
    int (*set)(const char *value);
};

#define BOOTARG(word, fn)                                                                          \
    LINKER_SET_ITEM(bootargs, struct bootarg, PASTE(bootarg_, fn)) = {.name = (word), .set = (fn)}

/* Copy the line and call the words' functions, in the order of the line. Once, early. */
void bootargs_parse(const char *line);

/* Return the whole line as given, for /proc/cmdline. */
const char *bootargs_line(void);

/* Return the value of the last "name=value" of the line, "" for a bare word; NULL if absent. */
const char *bootargs_get(const char *name);

enum bootarg_kind {
    BOOTARG_KNOWN,
    BOOTARG_UNKNOWN,      /* unknown to the kernel: for init */
    BOOTARG_AFTER_DASHES, /* name is the whole word, value is NULL */
};

struct bootarg_word {
    const char *name;
    const char *value; /* NULL: bare word */
    enum bootarg_kind kind;
};

/* Return the words in the order of the line, without the "--"; NULL past the last. */
const struct bootarg_word *bootargs_word(unsigned i);

#endif
