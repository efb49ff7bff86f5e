/*
 * The symbol table's reader: a small table by hand, and damaged ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <symtab/symtab.h>

/*
 * A pair may reach from one name into the next.
 * Functions: "abc" at 4, "xab" at 20, "long" at 320, the end at 400.
 */
static const uint8_t table[] = {
    4,  0,  2,   8,   0x96, 0x01, 40,                      /* functions */
    10, 0,  'a', 'b', 'c',  'l',  'o', 'n', 'g', 'x', 'y', /* characters */
    4,  1,  2,   3,   0,    11,   8,   10,  12, /* pairs: 10 ab, 11 c0, 12 c0x, 13 abc0x */
    13, 10, 0,   4,   5,    6,    7,   0,   0,
};

static void names_and_distances(void **state)
{
    char name[16];

    (void)state;
    assert_int_equal(symtab_lookup(table, sizeof(table), 4, name, sizeof(name)), 0);
    assert_string_equal(name, "abc");
    assert_int_equal(symtab_lookup(table, sizeof(table), 19, name, sizeof(name)), 15);
    assert_string_equal(name, "abc");
    assert_int_equal(symtab_lookup(table, sizeof(table), 21, name, sizeof(name)), 1);
    assert_string_equal(name, "xab");
    assert_int_equal(symtab_lookup(table, sizeof(table), 399, name, sizeof(name)), 79);
    assert_string_equal(name, "long");
}

static void outside(void **state)
{
    char name[16] = "x";

    (void)state;
    assert_int_equal(symtab_lookup(table, sizeof(table), 3, name, sizeof(name)), -1);
    assert_string_equal(name, "");
    assert_int_equal(symtab_lookup(table, sizeof(table), 400, name, sizeof(name)), -1);
    assert_int_equal(symtab_lookup(NULL, 0, 4, name, sizeof(name)), -1);
    assert_int_equal(symtab_lookup(table, sizeof(table), 4, name, 0), -1);
}

static void cut_to_size(void **state)
{
    char name[3];

    (void)state;
    assert_int_equal(symtab_lookup(table, sizeof(table), 4, name, sizeof(name)), 0);
    assert_string_equal(name, "ab");
}

/* Every truncation and every single-byte change: no access outside (the sanitizer's job), always an
 * end. */
static void damage(void **state)
{
    char name[8];

    (void)state;
    for (size_t size = 0; size <= sizeof(table); size++) {
        uint8_t *copy = malloc(size + !size);

        memcpy(copy, table, size);
        for (size_t at = 0; at < size; at++) {
            for (unsigned value = 0; value < 256; value++) {
                copy[at] = (uint8_t)value;
                for (uint64_t offset = 0; offset < 420; offset += 60) {
                    symtab_lookup(copy, size, offset, name, sizeof(name));
                    assert_true(memchr(name, 0, sizeof(name)) != NULL);
                }
            }
            copy[at] = table[at];
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_distances),
        cmocka_unit_test(outside),
        cmocka_unit_test(cut_to_size),
        cmocka_unit_test(damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
