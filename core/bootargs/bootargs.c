/*
 * The command line: split into words in one pass; each word is looked up in the linker set.
 */
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <log/log.h>
#include <string/string.h>

#define LINE_MAX  2048
#define WORDS_MAX 64

LINKER_SET_DECLARE(bootargs, struct bootarg);

static const char *whole = "";
static char text[LINE_MAX]; /* words, each terminated, quotes removed */
static struct bootarg_word words[WORDS_MAX];
static unsigned nr_words;

const char *bootargs_line(void)
{
    return whole;
}

const struct bootarg_word *bootargs_word(unsigned i)
{
    return i < nr_words ? &words[i] : NULL;
}

const char *bootargs_get(const char *name)
{
    for (unsigned i = nr_words; i-- > 0;)
        if (words[i].kind != BOOTARG_AFTER_DASHES && str_equal(words[i].name, name))
            return words[i].value ? words[i].value : "";
    return NULL;
}

static bool is_ours(const char *name, const char *value, int *err)
{
    LINKER_SET_FOREACH(bootargs, struct bootarg, arg) {
        if (str_equal(arg->name, name)) {
            *err = arg->set(value);
            return true;
        }
    }
    return false;
}

static void word_add(char *name, enum bootarg_kind kind)
{
    char *value = kind == BOOTARG_KNOWN ? strchr(name, '=') : NULL;
    int err = 0;

    if (nr_words == WORDS_MAX) {
        log_warn("command line: too many words, '%s' ignored", name);
        return;
    }
    if (value)
        *value++ = '\0';
    if (kind == BOOTARG_KNOWN && !is_ours(name, value, &err)) {
        log_warn("command line: unknown word '%s'", name);
        kind = BOOTARG_UNKNOWN;
    } else if (err != 0) {
        log_warn("command line: bad value in '%s=%s'", name, value ? value : "");
    }
    words[nr_words++] = (struct bootarg_word){.name = name, .value = value, .kind = kind};
}

void bootargs_parse(const char *line)
{
    size_t used = 0;
    const char *p = line;
    enum bootarg_kind kind = BOOTARG_KNOWN;

    whole = line;
    nr_words = 0;
    for (;;) {
        while (*p != '\0' && char_is_space(*p))
            p++;
        if (*p == '\0')
            return;
        size_t start = used;
        bool is_quoted = false;

        for (; *p != '\0' && (is_quoted || !char_is_space(*p)); p++)
            if (*p == '"')
                is_quoted = !is_quoted;
            else if (used + 1 < LINE_MAX)
                text[used++] = char_is_printable(*p) ? *p : '?';
        if (used + 2 >= LINE_MAX) {
            log_warn("command line: cut off at %u bytes", LINE_MAX);
            return;
        }
        text[used++] = '\0';
        if (!str_equal(&text[start], "--"))
            word_add(&text[start], kind);
        else if (kind == BOOTARG_KNOWN)
            kind = BOOTARG_AFTER_DASHES;
        else
            return; /* a second one ends the line on Linux */
    }
}
