/*
 * Cutting the command line into words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <base/errno.h>
#include <bootargs/bootargs.h>

static char seen[16][64];
static unsigned nr_seen;

static int see(const char *value)
{
    if (nr_seen < 16)
        strncpy(seen[nr_seen++], value != NULL ? value : "(bare)", 63);
    return 0;
}

static int refuse(const char *value)
{
    (void)value;
    return -EINVAL;
}

BOOTARG("see", see);
BOOTARG("refuse", refuse);

static void parse(const char *line)
{
    nr_seen = 0;
    memset(seen, 0, sizeof(seen));
    bootargs_parse(line);
}

static void words(void **state)
{
    (void)state;
    parse("  see=1 other see see=\t see=a=b  ");
    assert_int_equal(nr_seen, 4);
    assert_string_equal(seen[0], "1");
    assert_string_equal(seen[1], "(bare)");
    assert_string_equal(seen[2], "");
    assert_string_equal(seen[3], "a=b");
    assert_string_equal(bootargs_get("other"), "");
    assert_string_equal(bootargs_get("see"), "a=b");
    assert_null(bootargs_get("nothing"));
    assert_string_equal(bootargs_line(), "  see=1 other see see=\t see=a=b  ");
}

static void quotes(void **state)
{
    (void)state;
    parse("see=\"a b\" \"see=c d\" see=\"open");
    assert_int_equal(nr_seen, 3);
    assert_string_equal(seen[0], "a b");
    assert_string_equal(seen[1], "c d");
    assert_string_equal(seen[2], "open");
}

static void for_init(void **state)
{
    (void)state;
    parse("see=1 -- see=2 -x \"a b\" c=\"d e\" -- f");
    assert_int_equal(nr_seen, 1);
    assert_string_equal(bootargs_get("see"), "1");

    static const char *const after[] = {"see=2", "-x", "a b", "c=d e"};

    assert_int_equal(bootargs_word(0)->kind, BOOTARG_KNOWN);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(bootargs_word(i + 1)->kind, BOOTARG_AFTER_DASHES);
        assert_string_equal(bootargs_word(i + 1)->name, after[i]);
    }
    assert_null(bootargs_word(5));
    parse("--");
    assert_null(bootargs_word(0));
}

static void unknown_words_are_kept(void **state)
{
    (void)state;
    parse("see=1 single TERM=vt100");
    assert_int_equal(bootargs_word(1)->kind, BOOTARG_UNKNOWN);
    assert_string_equal(bootargs_word(1)->name, "single");
    assert_null(bootargs_word(1)->value);
    assert_int_equal(bootargs_word(2)->kind, BOOTARG_UNKNOWN);
    assert_string_equal(bootargs_word(2)->value, "vt100");
    assert_null(bootargs_word(3));
}

static void errors_do_not_stop_the_line(void **state)
{
    (void)state;
    parse("refuse=1 unknown=2 \x01\xff\x80=3 = =x see=after");
    assert_int_equal(nr_seen, 1);
    assert_string_equal(seen[0], "after");
}

/* Longer than the buffer, and more words than the table. */
static void too_much(void **state)
{
    static char line[10000];

    (void)state;
    memset(line, 'x', sizeof(line) - 1);
    memcpy(line, "see=1 ", 6);
    parse(line);
    assert_int_equal(nr_seen, 1);
    for (size_t i = 0; i + 3 < sizeof(line); i += 2)
        memcpy(line + i, "a ", 2);
    line[sizeof(line) - 1] = '\0';
    parse(line);
    parse("see=2");
    assert_string_equal(seen[0], "2");
}

static void random_bytes(void **state)
{
    (void)state;
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = (size_t)rand() % 100;
        char *line = malloc(n + 1);

        for (size_t i = 0; i < n; i++)
            line[i] = "se=\" \t-\x01\xfe"[rand() % 9];
        line[n] = '\0';
        parse(line);
        bootargs_get("s");
        bootargs_word(0);
        if (round == 19999)
            parse("");
        else
            bootargs_parse("");
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(quotes),
        cmocka_unit_test(for_init),
        cmocka_unit_test(unknown_words_are_kept),
        cmocka_unit_test(errors_do_not_stop_the_line),
        cmocka_unit_test(too_much),
        cmocka_unit_test(random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
