/*
 * lib/elf: a good file, and each way in which a file can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <elf/elf.h>

#include "../private.h"

struct image {
    struct elf_raw_header header;
    struct elf_raw_phdr phdrs[6];
    uint8_t body[16384];
};

static struct image image;

static void make_image(void)
{
    memset(&image, 0, sizeof(image));
    image.header = (struct elf_raw_header){
        .ident = "\177ELF\2\1\1",
        .type = ELF_ET_DYN,
        .machine = ELF_EM_RISCV,
        .version = 1,
        .entry = 0x1040,
        .phoff = offsetof(struct image, phdrs),
        .flags = ELF_RISCV_RVC | ELF_RISCV_FLOAT_DOUBLE,
        .ehsize = 64,
        .phentsize = 56,
        .phnum = 6,
    };
    image.phdrs[0] = (struct elf_raw_phdr){.type = ELF_PT_INTERP, .offset = 0x200, .filesz = 9};
    image.phdrs[1] = (struct elf_raw_phdr){
        .type = ELF_PT_LOAD, .flags = 5, .filesz = 0x1800, .memsz = 0x1800, .align = 0x1000};
    image.phdrs[2] = (struct elf_raw_phdr){.type = ELF_PT_LOAD,
                                           .flags = 6,
                                           .offset = 0x1800,
                                           .vaddr = 0x2800,
                                           .filesz = 0x200,
                                           .memsz = 0x3000,
                                           .align = 0x1000};
    image.phdrs[3] = (struct elf_raw_phdr){.type = ELF_PT_GNU_STACK, .flags = 6, .offset = ~0ull};
    image.phdrs[4] = (struct elf_raw_phdr){
        .type = ELF_PT_TLS, .offset = 0x1800, .filesz = 8, .memsz = 16, .align = 8};
    image.phdrs[5] = (struct elf_raw_phdr){.type = ELF_PT_DYNAMIC, .offset = 0x1900, .filesz = 32};
}

/* 0 when the whole image is accepted. */
static int read_image(struct elf_layout *layout)
{
    struct elf_header elf;
    int rc = elf_read_header(&elf, &image, sizeof(image), sizeof(image));

    return rc < 0 ? rc : elf_read_layout(&elf, (uint8_t *)&image + elf.phdrs_offset, layout);
}

static void test_good(void **state)
{
    struct elf_layout layout;
    struct elf_segment segment;
    struct elf_header elf;

    (void)state;
    make_image();
    assert_int_equal(elf_read_header(&elf, &image, 64, sizeof(image)), 0);
    assert_int_equal(elf.entry, 0x1040);
    assert_int_equal(elf.nr_phdrs, 6);
    assert_int_equal(elf_phdrs_size(&elf), 6 * 56);
    assert_int_equal(elf_read_segment(&elf, image.phdrs, 2, &segment), 0);
    assert_int_equal(segment.vaddr, 0x2800);
    assert_int_equal(elf_read_segment(&elf, image.phdrs, 6, &segment), -ENOEXEC);
    assert_int_equal(read_image(&layout), 0);
    assert_int_equal(layout.nr_loads, 2);
    assert_int_equal(layout.start, 0);
    assert_int_equal(layout.end, 0x6000);
    assert_int_equal(layout.phdrs_vaddr, offsetof(struct image, phdrs));
    assert_true(layout.has_interp && layout.has_stack_flags && !layout.is_stack_exec);
    assert_int_equal(layout.interp_offset, 0x200);
    assert_int_equal(layout.interp_size, 9);
    assert_true(layout.has_tls && layout.has_dynamic);
    assert_int_equal(layout.tls.mem_size, 16);
}

#define EXPECT_REFUSED(change)                                                                     \
    do {                                                                                           \
        struct elf_layout layout_;                                                                 \
        make_image();                                                                              \
        change;                                                                                    \
        assert_int_equal(read_image(&layout_), -ENOEXEC);                                          \
    } while (0)

static void test_refused(void **state)
{
    (void)state;
    EXPECT_REFUSED(image.header.ident[0] = 0);
    EXPECT_REFUSED(image.header.ident[4] = 1);
    EXPECT_REFUSED(image.header.ident[5] = 2);
    EXPECT_REFUSED(image.header.ident[7] = 9);
    EXPECT_REFUSED(image.header.type = 1);
    EXPECT_REFUSED(image.header.machine = 62);
    EXPECT_REFUSED(image.header.phentsize = 32);
    EXPECT_REFUSED(image.header.phnum = 0);
    EXPECT_REFUSED(image.header.phnum = ELF_MAX_PHDRS + 1);
    EXPECT_REFUSED(image.header.phoff = sizeof(image) - 5 * 56);
    EXPECT_REFUSED(image.header.phoff = ~0ull - 8);
    EXPECT_REFUSED(image.phdrs[0].filesz = 1);
    EXPECT_REFUSED(image.phdrs[0].filesz = ELF_MAX_INTERP + 1);
    EXPECT_REFUSED(image.phdrs[1].memsz = 0x100);
    EXPECT_REFUSED(image.phdrs[1].offset = sizeof(image));
    EXPECT_REFUSED(image.phdrs[1].offset = ~0ull - 0xfff);
    EXPECT_REFUSED(image.phdrs[1].vaddr = 0x10);
    EXPECT_REFUSED(image.phdrs[1].align = 3);
    EXPECT_REFUSED(image.phdrs[1].vaddr = 0x10000); /* out of order */
    EXPECT_REFUSED(image.phdrs[2].memsz = ~0ull);
    EXPECT_REFUSED(image.phdrs[2].vaddr = ~0ull - 0x37ff); /* its end has no page behind it */
    EXPECT_REFUSED(image.phdrs[2].vaddr = 0x1800);         /* shares a page */
    EXPECT_REFUSED(image.phdrs[4].memsz = 4);
    EXPECT_REFUSED(image.phdrs[5].type = ELF_PT_TLS);
    EXPECT_REFUSED(image.phdrs[1].type = image.phdrs[2].type = ELF_PT_NULL); /* nothing to load */
}

static void test_notes(void **state)
{
    uint32_t notes[] = {4, 5, 1, 0x00554e47, 0x11111111, 0x22, 3, 0, 7, 0x0058};
    struct elf_note note;
    size_t pos = 0;

    (void)state;
    assert_int_equal(elf_note_next(notes, sizeof(notes), &pos, &note), 1);
    assert_string_equal(note.name, "GNU");
    assert_int_equal(note.type, 1);
    assert_int_equal(note.desc_size, 5);
    assert_ptr_equal(note.desc, &notes[4]);
    assert_int_equal(elf_note_next(notes, sizeof(notes), &pos, &note), 1);
    assert_int_equal(note.type, 7);
    assert_int_equal(elf_note_next(notes, sizeof(notes), &pos, &note), 0);
    notes[1] = 0xfffffff0;
    pos = 0;
    assert_int_equal(elf_note_next(notes, sizeof(notes), &pos, &note), -ENOEXEC);
    pos = 0;
    assert_int_equal(elf_note_next(notes, 8, &pos, &note), -ENOEXEC);
}

static void test_sections(void **state)
{
    static const char names[] = "\0.text\0.names";
    struct elf_raw_shdr *sections = (struct elf_raw_shdr *)(image.body + 0x1000);
    uint64_t offset, size;

    (void)state;
    make_image();
    assert_int_equal(elf_find_section(&image, sizeof(image), ".text", &offset, &size), -ENOENT);
    image.header.shoff = (uint64_t)((uint8_t *)sections - (uint8_t *)&image);
    image.header.shentsize = sizeof(*sections);
    image.header.shnum = 3;
    image.header.shstrndx = 2;
    memcpy(image.body, names, sizeof(names));
    sections[1] = (struct elf_raw_shdr){.name = 1, .type = 1, .offset = 0x300, .size = 0x10};
    sections[2] = (struct elf_raw_shdr){
        .name = 7, .type = 3, .offset = offsetof(struct image, body), .size = sizeof(names)};
    assert_int_equal(elf_find_section(&image, sizeof(image), ".text", &offset, &size), 0);
    assert_int_equal(offset, 0x300);
    assert_int_equal(size, 0x10);
    assert_int_equal(elf_find_section(&image, sizeof(image), ".tex", &offset, &size), -ENOENT);
    sections[1].size = sizeof(image);
    assert_int_equal(elf_find_section(&image, sizeof(image), ".text", &offset, &size), -ENOEXEC);
    sections[1].size = 0;
    image.header.shstrndx = 3;
    assert_int_equal(elf_find_section(&image, sizeof(image), ".text", &offset, &size), -ENOEXEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_sections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
