/*
 * Mount options of tmpfs(5): size, nr_blocks, nr_inodes, mode, uid, gid.
 */
#include <base/errno.h>
#include <frame/frame.h>
#include <log/log.h>
#include <string/string.h>

#include "internal.h"

static uint64_t ram_pages(void)
{
    struct frame_stats stats;

    frame_stats(&stats);
    return stats.total;
}

void ramfs_options_limit(struct ramfs_options *out)
{
    out->nr_pages_max = out->nr_inodes_max = ram_pages() / 2;
}

static int parse_size(const char *value, const char **end, uint64_t *nr_pages)
{
    uint64_t number;
    int ret = str_to_size(value, end, &number);

    if (ret != 0)
        return ret;
    if (**end == '%') {
        ++*end;
        *nr_pages = ram_pages() * MIN(number, 100ull) / 100;
    } else {
        *nr_pages = ALIGN_UP(number, PAGE_SIZE) / PAGE_SIZE;
    }
    return 0;
}

static int parse_word(const char *key, size_t key_len, const char *value, const char **end,
                      struct ramfs_options *out)
{
    struct {
        const char *name;
        unsigned base;
        uint32_t *field;
    } numbers[] = {{"mode", 8, &out->mode}, {"uid", 10, &out->uid}, {"gid", 10, &out->gid}};

    if (key_len == 4 && memcmp(key, "size", 4) == 0)
        return parse_size(value, end, &out->nr_pages_max);
    if (key_len == 9 && memcmp(key, "nr_blocks", 9) == 0)
        return str_to_size(value, end, &out->nr_pages_max);
    if (key_len == 9 && memcmp(key, "nr_inodes", 9) == 0)
        return str_to_size(value, end, &out->nr_inodes_max);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uint64_t number;

        if (strlen(numbers[i].name) != key_len || memcmp(key, numbers[i].name, key_len) != 0)
            continue;
        int ret = str_to_u64(value, end, numbers[i].base, &number);

        if (ret == 0 && number > UINT32_MAX)
            ret = -ERANGE;
        if (ret == 0)
            *numbers[i].field = (uint32_t)number;
        return ret;
    }
    return -EINVAL;
}

int ramfs_options_parse(const char *fs_name, const char *text, struct ramfs_options *out)
{
    const char *at = text;

    while (*at != '\0') {
        const char *word_end = at;
        const char *equals = NULL;
        const char *end;

        while (*word_end != '\0' && *word_end != ',') {
            if (*word_end == '=' && !equals)
                equals = word_end;
            word_end++;
        }
        if (word_end != at &&
            (!equals || parse_word(at, (size_t)(equals - at), equals + 1, &end, out) != 0 ||
             end != word_end)) {
            log_warn("%s: mount option '%.*s' is not understood", fs_name, (int)(word_end - at),
                     at);
            return -EINVAL;
        }
        at = *word_end == ',' ? word_end + 1 : word_end;
    }
    out->mode &= S_IALLUGO;
    return 0;
}
