/*
 * Sections by name, for images that are in memory as a whole.
 */
#include <base/errno.h>
#include <string/string.h>

#include "private.h"

#define SHT_NOBITS 8

static bool read_section(const struct elf_raw_header *header, const uint8_t *image, size_t size,
                         unsigned index, struct elf_raw_shdr *section)
{
    memcpy(section, image + header->shoff + (size_t)index * sizeof(*section), sizeof(*section));
    return section->type == SHT_NOBITS || elf_is_within(section->offset, section->size, size);
}

int elf_find_section(const void *image, size_t size, const char *name, uint64_t *offset,
                     uint64_t *section_size)
{
    struct elf_raw_header header;
    struct elf_raw_shdr names, section;
    struct elf_header checked;
    size_t name_size = strlen(name) + 1;
    int err = elf_read_header(&checked, image, size, size);

    if (err < 0)
        return err;
    memcpy(&header, image, sizeof(header));
    if (header.shnum == 0)
        return -ENOENT;
    if (header.shentsize != sizeof(section) || header.shstrndx >= header.shnum ||
        !elf_is_within(header.shoff, (uint64_t)header.shnum * sizeof(section), size) ||
        !read_section(&header, image, size, header.shstrndx, &names) || names.type == SHT_NOBITS)
        return -ENOEXEC;
    for (unsigned i = 0; i < header.shnum; i++) {
        if (!read_section(&header, image, size, i, &section))
            return -ENOEXEC;
        if (section.type != SHT_NOBITS && elf_is_within(section.name, name_size, names.size) &&
            memcmp((const uint8_t *)image + names.offset + section.name, name, name_size) == 0) {
            *offset = section.offset;
            *section_size = section.size;
            return 0;
        }
    }
    return -ENOENT;
}
