/*
 * The words of the command line for process 1, as on Linux
 * (Documentation/admin-guide/kernel-parameters.rst): words that the kernel does not know go to
 * init, a bare one as an argument, name=value into the environment; so does every word after "--",
 * as an argument. init= and rdinit= drop the arguments before them. A name with a dot belongs to a
 * module and is passed on to nobody.
 */
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <log/log.h>
#include <string/string.h>

#include "init.h"

#define NR_WORDS_MAX 32 /* of each, as CONFIG_INIT_ENV_ARG_LIMIT */
#define TEXT_MAX     2048

/* Words that other code looks up. */
static int note(const char *value)
{
    (void)value;
    return 0;
}

#define NOTED(word, name)                                                                          \
    static int name(const char *value)                                                             \
    {                                                                                              \
        return note(value);                                                                        \
    }                                                                                              \
    BOOTARG(word, name)
NOTED("init", note_init);
NOTED("rdinit", note_rdinit);
NOTED("root", note_root);
NOTED("rootfstype", note_rootfstype);
NOTED("rootflags", note_rootflags);
NOTED("rootwait", note_rootwait);   /* disks are all found before the root is mounted */
NOTED("rootdelay", note_rootdelay); /* likewise */
NOTED("rw", note_rw);
NOTED("ro", note_ro);

/* Accept console=ttyS0, the only console. */
static int set_console(const char *value)
{
    size_t length = sizeof("ttyS0") - 1;

    if (!value || *value == '\0')
        return -EINVAL;
    if (strncmp(value, "ttyS0", length) != 0 || (value[length] != '\0' && value[length] != ','))
        log_warn("console=%s is not here: the console is ttyS0", value);
    return 0;
}
BOOTARG("console", set_console);

/* The firmware's console is used from the first line on anyway. */
NOTED("earlycon", note_earlycon);
NOTED("keep_bootcon", note_keep_bootcon);
NOTED("ignore_loglevel", note_ignore_loglevel);

/* Linux's words for unsupported features: report them, do not pass them to init. */
static const char *const linux_words[] = {
    "audit",       "apparmor",   "cma",
    "crashkernel", "hugepages",  "initcall_debug",
    "isolcpus",    "kgdboc",     "lpj",
    "maxcpus",     "mem",        "mitigations",
    "nohz",        "nokaslr",    "noinitrd",
    "norandmaps",  "nosmp",      "noresume",
    "nr_cpus",     "nowatchdog", "oops",
    "reboot",      "resume",     "selinux",
    "security",    "threadirqs", "transparent_hugepage",
    "vdso",
};

static bool is_linux_word(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(linux_words); i++)
        if (str_equal(name, linux_words[i]))
            return true;
    return false;
}

static bool drops_arguments(const struct bootarg_word *word)
{
    return word->kind == BOOTARG_KNOWN &&
           (str_equal(word->name, "init") || str_equal(word->name, "rdinit"));
}

static bool is_for_init(const struct bootarg_word *word)
{
    return word->kind == BOOTARG_AFTER_DASHES ||
           (word->kind == BOOTARG_UNKNOWN && *word->name != '\0' && !is_linux_word(word->name) &&
            !strchr(word->name, '.'));
}

const char *const *init_arguments(const char *path)
{
    static const char *argv[NR_WORDS_MAX + 2];
    const struct bootarg_word *word;
    unsigned nr = 1;

    for (unsigned i = 0; (word = bootargs_word(i)) != NULL; i++) {
        if (drops_arguments(word))
            nr = 1;
        if (!is_for_init(word) || word->value)
            continue;
        if (nr == NR_WORDS_MAX + 1)
            log_warn("command line: too many arguments for init, '%s' dropped", word->name);
        else
            argv[nr++] = word->name;
    }
    argv[0] = path;
    argv[nr] = NULL;
    return argv;
}

/* Find the place of a variable: its present one, or behind the last. */
static unsigned variable_find(const char *const *envp, unsigned nr, const char *name)
{
    size_t length = strlen(name);
    unsigned i;

    for (i = 0; i < nr; i++)
        if (strncmp(envp[i], name, length) == 0 && envp[i][length] == '=')
            break;
    return i;
}

const char *const *init_environment(void)
{
    static const char *envp[NR_WORDS_MAX + 1] = {"HOME=/", "TERM=linux"};
    static char text[TEXT_MAX]; /* NAME=value joined again; no longer than the line */
    const struct bootarg_word *word;
    unsigned nr = 2;
    size_t used = 0;

    for (unsigned i = 0; (word = bootargs_word(i)) != NULL; i++) {
        if (!is_for_init(word) || !word->value)
            continue;
        unsigned at = variable_find(envp, nr, word->name);
        size_t room = sizeof(text) - used;
        size_t length = strlen(word->name) + 1 + strlen(word->value) + 1;

        if (at == NR_WORDS_MAX || length > room) {
            log_warn("command line: too much environment for init, '%s' dropped", word->name);
            continue;
        }
        envp[at] = text + used;
        nr = at == nr ? nr + 1 : nr;
        used += strlcpy(text + used, word->name, room);
        text[used++] = '=';
        used += strlcpy(text + used, word->value, sizeof(text) - used) + 1;
    }
    envp[nr] = NULL;
    return envp;
}
