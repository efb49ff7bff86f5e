/*
 * Programs in files, for tests of exec: tiny ELF files of a text, data and interpreter that the
 * test chooses, and what the calling process has become after exec.
 *
 * TEST_DEPS: what lifecycle/test/world.h names.
 */
#ifndef EXEC_TEST_WORLD_H
#define EXEC_TEST_WORLD_H

#include "../../lifecycle/test/world.h"

#include <string.h>

#include <vdso/vdso.h>

#include "../../../lib/elf/private.h"

#define BASE       0x10000ul /* of a program that is not position independent */
#define ENTRY      0x200ul
#define DATA_SIZE  0x18ul
#define BSS_END    0x3000ul /* the data segment has file bytes, zeros and whole pages of zeros */
#define NR_PHDRS   4
#define INTERP_MAX 32

/* Text in the first page, which has the headers, too; data in the second. */
struct program_file {
    struct elf_raw_header header;
    struct elf_raw_phdr phdrs[NR_PHDRS];
    char interp[INTERP_MAX];
    uint8_t text[PAGE_SIZE - sizeof(struct elf_raw_header) -
                 NR_PHDRS * sizeof(struct elf_raw_phdr) - INTERP_MAX];
    uint8_t data[DATA_SIZE];
};

static struct program_file file_now;

/* file_now: a good program; the test may spoil it before it is written. */
static inline void program_make(unsigned type, const char *interp)
{
    uint64_t base = type == ELF_ET_EXEC ? BASE : 0;

    memset(&file_now, 0, sizeof(file_now));
    memset(file_now.text, 0x5a, sizeof(file_now.text));
    memset(file_now.data, 0xa5, sizeof(file_now.data));
    file_now.header = (struct elf_raw_header){
        .ident = "\177ELF\2\1\1",
        .type = (uint16_t)type,
        .machine = ELF_EM_RISCV,
        .version = 1,
        .entry = base + ENTRY,
        .phoff = offsetof(struct program_file, phdrs),
        .flags = ELF_RISCV_FLOAT_DOUBLE,
        .ehsize = ELF_HEADER_SIZE,
        .phentsize = ELF_PHDR_SIZE,
        .phnum = NR_PHDRS,
    };
    file_now.phdrs[0] = (struct elf_raw_phdr){.type = ELF_PT_LOAD,
                                              .flags = ELF_PF_R | ELF_PF_X,
                                              .vaddr = base,
                                              .filesz = PAGE_SIZE,
                                              .memsz = PAGE_SIZE,
                                              .align = PAGE_SIZE};
    file_now.phdrs[1] = (struct elf_raw_phdr){.type = ELF_PT_LOAD,
                                              .flags = ELF_PF_R | ELF_PF_W,
                                              .offset = PAGE_SIZE,
                                              .vaddr = base + PAGE_SIZE,
                                              .filesz = DATA_SIZE,
                                              .memsz = BSS_END - PAGE_SIZE,
                                              .align = PAGE_SIZE};
    file_now.phdrs[2].type = ELF_PT_GNU_STACK;
    file_now.phdrs[2].flags = ELF_PF_R | ELF_PF_W;
    if (interp) {
        file_now.phdrs[3] = (struct elf_raw_phdr){.type = ELF_PT_INTERP,
                                                  .offset = offsetof(struct program_file, interp),
                                                  .filesz = strlen(interp) + 1};
        strcpy(file_now.interp, interp);
    }
}

static inline void file_make(const char *name, const void *bytes, size_t n, uint32_t mode)
{
    struct vfs_attr attr = {.valid = ATTR_MODE, .mode = mode};
    struct file *file;
    struct path path;

    assert_int_equal(
        vfs_open(&vfs_kernel_context, NULL, name, O_CREAT | O_WRONLY | O_TRUNC, 0600, &file), 0);
    assert_int_equal(file_write(file, bytes, n), n);
    file_put(file);
    assert_int_equal(vfs_lookup(&vfs_kernel_context, NULL, name, 0, &path), 0);
    assert_int_equal(vfs_setattr(&path, &cred_kernel, &attr), 0);
    path_put(&path);
}

static inline void program_write(const char *name, uint32_t mode)
{
    file_make(name, &file_now, sizeof(file_now), mode);
}

static inline void script_write(const char *name, const char *text)
{
    file_make(name, text, strlen(text), 0755);
}

/* --- the call --------------------------------------------------------------------------------- */

/* execve with these arguments (NULL: the end) and an environment of one string. */
static inline int64_t exec(const char *path, const char *first, const char *second)
{
    const char *argv[] = {first, second, NULL};
    const char *envp[] = {"HOME=/", NULL};

    return sys_execve(USER(path), USER(argv), USER(envp));
}

/* --- what has become of the caller ------------------------------------------------------------ */

static inline struct trap_frame *registers(void)
{
    return user_frame(&user_current()->thread.arch);
}

static inline void read_memory(uint64_t addr, void *out, size_t n)
{
    assert_int_equal(vspace_copy_out(process_current()->vspace, out, addr, n), n);
}

static inline uint64_t word_at(uint64_t addr)
{
    uint64_t word;

    read_memory(addr, &word, sizeof(word));
    return word;
}

/* The string that the word at addr points to. */
static inline const char *string_at(uint64_t addr)
{
    static char text[256];
    uint64_t at = word_at(addr);
    size_t n = 0;

    do
        read_memory(at + n, &text[n], 1);
    while (text[n] && ++n < sizeof(text));
    return text;
}

static inline uint64_t argc(void)
{
    return word_at(registers()->sp);
}

static inline const char *arg(unsigned i)
{
    return string_at(registers()->sp + 8 + 8 * i);
}

/* Of the auxiliary vector: where the value of `key` lies. */
static inline uint64_t aux_place(uint64_t key)
{
    uint64_t at = process_current()->vspace->auxv;

    while (word_at(at) != key) {
        assert_int_not_equal(word_at(at), 0);
        at += 16;
    }
    return at + 8;
}

static inline uint64_t aux(uint64_t key)
{
    return word_at(aux_place(key));
}

#endif
