/*
 * virt/guestset: files by any spelling of their path, plain and compressed; archives that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <guestset/guestset.h>
#include <host/host.h>

static char archive[4096];
static size_t used;

static void pad(void)
{
    while (used % 4 != 0)
        archive[used++] = '\0';
}

static void add(const char *name, const char *body)
{
    used += (size_t)sprintf(archive + used,
                            "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 1,
                            0100644, 0, 0, 1, 0, strlen(body), 0, 0, 0, 0, strlen(name) + 1, 0);
    used += (size_t)sprintf(archive + used, "%s", name) + 1;
    pad();
    used += (size_t)sprintf(archive + used, "%s", body);
    pad();
}

/* A gzip file of one stored block. */
static size_t compress(const char *data, size_t n, uint8_t *out)
{
    static const uint8_t head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    uint32_t crc = ~0u;

    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    crc = ~crc;
    memcpy(out, head, 10);
    out[10] = 1;
    out[11] = (uint8_t)n, out[12] = (uint8_t)(n >> 8);
    out[13] = (uint8_t)~n, out[14] = (uint8_t)(~n >> 8);
    memcpy(out + 15, data, n);
    memcpy(out + 15 + n, &crc, 4);
    memcpy(out + 19 + n, &(uint32_t){(uint32_t)n}, 4);
    return n + 23;
}

static void expect(const char *path, const char *body)
{
    struct guest_file file;

    assert_int_equal(guestset_find(path, &file), 0);
    assert_int_equal(file.size, strlen(body));
    assert_memory_equal(file.data, body, file.size);
}

static void expect_all(void)
{
    static const char *const missing[] = {"", "/", "guests", "guests.d/we", "guests.d/webx", "web"};
    struct guest_file file;

    expect("guests.conf", "two guests");
    expect("/guests.conf", "two guests");
    expect("./guests.conf", "two guests");
    expect("guests.d/web", "image"); /* stored as ./guests.d/web */
    expect(".//guests.d/web", "image");
    expect("empty", "");
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        assert_int_equal(guestset_find(missing[i], &file), -ENOENT);
}

static void test_plain(void **state)
{
    struct guest_file file;

    (void)state;
    assert_int_equal(guestset_open(archive, used), 0);
    expect_all();
    assert_int_equal(guestset_find("guests.conf", &file), 0);
    assert_in_range((uintptr_t)file.data, (uintptr_t)archive, (uintptr_t)archive + used);
}

static void test_compressed(void **state)
{
    static uint8_t packed[5000];
    size_t n = compress(archive, used, packed);
    struct frame_stats before, after;

    (void)state;
    assert_int_equal(guestset_open(packed, n), 0);
    memset(packed + 10, 0xee, n - 10); /* it was unpacked as a whole */
    expect_all();
    /* A sum that is wrong: refused, and nothing is left. */
    n = compress(archive, used, packed);
    packed[100] ^= 1;
    frame_stats(&before);
    assert_int_equal(guestset_open(packed, n), -EIO);
    frame_stats(&after);
    assert_int_equal(after.free, before.free);
    expect_all();
}

static void test_no_archive(void **state)
{
    struct guest_file file;

    (void)state;
    assert_int_equal(guestset_open("no archive at all", 17), -EINVAL);
    assert_int_equal(guestset_open("", 0), -EINVAL);
    assert_int_equal(guestset_open(archive, 150), 0); /* cut in the first file */
    assert_int_equal(guestset_find("empty", &file), -EBADMSG);
}

static int setup(void **state)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    (void)state;
    host_ram_init(ram.start, ram.size);
    add("guests.conf", "two guests");
    add("./guests.d/web", "image");
    add("empty", "");
    add("TRAILER!!!", "");
    return frame_init(&ram, 1, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_no_archive),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
