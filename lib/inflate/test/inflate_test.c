/*
 * lib/inflate: what gzip made of several kinds of data at several levels, in all output modes; and
 * every truncation and flipped bit of a small member.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <base/errno.h>
#include <crc32/crc32.h>
#include <inflate/inflate.h>
#include <prng/prng.h>

#define MAX_PLAIN (300 * 1024)

static uint8_t plain[MAX_PLAIN];
static struct inflate_work work;

enum kind { KIND_ZEROS, KIND_RANDOM, KIND_TEXT, KIND_SKEWED, NR_KINDS };

static void make_plain(enum kind kind, size_t size)
{
    struct prng prng;

    prng_init(&prng, (uint64_t)kind);
    for (size_t i = 0; i < size; i++) {
        switch (kind) {
        case KIND_ZEROS:
            plain[i] = 0;
            break;
        case KIND_RANDOM:
            plain[i] = (uint8_t)prng_next(&prng);
            break;
        case KIND_TEXT: /* words that repeat at all distances */
            plain[i] = prng_below(&prng, 8) && i > 40000
                           ? plain[i - 32000 + (i & 0x3ff)]
                           : (uint8_t)("the quick brown fox "[prng_below(&prng, 20)]);
            break;
        default: /* a geometric distribution: codes of many lengths */
            plain[i] = (uint8_t)__builtin_ctzll(prng_next(&prng) | 1ull << 40);
            plain[i] = (uint8_t)(plain[i] * 5 + prng_below(&prng, 3));
        }
    }
}

/* The first size bytes of plain as gzip compresses them; to be freed. */
static uint8_t *compress_plain(size_t size, const char *options, size_t *compressed_size)
{
    char in[] = "/tmp/inflate_testXXXXXX", out[64], command[128];
    int fd = mkstemp(in);
    uint8_t *data = malloc(2 * size + 1024);
    FILE *file;

    assert_int_equal(write(fd, plain, size), size);
    close(fd);
    snprintf(out, sizeof(out), "%s.out", in);
    snprintf(command, sizeof(command), "gzip %s -c %s > %s", options, in, out);
    assert_int_equal(system(command), 0);
    file = fopen(out, "rb");
    assert_non_null(file);
    *compressed_size = fread(data, 1, 2 * size + 1024, file);
    fclose(file);
    remove(in);
    remove(out);
    /* Exactly as large as the data, so that the sanitizer sees reads behind it. */
    return realloc(data, *compressed_size);
}

/* An output that is consumed in windows and compared on the way. */
struct stream {
    struct inflate_output out;
    size_t kept;     /* bytes at the front that were compared before */
    size_t position; /* in plain */
};

static void compare_new(struct stream *stream)
{
    size_t nr_new = stream->out.length - stream->kept;

    assert_memory_equal(stream->out.buf + stream->kept, plain + stream->position, nr_new);
    stream->position += nr_new;
}

static int slide_room(struct inflate_output *out)
{
    struct stream *stream = (struct stream *)out;

    compare_new(stream);
    inflate_slide(out);
    stream->kept = out->length;
    return 0;
}

static int grow_room(struct inflate_output *out)
{
    out->size = out->size * 2 + 1;
    out->buf = realloc(out->buf, out->size);
    return 0;
}

static void expect_plain(const uint8_t *data, size_t size, size_t plain_size)
{
    struct inflate_output flat = {.buf = malloc(plain_size + 1), .size = plain_size};
    struct stream stream = {.out = {.size = INFLATE_WINDOW + 777, .room = slide_room}};
    struct inflate_output grown = {.room = grow_room};
    size_t used = 0;

    assert_true(gzip_is_compressed(data, size));
    assert_int_equal(gzip_size_hint(data, size), plain_size);
    assert_int_equal(gzip_inflate(&work, data, size, &used, &flat), 0);
    assert_int_equal(used, size);
    assert_int_equal(flat.length, plain_size);
    assert_memory_equal(flat.buf, plain, plain_size);
    if (plain_size) {
        flat.length = 0;
        flat.size = plain_size - 1;
        assert_int_equal(gzip_inflate(&work, data, size, &used, &flat), -ENOSPC);
    }
    stream.out.buf = malloc(stream.out.size);
    assert_int_equal(gzip_inflate(&work, data, size, &used, &stream.out), 0);
    compare_new(&stream);
    assert_int_equal(stream.position, plain_size);
    assert_int_equal(gzip_inflate(&work, data, size, &used, &grown), 0);
    assert_int_equal(grown.length, plain_size);
    assert_memory_equal(grown.buf, plain, plain_size);
    free(flat.buf);
    free(stream.out.buf);
    free(grown.buf);
}

static void test_what_gzip_makes(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 100, 5000, 65536, MAX_PLAIN};
    static const char *const options[] = {"-1", "-6", "-9 -N"};

    (void)state;
    for (int kind = 0; kind < NR_KINDS; kind++) {
        for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
            make_plain((enum kind)kind, sizes[s]);
            for (size_t o = 0; o < ARRAY_SIZE(options); o++) {
                size_t size;
                uint8_t *data = compress_plain(sizes[s], options[o], &size);

                expect_plain(data, size, sizes[s]);
                free(data);
            }
        }
    }
}

static void test_misaligned_and_followed(void **state)
{
    size_t size, used;
    uint8_t *data, *moved;

    (void)state;
    make_plain(KIND_TEXT, 3000);
    data = compress_plain(3000, "-9", &size);
    moved = malloc(size + 64);
    for (size_t offset = 0; offset < 8; offset++) {
        struct inflate_output out = {.buf = malloc(3000), .size = 3000};

        memset(moved, 0xff, size + 64);
        memcpy(moved + offset, data, size);
        used = 0;
        assert_int_equal(gzip_inflate(&work, moved + offset, size + 20, &used, &out), 0);
        assert_int_equal(used, size);
        assert_memory_equal(out.buf, plain, 3000);
        free(out.buf);
    }
    free(moved);
    free(data);
}

static void test_every_truncation(void **state)
{
    size_t size;
    uint8_t *data;

    (void)state;
    make_plain(KIND_SKEWED, 2000);
    data = compress_plain(2000, "-9", &size);
    for (size_t cut = 0; cut < size; cut++) {
        struct inflate_output out = {.buf = malloc(2000), .size = 2000};
        uint8_t *block = malloc(cut ? cut : 1);
        int rc;

        memcpy(block, data, cut);
        rc = gzip_inflate(&work, block, cut, NULL, &out);
        assert_int_equal(rc, cut < 10 ? -EINVAL : -EBADMSG);
        free(block);
        free(out.buf);
    }
    free(data);
}

static void test_every_flipped_bit(void **state)
{
    size_t size;
    uint8_t *data;

    (void)state;
    make_plain(KIND_SKEWED, 600);
    data = compress_plain(600, "-9n", &size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        struct inflate_output out = {.buf = malloc(600), .size = 600};
        int rc;

        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        rc = gzip_inflate(&work, data, size, NULL, &out);
        /* The header's time, system and text flag mean nothing to us, nor do the bits behind the
         * last block up to the trailer. */
        if (rc == 0) {
            assert_true((bit >= 32 && bit < 80) || bit == 24 || bit / 8 == size - 9);
            assert_memory_equal(out.buf, plain, 600);
        }
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        free(out.buf);
    }
    free(data);
}

static void expect_bad(const uint8_t *data, size_t size)
{
    uint8_t buf[1024];
    struct inflate_output out = {.buf = buf, .size = sizeof(buf)};

    assert_int_equal(inflate(&work, data, size, NULL, &out), -EBADMSG);
}

static void test_malformed(void **state)
{
    (void)state;
    expect_bad((uint8_t[]){0x07}, 1);                               /* block type 3 */
    expect_bad((uint8_t[]){0x01, 0x01, 0x00, 0xff, 0xff}, 5);       /* stored: lengths disagree */
    expect_bad((uint8_t[]){0x01, 0x02, 0x00, 0xfd, 0xff, 0x41}, 6); /* stored: cut */
    expect_bad((uint8_t[]){0x03, 0x02, 0x00}, 3); /* fixed: distance before the start */
    expect_bad((uint8_t[]){0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}, 8); /* no lengths */
}

static void test_crc(void **state)
{
    static const uint8_t text[] = "123456789";

    (void)state;
    assert_int_equal(crc32(text, 9), 0xcbf43926);
    for (size_t i = 0; i <= 9; i++)
        assert_int_equal(crc32_update(crc32(text, i), text + i, 9 - i), 0xcbf43926);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_gzip_makes),  cmocka_unit_test(test_misaligned_and_followed),
        cmocka_unit_test(test_every_truncation), cmocka_unit_test(test_every_flipped_bit),
        cmocka_unit_test(test_malformed),        cmocka_unit_test(test_crc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
