/*
 * Any bytes as an ELF file: what is accepted can be loaded without leaving the file or wrapping.
 */
#include <stdlib.h>
#include <string.h>

#include <elf/elf.h>

#define REQUIRE(cond)                                                                              \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void check_loads(const struct elf_header *elf, const uint8_t *table,
                        const struct elf_layout *layout)
{
    struct elf_segment segment;

    for (unsigned i = 0; i < elf->nr_phdrs; i++) {
        REQUIRE(elf_read_segment(elf, table, i, &segment) == 0);
        if (segment.type == ELF_PT_LOAD && segment.mem_size) {
            REQUIRE(segment.offset + segment.file_size <= elf->file_size);
            REQUIRE(segment.vaddr >= layout->start);
            REQUIRE(segment.vaddr + segment.mem_size <= layout->end);
        }
    }
    REQUIRE(layout->start < layout->end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size ? size : 1);
    struct elf_layout layout;
    struct elf_header elf;
    struct elf_note note;
    uint64_t offset, section_size;
    size_t pos = 0;

    if (size)
        memcpy(block, data, size);
    if (elf_read_header(&elf, block, size, size) == 0 &&
        elf_read_layout(&elf, block + elf.phdrs_offset, &layout) == 0)
        check_loads(&elf, block + elf.phdrs_offset, &layout);
    if (elf_find_section(block, size, ".symtab", &offset, &section_size) == 0)
        REQUIRE(offset + section_size <= size);
    while (elf_note_next(block, size, &pos, &note) > 0)
        REQUIRE((const uint8_t *)note.desc + note.desc_size <= block + size);
    free(block);
    return 0;
}
