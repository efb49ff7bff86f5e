/*
 * lib/cpio: archives written here and by cpio(1)-like rules; truncations and flipped bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <cpio/cpio.h>

static uint8_t archive[8192];
static size_t archive_size;

static void put(const void *data, size_t size)
{
    memcpy(archive + archive_size, data, size);
    archive_size += size;
}

static void pad(void)
{
    while (archive_size % 4)
        archive[archive_size++] = 0;
}

static void add(char format, unsigned mode, const char *name, const char *body)
{
    char header[CPIO_HEADER_SIZE + 1];
    unsigned sum = 0;

    for (size_t i = 0; i < strlen(body); i++)
        sum += (uint8_t)body[i];
    snprintf(header, sizeof(header), "07070%c%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
             format, 7, mode, 1000, 100, 1, 1234567890, (unsigned)strlen(body), 8, 1, 4, 64,
             (unsigned)strlen(name) + 1, format == '2' ? sum : 0);
    put(header, CPIO_HEADER_SIZE);
    put(name, strlen(name) + 1);
    pad();
    put(body, strlen(body));
    pad();
}

static void make_archive(void)
{
    archive_size = 0;
    add('1', 0040755, ".", "");
    add('1', 0100644, "etc/motd", "hello");
    add('2', 0100755, "init", "#!/bin/sh");
    add('1', 0, "TRAILER!!!", "");
}

static void expect_entry(struct cpio_reader *reader, const char *name, const char *body)
{
    struct cpio_entry entry;

    assert_int_equal(cpio_next(reader, &entry), 1);
    assert_string_equal(entry.name, name);
    assert_int_equal(entry.name_length, strlen(name));
    assert_int_equal(entry.body_size, strlen(body));
    assert_memory_equal(entry.body, body, entry.body_size);
}

static void test_fields(void **state)
{
    struct cpio_reader reader;
    struct cpio_entry entry;

    (void)state;
    make_archive();
    cpio_init(&reader, archive, archive_size);
    expect_entry(&reader, ".", "");
    assert_int_equal(cpio_next(&reader, &entry), 1);
    assert_string_equal(entry.name, "etc/motd");
    assert_int_equal(entry.mode, 0100644);
    assert_int_equal(entry.uid, 1000);
    assert_int_equal(entry.gid, 100);
    assert_int_equal(entry.ino, 7);
    assert_int_equal(entry.nlink, 1);
    assert_int_equal(entry.mtime, 1234567890);
    assert_int_equal(entry.dev_major, 8);
    assert_int_equal(entry.dev_minor, 1);
    assert_int_equal(entry.rdev_major, 4);
    assert_int_equal(entry.rdev_minor, 64);
    expect_entry(&reader, "init", "#!/bin/sh");
    assert_int_equal(cpio_next(&reader, &entry), 0);
    assert_int_equal(cpio_next(&reader, &entry), 0);
    assert_int_equal(reader.pos, archive_size);
}

static void test_concatenated(void **state)
{
    struct cpio_reader reader;
    struct cpio_entry entry;
    size_t end;

    (void)state;
    make_archive();
    memset(archive + archive_size, 0, 512);
    archive_size += 512;
    add('1', 0100644, "second", "2");
    add('1', 0, "TRAILER!!!", "");
    end = archive_size;
    put("\x1f\x8b\x08 and so on", 12);
    cpio_init(&reader, archive, archive_size);
    expect_entry(&reader, ".", "");
    expect_entry(&reader, "etc/motd", "hello");
    expect_entry(&reader, "init", "#!/bin/sh");
    assert_int_equal(reader.nr_trailers, 0);
    expect_entry(&reader, "second", "2");
    assert_int_equal(reader.nr_trailers, 1);
    assert_int_equal(cpio_next(&reader, &entry), 0);
    assert_int_equal(reader.pos, end);
    cpio_init(&reader, archive, 0);
    assert_int_equal(cpio_next(&reader, &entry), 0);
}

static int read_all(const uint8_t *data, size_t size, int *rc)
{
    struct cpio_reader reader;
    struct cpio_entry entry;
    int nr_entries = 0;

    cpio_init(&reader, data, size);
    while ((*rc = cpio_next(&reader, &entry)) > 0) {
        volatile uint8_t last = 0;

        assert_int_equal(strlen(entry.name), entry.name_length);
        if (entry.body_size)
            last = entry.body[0] ^ entry.body[entry.body_size - 1];
        (void)last;
        nr_entries++;
    }
    return nr_entries;
}

static void test_every_truncation(void **state)
{
    int rc;

    (void)state;
    make_archive();
    for (size_t cut = 1; cut < archive_size - 1; cut++) {
        uint8_t *block = malloc(cut);

        memcpy(block, archive, cut);
        read_all(block, cut, &rc);
        /* Without its last padding bytes the trailer still counts. */
        assert_int_equal(rc, cut + 4 > archive_size ? 0 : -EBADMSG);
        free(block);
    }
}

static void test_every_flipped_bit(void **state)
{
    uint8_t *block;
    int rc;

    (void)state;
    make_archive();
    block = malloc(archive_size);
    for (size_t bit = 0; bit < archive_size * 8; bit++) {
        memcpy(block, archive, archive_size);
        block[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_in_range(read_all(block, archive_size, &rc), 0, 4);
        assert_true(rc == 0 || rc == -EBADMSG || rc == -EIO);
    }
    /* The checksum of 070702 finds a changed body. */
    memcpy(block, archive, archive_size);
    for (size_t i = 0; i + 9 < archive_size; i++)
        if (memcmp(block + i, "#!/bin/sh", 9) == 0)
            block[i] ^= 1;
    assert_int_equal(read_all(block, archive_size, &rc), 2);
    assert_int_equal(rc, -EIO);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_concatenated),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_every_flipped_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
