/*
 * The newc header: a magic of 6 characters, 13 fields of 8 hexadecimal digits; the name; padding to
 * a multiple of 4 from the start of the archive; the body; padding again.
 */
#include <base/errno.h>
#include <cpio/cpio.h>
#include <string/string.h>

#define MAGIC_SIZE 6
#define NR_FIELDS  13

/* The file type in a header's mode. */
#define MODE_TYPE    0170000u
#define MODE_REGULAR 0100000u

static const char trailer[] = "TRAILER!!!";

bool cpio_is_archive(const void *data, size_t size)
{
    return size >= MAGIC_SIZE &&
           (memcmp(data, "070701", MAGIC_SIZE) == 0 || memcmp(data, "070702", MAGIC_SIZE) == 0);
}

void cpio_init(struct cpio_reader *reader, const void *data, size_t size)
{
    *reader = (struct cpio_reader){.data = data, .size = size};
}

static int read_hex(const uint8_t *digits, uint32_t *out)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 8; i++) {
        char c = char_to_lower((char)digits[i]);

        if (char_is_digit(c))
            value = value << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint32_t)(c - 'a' + 10);
        else
            return -EBADMSG;
    }
    *out = value;
    return 0;
}

static uint32_t sum_of(const uint8_t *body, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += body[i];
    return sum;
}

/* Skip the padding after `end`, which some writers omit at the end of the archive. */
static size_t pad(const struct cpio_reader *reader, size_t end)
{
    return MIN(reader->base + ALIGN_UP(end - reader->base, 4), reader->size);
}

/* Read the entry at reader->pos and advance behind it. */
static int read_entry(struct cpio_reader *reader, struct cpio_entry *entry)
{
    const uint8_t *header = reader->data + reader->pos;
    size_t left = reader->size - reader->pos, name_at = reader->pos + CPIO_HEADER_SIZE, body_at;
    bool has_checksum;
    uint32_t f[NR_FIELDS], name_size;

    if (left < CPIO_HEADER_SIZE || !cpio_is_archive(header, left))
        return -EBADMSG;
    has_checksum = header[MAGIC_SIZE - 1] == '2';
    for (unsigned i = 0; i < NR_FIELDS; i++)
        if (read_hex(header + MAGIC_SIZE + 8 * i, &f[i]) < 0)
            return -EBADMSG;
    *entry = (struct cpio_entry){
        .ino = f[0],
        .mode = f[1],
        .uid = f[2],
        .gid = f[3],
        .nlink = f[4],
        .mtime = f[5],
        .body_size = f[6],
        .dev_major = f[7],
        .dev_minor = f[8],
        .rdev_major = f[9],
        .rdev_minor = f[10],
    };
    name_size = f[11];
    if (name_size < 2 || name_size > CPIO_NAME_MAX || name_size > reader->size - name_at)
        return -EBADMSG;
    entry->name = (const char *)reader->data + name_at;
    entry->name_length = name_size - 1;
    if (strnlen(entry->name, name_size) != entry->name_length)
        return -EBADMSG;
    body_at = pad(reader, name_at + name_size);
    if (entry->body_size > reader->size - body_at)
        return -EBADMSG;
    entry->body = reader->data + body_at;
    if (has_checksum && (entry->mode & MODE_TYPE) == MODE_REGULAR && entry->body_size &&
        sum_of(entry->body, entry->body_size) != f[12])
        return -EIO;
    reader->pos = pad(reader, body_at + entry->body_size);
    return 0;
}

static bool is_at_archive(const struct cpio_reader *reader)
{
    return cpio_is_archive(reader->data + reader->pos, reader->size - reader->pos);
}

/* Skip the padding after a trailer. */
static void finish_archive(struct cpio_reader *reader)
{
    while (reader->pos < reader->size && reader->data[reader->pos] == 0)
        reader->pos++;
    reader->base = reader->pos;
    reader->nr_trailers++;
}

int cpio_next(struct cpio_reader *reader, struct cpio_entry *entry)
{
    for (;;) {
        int err;

        if (reader->pos == reader->base && !is_at_archive(reader) &&
            (reader->nr_trailers || reader->size == 0))
            return 0;
        err = read_entry(reader, entry);
        if (err < 0)
            return err;
        if (!str_equal(entry->name, trailer))
            return 1;
        finish_archive(reader);
    }
}
