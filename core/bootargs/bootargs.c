/*
 * The command line: cut into words in one pass, each word offered to the linker set.
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
static struct {
    const char *name;
    const char *value; /* NULL: bare word */
} words[WORDS_MAX];
static unsigned nr_words;
static const char *init_args = "";

const char *bootargs_line(void)
{
    return whole;
}

const char *bootargs_init_args(void)
{
    return init_args;
}

const char *bootargs_get(const char *name)
{
    for (unsigned i = nr_words; i-- > 0;)
        if (str_equal(words[i].name, name))
            return words[i].value != NULL ? words[i].value : "";
    return NULL;
}

static bool is_ours(const char *name, const char *value, int *rc)
{
    LINKER_SET_FOREACH(bootargs, struct bootarg, arg) {
        if (str_equal(arg->name, name)) {
            *rc = arg->set(value);
            return true;
        }
    }
    return false;
}

static void word_add(char *word)
{
    char *value = strchr(word, '=');
    int rc = 0;

    if (value != NULL)
        *value++ = '\0';
    if (nr_words == WORDS_MAX) {
        log_warn("command line: too many words, '%s' ignored", word);
        return;
    }
    words[nr_words].name = word;
    words[nr_words++].value = value;
    if (!is_ours(word, value, &rc))
        log_warn("command line: unknown word '%s'", word);
    else if (rc != 0)
        log_warn("command line: bad value in '%s%s%s'", word, value != NULL ? "=" : "",
                 value != NULL ? value : "");
}

void bootargs_parse(const char *line)
{
    size_t used = 0;
    const char *p = line;

    whole = line;
    nr_words = 0;
    init_args = "";
    for (;;) {
        while (*p != '\0' && char_is_space(*p))
            p++;
        if (*p == '\0')
            return;
        size_t start = used;
        bool is_quoted = false;

        for (; *p != '\0' && (is_quoted || !char_is_space(*p)); p++) {
            if (*p == '"')
                is_quoted = !is_quoted;
            else if (used + 1 < LINE_MAX)
                text[used++] = char_is_printable(*p) ? *p : '?';
        }
        if (used + 2 >= LINE_MAX) {
            log_warn("command line: cut off at %u bytes", LINE_MAX);
            return;
        }
        text[used++] = '\0';
        if (str_equal(&text[start], "--")) {
            while (char_is_space(*p))
                p++;
            init_args = p;
            return;
        }
        word_add(&text[start]);
    }
}
